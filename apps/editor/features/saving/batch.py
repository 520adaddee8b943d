"""Dialog and action that start a run over many portraits with the editor's edits."""

from pathlib import Path

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QRadioButton

from apps.editor.features.saving.run_files import Batch, batch_of, write_batch
from apps.editor.features.saving.run_panel import RunPanel
from apps.editor.widgets.form_dialog import FormDialog, PathLine, choose_folder
from apps.editor.window import Window


class BatchDialog(FormDialog):
    """Asks for the portraits, the images to make of each and the output folder."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Edit many portraits"))
        self.accept_button.setText(self.tr("Run"))
        self._session = window.session
        changed = sum(bool(document.edit_state.strengths) for document in window.session.documents)
        current = window.session.current
        self.opened = QRadioButton(self.tr("The open ones that are changed ({0}), each with its edits").format(changed))
        self.all = QRadioButton(self.tr("All of a folder, with the edits of this one"), self)
        self.opened.setEnabled(changed > 0)
        self.all.setEnabled(bool(current and current.edit_state.strengths))
        (self.opened if changed > 1 or not self.all.isEnabled() else self.all).setChecked(True)
        self._folder = PathLine(self.tr("Folder of portraits"), "", choose_folder, self)
        self._output = PathLine(self.tr("Folder of the results"), Path.home() / "run1", choose_folder, self)
        self.folder, self.output = self._folder.line, self._output.line
        self.together = QRadioButton(self.tr("All that is moved in one image"), self)
        self.each = QRadioButton(self.tr("An image for each slider that is moved"), self)
        self.together.setChecked(True)
        self.add_choice(self.tr("Portraits"), self.opened, self.all)
        self.form.addRow("", self._folder)
        self.add_choice(self.tr("Sliders"), self.together, self.each)
        self.form.addRow(self.tr("Results"), self._output)
        self.add_buttons()
        for signal in (self.all.toggled, self.folder.textChanged, self.output.textChanged):
            signal.connect(lambda _: self._check())
        self._check()

    def batch(self) -> Batch:
        """The chosen batch."""
        current, session = self._session.current, self._session
        assert current is not None
        folder = self._folder.path if self.all.isChecked() else None
        return batch_of(session.documents, current.edit_state, self._output.path, folder, self.together.isChecked())

    def _check(self) -> None:
        self._folder.setEnabled(self.all.isChecked())
        valid = bool(self.folder.text()) and self._folder.path.is_dir()
        ready = self.opened.isChecked() or (self.all.isChecked() and valid)
        self.accept_button.setEnabled(ready and bool(self.output.text()))


class BatchActions(QObject):
    """Menu action and panel of the run, which is stopped when the window closes."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.panel = RunPanel(window)
        area = Qt.DockWidgetArea.RightDockWidgetArea
        self.dock = window.add_dock("run", self.tr("Run"), self.panel, area, visible=False)
        self.action = window.add_action("file", "export", self.tr("Edit &many portraits …"), self.ask, "Ctrl+B")
        window.closed.connect(self.panel.stop)
        for signal in (self._session.documents_changed, self._session.edit_state_changed, self.panel.finished):
            signal.connect(lambda *_: self._refresh())
        self._refresh()

    def ask(self) -> None:
        """Open the dialog."""
        dialog = BatchDialog(self._window)
        dialog.ask(lambda: self.start(dialog.batch()))

    def start(self, batch: Batch) -> None:
        """Write the files of a batch and run it; errors in writing are shown in a dialog."""
        if self.panel.running:
            return

        def run(command: list[str]) -> None:
            self.dock.show()
            self.dock.raise_()
            self.panel.start(command, batch.output)
            self._refresh()

        self._window.controller.submit(lambda context: write_batch(batch, context), run)

    def _refresh(self) -> None:
        changed = any(document.edit_state.strengths for document in self._session.documents)
        self.action.setEnabled(changed and not self.panel.running)
