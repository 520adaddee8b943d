"""The theme follows the system or the choice, which is kept."""

from collections.abc import Iterator

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QGuiApplication, QStyleHints
from PyQt6.QtWidgets import QApplication

from apps.editor import theme
from apps.editor.theme import DARK, LIGHT
from apps.editor.window import Window
from tests.apps.editor.conftest import MakeWindow


@pytest.fixture(autouse=True)
def undressed() -> Iterator[None]:
    """Other tests find the application as it was."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    style, palette = application.styleSheet(), application.palette()
    yield
    application.setStyleSheet(style)
    application.setPalette(palette)


def choice(window: Window, text: str) -> QAction:
    return next(action for action in window.findChildren(QAction) if action.text() == text and action.isCheckable())


def test_a_choice_applies_at_once_and_is_settings_file(make_window: MakeWindow) -> None:
    window = make_window()
    choice(window, "&Light").trigger()
    assert theme.colours() == LIGHT and theme.choice(window.settings) == theme.LIGHT_ONE
    again = make_window()
    assert choice(again, "&Light").isChecked()
    choice(again, "&Dark").trigger()
    assert theme.colours() == DARK


def test_the_system_is_followed_while_it_is_the_choice(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    hints, now = QGuiApplication.styleHints(), Qt.ColorScheme.Light
    assert hints is not None
    monkeypatch.setattr(QStyleHints, "colorScheme", lambda _: now)
    hints.colorSchemeChanged.emit(now)
    assert theme.colours() == LIGHT
    now = Qt.ColorScheme.Dark
    hints.colorSchemeChanged.emit(now)
    assert theme.colours() == DARK
    choice(window, "&Light").trigger()
    hints.colorSchemeChanged.emit(now)
    assert theme.colours() == LIGHT
