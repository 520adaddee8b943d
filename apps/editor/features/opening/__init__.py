"""Opening of photos: files, folders, drops, clipboard, recent files; face selection; warnings."""

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QEvent, QMimeData, QObject
from PyQt6.QtGui import QDropEvent, QKeySequence
from PyQt6.QtWidgets import QApplication, QFileDialog

from apps.editor.features.opening.dropped import dropped_content, to_image
from apps.editor.features.opening.notice import Notice
from apps.editor.features.opening.picker import FacePicker
from apps.editor.features.opening.recent import Recent
from apps.editor.threads.import_photos import ImportedPhoto
from apps.editor.window import Window
from pipeline.core.images import SUFFIXES


class Opening(QObject):
    """Actions, drops and dialogs that open photos."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._importer = window, window.controller.importer
        self._waiting: list[ImportedPhoto] = []
        self.picker: FacePicker | None = None
        self.notice = Notice(window)
        keys = QKeySequence.StandardKey
        window.add_action("file", "open", self.tr("&Open …"), self.ask_files, keys.Open, toolbar=True)
        window.add_action("file", "open", self.tr("Open &folder …"), self.ask_folder, "Ctrl+Alt+O")
        self.recent = Recent(window, lambda path: self.open_files([path]))
        window.add_action("file", "import", self.tr("&Paste photo"), self.paste, keys.Paste)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        self._importer.faces_found.connect(self._ask_for_face)
        for signal in (self._importer.failed, window.session.current_changed):
            signal.connect(lambda *_: self._show_hint())

    def ask_files(self) -> None:
        """Ask for files and open them."""
        kinds = self.tr("Images ({0})").format(" ".join(f"*{suffix}" for suffix in SUFFIXES))
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, self.tr("Open photos"), self._window.recent_folders.start("photos"), kinds
        )
        self._open_chosen([Path(path) for path in chosen])

    def ask_folder(self) -> None:
        """Ask for a folder and open all of its images."""
        title, begin = self.tr("Open all photos of a folder"), self._window.recent_folders.start("photos")
        chosen = QFileDialog.getExistingDirectory(self._window, title, begin)
        self._open_chosen([Path(chosen)] if chosen else [])

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open files, and all images of folders."""
        if paths:
            self._announce(paths[0].name)
            self._window.controller.open_files(paths)

    def paste(self) -> None:
        """Open the photos on the clipboard."""
        clipboard = QApplication.clipboard()
        if not self.open_content(clipboard.mimeData() if clipboard else None):
            self._window.show_message(self.tr("There is no photo on the clipboard: copy one first."))

    def open_content(self, data: QMimeData | None) -> bool:
        """Open files, a picture or the link to one; False if `data` has none."""
        found = dropped_content(data)
        if found.paths:
            self.open_files(found.paths)
        elif found.picture is not None:
            self._announce(self.tr("the picture"))
            self._importer.read_pixels(to_image(found.picture))
        elif found.link:
            self._announce(self.tr("the picture"))
            self._importer.read_link(found.link)
        return bool(found)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Accept drops anywhere in the window."""
        if not isinstance(event, QDropEvent):
            return False
        if event.type() == QEvent.Type.Drop:
            if self.open_content(event.mimeData()):
                event.acceptProposedAction()
            return True
        if dropped_content(event.mimeData()):
            event.acceptProposedAction()
            self._window.show_message(self.tr("Drop it to open it"), 2000)
        return True

    def _open_chosen(self, paths: Sequence[Path]) -> None:
        if paths:
            self._window.recent_folders.remember("photos", paths[0])
        self.open_files(paths)

    def _announce(self, name: str) -> None:
        self.notice.clear()
        self._window.show_message(self.tr("Opening {0} …").format(name))

    def _ask_for_face(self, imported: ImportedPhoto) -> None:
        self._waiting.append(imported)
        self._next_picker()

    def _next_picker(self) -> None:
        if self.picker is None and self._waiting:
            self.picker = FacePicker(self._waiting.pop(0), self._window)
            self.picker.finished.connect(self._picked)
            self.picker.open()

    def _picked(self) -> None:
        assert self.picker is not None
        picker, self.picker = self.picker, None
        if picker.numbers:
            self._importer.crop_faces(picker.imported, picker.numbers)
        self._next_picker()

    def _show_hint(self) -> None:
        if self._window.session.current is None:
            self._window.canvas.set_notice(self.tr("Drop a photo here, or open one with Ctrl+O"))


def install(window: Window) -> None:
    """Add actions to the file menu, and accept drops on the window."""
    Opening(window)
