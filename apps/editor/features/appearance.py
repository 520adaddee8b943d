"""Menu of colour schemes: light, dark, or that of the system, whose changes are followed."""

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QGuiApplication

from apps.editor import theme
from apps.editor.window import Window


class Appearance(QObject):
    """Choice of the scheme, kept in the settings."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        choices = {
            theme.SYSTEM: self.tr("&As the system"),
            theme.LIGHT_ONE: self.tr("&Light"),
            theme.DARK_ONE: self.tr("&Dark"),
        }
        window.add_choice("view", "appearance", self.tr("&Theme"), choices, theme.choice(window.settings), self.choose)
        hints = QGuiApplication.styleHints()
        assert hints is not None
        hints.colorSchemeChanged.connect(self.follow)

    def choose(self, name: str) -> None:
        """Store a choice and apply it."""
        self._window.settings.setValue("theme", name)
        self.follow()

    def follow(self) -> None:
        """Apply the chosen scheme, or that of the system."""
        theme.apply(theme.is_dark(theme.choice(self._window.settings)))
        self._window.filmstrip.refresh()


def install(window: Window) -> None:
    """Add a menu of colour schemes."""
    Appearance(window)
