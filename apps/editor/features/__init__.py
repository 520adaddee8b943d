"""What the editor can do beyond moving sliders, one module or package for each thing.

Each has `install(window)`, called once when the window is built, in alphabetical order; it adds actions to the menus
(`window.add_action`), docks, views and overlays of the canvas, and listens to the session. No module of the editor
knows a feature by name, so that one is added by its file alone.
"""

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.editor.window import Window


def install_all(window: "Window") -> None:
    """Install every feature."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        importlib.import_module(f"{__name__}.{module.name}").install(window)
