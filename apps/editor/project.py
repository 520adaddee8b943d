"""Dialogs for projects: choice of a file to save or open, question about unsaved edits, messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import QObject
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from apps.editor.model.project_file import SUFFIX, write_project
from apps.editor.model.session import Document
from apps.editor.project_io import Opened, collect_project, open_project
from apps.editor.window import Window


class ProjectDialogs(QObject):
    """Dialogs of a window; the path of the project is `Session.project_path`."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session, self._controller = window, window.session, window.controller

    def save(self, then: Callable[[], object] = lambda: None) -> None:
        """Save to the project's file, or ask for one the first time; `then` is called after saving."""
        if self._session.project_path is None:
            self.ask_save(then)
        else:
            self.save_to(self._session.project_path, then)

    def ask_save(self, then: Callable[[], object] = lambda: None) -> None:
        """Ask for a file and save to it."""
        folders = self._window.recent_folders
        start = str(self._session.project_path or folders.start("projects", "portraits" + SUFFIX))
        chosen, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save project"), start, self._filter())
        if chosen:
            folders.remember("projects", Path(chosen))
            self.save_to(Path(chosen), then)

    def save_to(self, path: Path, then: Callable[[], object] = lambda: None) -> None:
        """Save all open portraits; a failure is reported in a dialog and leaves an existing file unchanged."""
        path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        session, submit = self._session, self._controller.submit
        saved = [(document, document.edit_state) for document in session.documents]

        def done() -> None:
            session.project_path = path
            for document, edit_state in saved:
                if document in session.documents and document.edit_state == edit_state:
                    document.undo.setClean()
            self._window.show_message(self.tr("Saved as {0}").format(path))
            then()

        collect_project(
            self._controller, lambda project: submit(lambda _: write_project(path, project), lambda _: done())
        )

    def ask_open(self) -> None:
        """Ask for a project to replace the open portraits, after the question about unsaved edits."""
        self.leave(self._session.documents, self.tr("Open project"), self._ask_file)

    def _ask_file(self) -> None:
        folders = self._window.recent_folders
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("Open project"), folders.start("projects"), self._filter()
        )
        if chosen:
            folders.remember("projects", Path(chosen))
            self.open_from(Path(chosen))

    def open_from(self, path: Path) -> None:
        """Replace the open portraits by a project; a failure is reported and leaves them open."""

        def done(opened: Opened) -> None:
            self._session.project_path = path
            if opened.gone:
                text = self.tr("{0} uses {1}, which is not among your sliders any more: its edits keep it")
                self._window.show_message(text.format(path, ", ".join(opened.gone)))
                return
            text = self.tr("Opened {0}") if opened.same_steps else self.tr("{0} was saved with other blending steps")
            self._window.show_message(text.format(path))

        open_project(self._controller, path, done)

    def leave(self, documents: Sequence[Document], title: str, go: Callable[[], object]) -> None:
        """Call `go` at once if the documents have no unsaved edits, otherwise once they are saved or discarded."""
        if not any(document in self._session.unsaved for document in documents):
            go()
            return
        button = QMessageBox.StandardButton
        choices = button.Save | button.Discard | button.Cancel
        text = self.tr("Some edits are in no project yet. Save them?")
        box = QMessageBox(QMessageBox.Icon.Question, title, text, choices, self._window)
        box.setDefaultButton(button.Save)

        def answered(answer: int) -> None:
            box.deleteLater()
            if answer == button.Save:
                self.save(go)
            elif answer == button.Discard:
                go()

        box.finished.connect(answered)
        box.open()

    def may_close(self) -> bool:
        """Whether the window can close at once; otherwise the user is asked, and the answer closes it."""
        unsaved = self._session.unsaved
        if unsaved:
            self.leave(unsaved, self.tr("Quit"), self._window.close_now)
        return not unsaved

    def _filter(self) -> str:
        return self.tr("Projects (*{0})").format(SUFFIX)
