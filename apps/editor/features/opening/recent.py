"""Menu of recently opened photos, kept across starts."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QObject

from apps.editor.threads.import_photos import ImportedCrop
from apps.editor.window import Window
from pipeline.core.files import write_atomic
from pipeline.world.samples import FOLDER as SAMPLES

MAX_FILES = 12


class Recent(QObject):
    """Menu of files, newest first, stored in the cache folder; files inside that folder and samples are left out."""

    def __init__(self, window: Window, open_file: Callable[[Path], None]) -> None:
        super().__init__(window)
        self._file, self._open = window.controller.cache / "recent.json", open_file
        self.menu = window.add_menu("file", "open", self.tr("Open &recent"))
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self.fill)
        window.controller.importer.crop_imported.connect(self._add)

    @property
    def paths(self) -> list[Path]:
        """The listed files that still exist."""
        try:
            listed = json.loads(self._file.read_text("utf-8"))
        except (OSError, ValueError):
            return []
        return [path for each in listed if (path := Path(each)).is_file()]

    def fill(self) -> None:
        """Rebuild the menu."""
        self.menu.clear()
        for path in self.paths:
            action = self.menu.addAction(path.name.replace("&", "&&"), partial(self._open, path))
            if action is not None:
                action.setToolTip(str(path))
        self.menu.addSeparator()
        forget = self.menu.addAction(self.tr("&Forget these"), partial(self._file.unlink, True))
        if forget is not None:
            forget.setEnabled(bool(self.paths))

    def _add(self, imported: ImportedCrop) -> None:
        path = imported.path.resolve()
        if not any(path.is_relative_to(folder.resolve()) for folder in (self._file.parent, SAMPLES)):
            paths = [path, *(other for other in self.paths if other != path)][:MAX_FILES]
            write_atomic(self._file, json.dumps([str(each) for each in paths]).encode())
