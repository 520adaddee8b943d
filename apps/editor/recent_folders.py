"""Where dialogs for files begin: in the folder that the last one of their kind ended in, at the next start too."""

from pathlib import Path

from PyQt6.QtCore import QSettings


class Folders:
    """The folders of photos, projects and animations, by these words."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def begin(self, kind: str, name: str = "") -> str:
        """The last folder of a kind, with the name of a file in it; only that where there is none, or none any more."""
        folder = str(self._settings.value(f"folders/{kind}", "", str))
        return str(Path(folder) / name) if folder and Path(folder).is_dir() else name

    def note(self, kind: str, chosen: Path) -> None:
        """A file or a folder was chosen."""
        self._settings.setValue(f"folders/{kind}", str((chosen if chosen.is_dir() else chosen.parent).absolute()))
