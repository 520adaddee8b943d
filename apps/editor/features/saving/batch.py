"""The edits of the editor for many portraits: a run in a process of its own, with a panel that tells how far it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, QProcess, Qt, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from apps.editor.features.saving.batch_files import Batch, batch_of, write_batch
from apps.editor.window import Window

DONE = re.compile(r"(\d+) of (\d+) portraits")
"""How a run says on plain output how far it is."""


class RunPanel(QWidget):
    """The run under way, or the last one."""

    finished = pyqtSignal(int)
    """Exit code; the run may have been stopped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._output = Path()
        self._stopped = False
        self.text = QLabel(self.tr("No run yet"), self)
        self.text.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName(self.tr("Portraits done"))
        self.lines = QPlainTextEdit(self)
        self.lines.setReadOnly(True)
        self.lines.setAccessibleName(self.tr("What the run says"))
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setToolTip(self.tr("What is finished stays; started again, the run goes on where it was"))
        self.cancel.clicked.connect(self.stop)
        self.show_folder = QPushButton(self.tr("Show results"), self)
        self.show_folder.clicked.connect(self._open_folder)
        buttons = QHBoxLayout()
        buttons.addWidget(self.show_folder)
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        for widget in (self.text, self.progress, self.lines):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.progress.hide()
        self.cancel.setEnabled(False)
        self.show_folder.setEnabled(False)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._process is not None

    def start(self, command: Sequence[str], output: Path) -> None:
        """Run a command that writes to the folder `output`."""
        self._output, self._stopped = output, False
        self.lines.clear()
        self.progress.setRange(0, 0)
        self.progress.show()
        self.text.setText(self.tr("Running in {0}").format(output))
        self.cancel.setEnabled(True)
        self.show_folder.setEnabled(True)
        self._process = process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyRead.connect(self._read)
        process.finished.connect(lambda code, _: self._finished(code))
        process.errorOccurred.connect(self._failed)
        process.start(command[0], list(command[1:]))

    def stop(self) -> None:
        """End the run; its files are whole or absent, so it can be started again."""
        if self._process is not None:
            self._stopped = True
            self._process.kill()
            self._process.waitForFinished(5000)

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode("utf-8", "replace").rstrip()
            self.lines.appendPlainText(line)
            if found := DONE.match(line):
                self.progress.setRange(0, int(found[2]))
                self.progress.setValue(int(found[1]))

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self.lines.appendPlainText(self._process.errorString())
            self._finished(1)

    def _finished(self, code: int) -> None:
        if self._process is None:
            return
        self._read()
        self._process.deleteLater()
        self._process = None
        self.cancel.setEnabled(False)
        if self._stopped:
            self.text.setText(self.tr("Stopped; started again, it goes on where it was"))
        elif code == 0:
            self.text.setText(self.tr("Finished: {0}").format(self._output))
        else:
            said = self.lines.toPlainText().strip().splitlines()
            errors = [line for line in said if line.startswith("face-edit:")]
            self.text.setText(errors[-1].partition(": ")[2] if errors else self.tr("Some portraits failed, see below"))
        self.progress.setRange(0, max(self.progress.maximum(), 1))
        self.finished.emit(code)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._output)))


class BatchDialog(QDialog):
    """Asks which portraits get which edits, and where the results go."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Edit many portraits"))
        self._session = window.session
        changed = sum(bool(document.recipe.strengths) for document in window.session.documents)
        current = window.session.current
        self.opened = QRadioButton(self.tr("The open ones that are changed ({0}), each with its edits").format(changed))
        self.all = QRadioButton(self.tr("All of a folder, with the edits of this one"), self)
        self.all.setEnabled(bool(current and current.recipe.strengths))
        kinds = QButtonGroup(self)
        kinds.addButton(self.opened)
        kinds.addButton(self.all)
        self.opened.setEnabled(changed > 0)
        (self.opened if changed > 1 or not self.all.isEnabled() else self.all).setChecked(True)
        self.folder, self.output = QLineEdit(self), QLineEdit(str(Path.home() / "run1"), self)
        self.folder.setAccessibleName(self.tr("Folder of portraits"))
        self.output.setAccessibleName(self.tr("Folder of the results"))
        explanation = QLabel(self.tr("Each slider that is moved becomes an image of its own."), self)
        explanation.setProperty("role", "muted")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.run = QPushButton(self.tr("Run"), self)
        self.buttons.addButton(self.run, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow(self.tr("Portraits"), self.opened)
        form.addRow("", self.all)
        self._chooser = self._with_button(self.folder)
        form.addRow("", self._chooser)
        form.addRow(self.tr("Results"), self._with_button(self.output))
        form.addRow("", explanation)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.buttons)
        self.resize(560, self.sizeHint().height())
        self.all.toggled.connect(lambda _: self._check())
        self.folder.textChanged.connect(lambda _: self._check())
        self.output.textChanged.connect(lambda _: self._check())
        self._check()

    def batch(self) -> Batch:
        """What was chosen."""
        current, session = self._session.current, self._session
        assert current is not None
        folder = Path(self.folder.text()).expanduser() if self.all.isChecked() else None
        return batch_of(session.documents, current.recipe, Path(self.output.text()).expanduser(), folder)

    def _with_button(self, line: QLineEdit) -> QWidget:
        box = QWidget(self)
        button = QPushButton(self.tr("Choose …"), box)
        button.clicked.connect(lambda: self._choose(line))
        layout = QHBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(line, 1)
        layout.addWidget(button)
        return box

    def _choose(self, line: QLineEdit) -> None:
        chosen = QFileDialog.getExistingDirectory(self, line.accessibleName(), line.text())
        if chosen:
            line.setText(chosen)

    def _check(self) -> None:
        everything = self.all.isChecked()
        self._chooser.setEnabled(everything)
        there = Path(self.folder.text()).expanduser().is_dir() if self.folder.text() else False
        self.run.setEnabled((self.opened.isChecked() or (everything and there)) and bool(self.output.text()))


class BatchActions(QObject):
    """The action and the panel; a run ends with the window."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.panel = RunPanel(window)
        area = Qt.DockWidgetArea.RightDockWidgetArea
        self.dock = window.add_dock("run", self.tr("Run"), self.panel, area, visible=False)
        self.action = window.add_action("file", "export", self.tr("Edit &many portraits …"), self.ask, "Ctrl+B")
        window.installEventFilter(self)
        for signal in (self._session.documents_changed, self._session.recipe_changed, self.panel.finished):
            signal.connect(lambda *_: self._refresh())
        self._refresh()

    def ask(self) -> None:
        """Open the dialog."""
        dialog = BatchDialog(self._window)
        dialog.accepted.connect(lambda: self.start(dialog.batch()))
        dialog.finished.connect(lambda _: dialog.deleteLater())
        dialog.open()

    def start(self, batch: Batch) -> None:
        """Write the files of a batch and run it; what goes wrong before is said in a dialog."""
        if self.panel.running:
            return

        def run(command: list[str]) -> None:
            self.dock.show()
            self.dock.raise_()
            self.panel.start(command, batch.output)
            self._refresh()

        self._window.editor.renderer.errand(lambda studio: write_batch(batch, studio), run)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Close:
            self.panel.stop()
        return False

    def _refresh(self) -> None:
        changed = any(document.recipe.strengths for document in self._session.documents)
        self.action.setEnabled(changed and not self.panel.running)
