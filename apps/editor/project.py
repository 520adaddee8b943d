"""Saving everything that is open, and opening it again as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QFileDialog, QMessageBox

from apps.editor.model.edit_state import EditState
from apps.editor.model.project_file import SUFFIX, Project, read_project, write_project
from apps.editor.model.session import Document, DocumentState, Stage
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.types import Translation

Choices = list[dict[str, Translation]]


class ProjectActions(QObject):
    """Actions of the file menu; `path` is the file that the open portraits were last saved to."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.path: Path | None = None
        self._window, self._session = window, window.session
        keys = QKeySequence.StandardKey
        window.add_action("file", "open", self.tr("Open pro&ject …"), self.ask_open, "Ctrl+Shift+O")
        self._save = window.add_action("file", "save", self.tr("&Save project"), self.save, keys.Save)
        self._save_as = window.add_action("file", "save", self.tr("Save project &as …"), self.ask_save, "Ctrl+Shift+S")
        self._session.documents_changed.connect(self._refresh)
        window.may_close = self._may_close
        self._refresh()

    def save(self, then: Callable[[], object] = lambda: None) -> None:
        """Save to the same file again; asks for one the first time. then: called when it is saved"""
        if self.path is None:
            self.ask_save(then)
        else:
            self.save_to(self.path, then)

    def ask_save(self, then: Callable[[], object] = lambda: None) -> None:
        """Ask for a file and save there."""
        begin = str(self.path or self._window.folders.begin("projects", "portraits" + SUFFIX))
        chosen, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save project"), begin, self._filter())
        if chosen:
            self._window.folders.note("projects", Path(chosen))
            self.save_to(Path(chosen), then)

    def save_to(self, path: Path, then: Callable[[], object] = lambda: None) -> None:
        """Save all portraits that are open; what goes wrong is said in a dialog, and an old file is as it was."""
        path = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        session = self._session
        saved = [(document, document.recipe) for document in session.documents]

        def done() -> None:
            self.path = path
            for document, recipe in saved:
                if document in session.documents and document.recipe == recipe:
                    document.undo.setClean()
            self._window.say(self.tr("Saved as {0}").format(path))
            then()

        errand = self._window.editor.renderer.errand
        self.collect(lambda project: errand(lambda _: write_project(path, project), lambda _: done()))

    def collect(self, done: Callable[[Project], None]) -> None:
        """Give `done` all that is open as a project; as it is now, whatever happens meanwhile."""
        session = self._session
        current = session.documents.index(session.current) if session.current else 0
        portraits = [document.saved() for document in session.documents]
        self._window.editor.renderer.errand(lambda studio: _project(studio, portraits, current), done)

    def ask_open(self) -> None:
        """Ask for a file and open it in place of what is open, after asking about edits that are not saved."""
        self.leave(self._session.documents, self.tr("Open project"), self._ask_file)

    def _ask_file(self) -> None:
        begin = self._window.folders.begin("projects")
        chosen, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open project"), begin, self._filter())
        if chosen:
            self._window.folders.note("projects", Path(chosen))
            self.open_from(Path(chosen))

    def open_from(self, path: Path) -> None:
        """Put a project in the place of what is open; what goes wrong is said, and everything stays."""

        def done(same: bool) -> None:
            self.path = path
            text = self.tr("Opened {0}") if same else self.tr("{0} was saved with other blending steps")
            self._window.say(text.format(path))

        self.read(path, done)

    def read(self, path: Path, done: Callable[[bool], None]) -> None:
        """As `open_from`, but the file is not where to save again. done: told whether its blending steps are ours"""

        def load(studio: RenderContext) -> tuple[Project, Choices, bool]:
            project = read_project(path)
            choices = [_choices(studio, saved) for saved in _of_this_space(project, studio)]
            return project, choices, list(project.steps.items()) == list(_steps(studio).items())

        def take(found: tuple[Project, Choices, bool]) -> None:
            project, choices, same = found
            self._replace(project, choices)
            self.path = None
            done(same)

        self._window.editor.renderer.errand(load, take)

    def _replace(self, project: Project, choices: Choices) -> None:
        session, editor = self._session, self._window.editor
        for document in list(session.documents):
            session.close(document)
        for saved, translations in zip(project.portraits, choices, strict=True):
            if saved.portrait is None or saved.rough:
                document = editor.add(saved.name, saved.image, saved.path, saved.crop)
            else:
                document = session.add(saved.name, saved.image, saved.path, saved.crop)
            session.update(document, recipe=saved.recipe)
            if saved.portrait is not None:
                stage = Stage.PROJECTING if saved.rough else Stage.READY
                editor.place(
                    document,
                    portrait=saved.portrait,
                    translations=translations,
                    present=saved.present,
                    rough=saved.rough,
                    note=saved.note,
                    stage=stage,
                )
        if session.documents:
            session.open(session.documents[min(project.current, len(session.documents) - 1)])

    def leave(self, documents: Sequence[Document], title: str, go: Callable[[], object]) -> None:
        """Call `go` at once where all edits of the documents are in a project; else ask, and call it after the edits
        were saved or given up."""
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

    def _may_close(self) -> bool:
        unsaved = self._session.unsaved
        if unsaved:
            self.leave(unsaved, self.tr("Quit"), self._window.close_now)
        return not unsaved

    def _refresh(self) -> None:
        for action in (self._save, self._save_as):
            action.setEnabled(bool(self._session.documents))

    def _filter(self) -> str:
        return self.tr("Projects (*{0})").format(SUFFIX)


def _project(studio: RenderContext, portraits: list[DocumentState], current: int) -> Project:
    return Project(studio.models.set.name, studio.models.space, _steps(studio), portraits, current)


def _steps(studio: RenderContext) -> dict[str, object]:
    return {name: settings.model_dump(mode="json") for name, settings in studio.settings(EditState()).items()}


def _of_this_space(project: Project, studio: RenderContext) -> list[DocumentState]:
    from pipeline.core.errors import SpaceMismatch

    if project.space != studio.models.space:
        raise SpaceMismatch(
            f"The project was made with the models {project.models}: "
            f"start the editor with `face-edit editor --set models={project.models}` to open it."
        )
    return list(project.portraits)


def _choices(studio: RenderContext, saved: DocumentState) -> dict[str, Translation]:
    """What a portrait can be moved by: as anywhere, but by the very translations that its recipe had."""
    return {**studio.translations(saved.present), **saved.translations} if saved.portrait else {}
