"""Edits outlive an editor that was killed: a copy of them is kept while they are in no project, and offered again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from PyQt6.QtCore import QCoreApplication, QDateTime, QEvent, QLocale, QLockFile, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QMessageBox

from apps.editor.crash import Hook
from apps.editor.model.project_file import SUFFIX, Project, write_project
from apps.editor.project import ProjectActions
from apps.editor.window import Window

EVERY = 60_000
"""Milliseconds between two looks at whether anything changed."""


class Recovery(QObject):
    """Writes the copy of this editor, and offers the newest that another one has left behind.

    Each editor has a file of its own and a lock beside it; a file whose lock can be taken belongs to nobody any more.
    """

    _written = pyqtSignal(object, object)
    """What is to be done then, or the exception."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._folder = window.editor.importer.cache / "recovery"
        self.file = self._folder / f"{uuid4().hex}{SUFFIX}"
        self._lock = _lock(self.file)
        self._changed = False
        self._thread: threading.Thread | None = None
        self._written.connect(self._finish)
        self.offer: QMessageBox | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.save)
        self._timer.start(EVERY)
        for signal in (self._session.recipe_changed, self._session.documents_changed, self._session.document_changed):
            signal.connect(self._note)
        application = QCoreApplication.instance()
        hook = application.findChild(Hook) if application is not None else None
        if hook is not None:
            hook.raised.connect(self.save)
        window.closed.connect(self._end)
        window.installEventFilter(self)

    def save(self) -> None:
        """Write the copy, if something changed since the last one; without edits that are not saved there is none."""
        if not self._changed or self._writing:
            return
        self._changed = False
        if not self._session.unsaved:
            _remove(self.file, self._lock)
        else:
            self._write(lambda: None)

    def left_behind(self) -> list[tuple[Path, QLockFile]]:
        """Copies of editors that have ended without removing them, the newest first, with their locks, now ours."""
        found = []
        for file in self._folder.glob(f"*{SUFFIX}"):
            lock = _lock(file)
            if file != self.file and lock.tryLock():
                if file.is_file():
                    found.append((file, lock))
                else:  # its editor has just quit
                    lock.unlock()
        return sorted(found, key=lambda copy: copy[0].stat().st_mtime, reverse=True)

    def ask(self) -> None:
        """Offer the newest copy; the others stay for another time."""
        found = self.left_behind()
        for _, lock in found[1:]:
            lock.unlock()
        if not found:
            return
        file, lock = found[0]
        written = QDateTime.fromSecsSinceEpoch(int(file.stat().st_mtime))
        time = QLocale().toString(written, QLocale.FormatType.ShortFormat)
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Restore edits"))
        box.setText(
            self.tr("The editor ended unexpectedly. There are edits of {0} that are in no project.").format(time)
        )
        box.setInformativeText(self.tr("They replace what is open now."))
        restore = box.addButton(self.tr("&Restore"), QMessageBox.ButtonRole.AcceptRole)
        discard = box.addButton(self.tr("&Discard"), QMessageBox.ButtonRole.DestructiveRole)
        later = box.addButton(self.tr("Not &now"), QMessageBox.ButtonRole.RejectRole)
        box.setEscapeButton(later)
        self.offer = box

        def answered() -> None:
            self.offer = None
            box.deleteLater()
            if box.clickedButton() is restore:
                self._restore(file, lock)
            elif box.clickedButton() is discard:
                _remove(file, lock)
            else:
                lock.unlock()

        box.finished.connect(answered)
        box.open()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Polish:  # the window is about to be shown
            QTimer.singleShot(0, self.ask)
        return False

    def _end(self) -> None:
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()
        _remove(self.file, self._lock)

    def _restore(self, file: Path, lock: QLockFile) -> None:
        """The copy is ours once we have one of our own; if it cannot be opened, it is left where it is."""

        def opened(_: bool) -> None:
            for document in self._session.documents:
                document.undo.resetClean()  # in no project yet
            self._write(lambda: _remove(file, lock))

        self._projects.read(file, opened)

    @property
    def _writing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def _projects(self) -> ProjectActions:
        found = self._window.findChild(ProjectActions)
        assert found is not None
        return found

    def _write(self, done: Callable[[], None]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock.isLocked() or self._lock.tryLock():
            self._projects.collect(lambda project: self._start(project, done))

    def _start(self, project: Project, done: Callable[[], None]) -> None:
        """Write in a thread of its own: many large portraits take seconds, and the render thread has better to do."""
        if self._writing:
            self._changed = True  # next time
            return
        if not self._session.unsaved:  # any more
            return

        def work() -> None:
            try:
                write_project(self.file, project)
            except Exception as error:
                self._written.emit(None, error)
            else:
                self._written.emit(done, None)

        self._thread = threading.Thread(target=work, name="editor recovery", daemon=True)
        self._thread.start()

    def _finish(self, done: Callable[[], None] | None, error: Exception | None) -> None:
        if done is not None:
            done()
        else:
            self._changed = True  # it is tried again
            self._window.say(str(error))

    def _note(self, *_: object) -> None:
        self._changed = True


def _remove(file: Path, lock: QLockFile) -> None:
    file.unlink(missing_ok=True)
    lock.unlock()


def _lock(file: Path) -> QLockFile:
    """The lock beside a copy: stale when the process that holds it is no more, however old it is."""
    lock = QLockFile(f"{file}.lock")
    lock.setStaleLockTime(0)
    return lock


def install(window: Window) -> None:
    """Nothing to be seen, unless an editor was killed before."""
    Recovery(window)
