"""Crash recovery: copies of unsaved edits, which the next start offers to restore."""

import threading
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from PyQt6.QtCore import QDateTime, QEvent, QLocale, QLockFile, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QMessageBox

from apps.editor.model.project_file import SUFFIX, Project, write_project
from apps.editor.project_io import collect_project, open_project
from apps.editor.window import Window

INTERVAL = 60_000
"""Milliseconds between copies; none is written without a change."""


class Recovery(QObject):
    """Writes the recovery copy of this editor, and offers the newest orphaned one.

    Each editor has its own file and lock file; a file whose lock can be acquired is orphaned.
    """

    _written = pyqtSignal(object, object)
    """Callback of a written copy, or None; exception, or None."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        session = window.session
        self._window, self._session = window, session
        self._folder = window.controller.cache / "recovery"
        self.file = self._folder / f"{uuid4().hex}{SUFFIX}"
        self._lock = _lock(self.file)
        self._changed = False
        self._thread: threading.Thread | None = None
        self._written.connect(self._finish)
        self.offer: QMessageBox | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.save)
        self._timer.start(INTERVAL)
        for signal in (session.edit_state_changed, session.documents_changed, session.document_changed):
            signal.connect(self._mark_changed)
        window.crashed.connect(self.save)
        window.closed.connect(self._end)
        window.installEventFilter(self)

    def save(self) -> None:
        """Write the copy if anything changed since the last one; remove it if all edits are saved."""
        if not self._changed or self._writing:
            return
        self._changed = False
        if not self._session.unsaved:
            _remove(self.file, self._lock)
        else:
            self._write(lambda: None)

    def orphaned_copies(self) -> list[tuple[Path, QLockFile]]:
        """Copies of killed editors, newest first, with their acquired locks."""
        found = []
        for file in self._folder.glob(f"*{SUFFIX}"):
            lock = _lock(file)
            if file != self.file and lock.tryLock():
                if file.is_file():
                    found.append((file, lock))
                else:  # its editor has just closed
                    lock.unlock()
        return sorted(found, key=lambda copy: copy[0].stat().st_mtime, reverse=True)

    def offer_restore(self) -> None:
        """Offer to restore the newest orphaned copy; the others stay for the next start."""
        found = self.orphaned_copies()
        for _, lock in found[1:]:
            lock.unlock()
        if not found:
            return
        file, lock = found[0]
        written = QDateTime.fromSecsSinceEpoch(int(file.stat().st_mtime))
        time = QLocale().toString(written, QLocale.FormatType.ShortFormat)
        text = self.tr("The editor ended unexpectedly. There are edits of {0} that are in no project.").format(time)
        box = QMessageBox(QMessageBox.Icon.Question, self.tr("Restore edits"), text, parent=self._window)
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
            QTimer.singleShot(0, self.offer_restore)
        return False

    def _end(self) -> None:
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()
        _remove(self.file, self._lock)

    def _restore(self, file: Path, lock: QLockFile) -> None:
        """Open a copy, and remove it once this editor has written its own; on an error it stays."""

        def opened(_: object) -> None:
            for document in self._session.documents:
                document.undo.resetClean()  # not in a project
            self._write(lambda: _remove(file, lock))

        open_project(self._window.controller, file, opened)

    @property
    def _writing(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def _write(self, done: Callable[[], None]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock.isLocked() or self._lock.tryLock():
            collect_project(self._window.controller, lambda project: self._start(project, done))

    def _start(self, project: Project, done: Callable[[], None]) -> None:
        """Write in a separate thread: large portraits would block the render thread for seconds."""
        if self._writing:
            self._changed = True  # for the next timer tick
            return
        if not self._session.unsaved:  # saved meanwhile
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
            self._changed = True  # retried at the next timer tick
            self._window.show_message(str(error))

    def _mark_changed(self, *_: object) -> None:
        self._changed = True


def _remove(file: Path, lock: QLockFile) -> None:
    file.unlink(missing_ok=True)
    lock.unlock()


def _lock(file: Path) -> QLockFile:
    """Lock file of a copy; stale once its process has ended, regardless of age."""
    lock = QLockFile(f"{file}.lock")
    lock.setStaleLockTime(0)
    return lock


def install(window: Window) -> None:
    """Write recovery copies, and offer one after a crash."""
    Recovery(window)
