"""Builds the editor's window for tests and pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QSettings

from apps.editor import features
from apps.editor.controller import Controller
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window


def settings_file(folder: Path) -> QSettings:
    """Settings in a file of the folder."""
    return QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)


def build_window(load: Callable[[], Any], cache: Path, settings: QSettings) -> Window:
    """A window with all features, not shown and not started; `load` gives configuration and models."""
    window = Window(Controller(RenderContext(load), cache), settings)
    features.install_all(window)
    return window
