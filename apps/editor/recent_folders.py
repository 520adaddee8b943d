"""Start folders of file dialogs: the last one used for each kind of file, kept between sessions."""

from pathlib import Path

from PyQt6.QtCore import QSettings


class RecentFolders:
    """The last folder of each kind of file: "photos", "projects", "animations"."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def start(self, kind: str, name: str = "") -> str:
        """Path of a file `name` in the last folder of a kind, or only the name if that folder does not exist."""
        folder = str(self._settings.value(f"folders/{kind}", "", str))
        return str(Path(folder) / name) if folder and Path(folder).is_dir() else name

    def remember(self, kind: str, chosen: Path) -> None:
        """Store the folder of a chosen file, or the chosen folder."""
        self._settings.setValue(f"folders/{kind}", str((chosen if chosen.is_dir() else chosen.parent).absolute()))
