"""Features of the editor beyond moving sliders, one module or package each.

Each has `install(window)`, called once in alphabetical order; it adds actions to the menus (`window.add_action`),
docks, views and overlays of the canvas, and listens to the session. No module refers to a feature by name: a new file
is a new feature.
"""

import importlib
import pkgutil

from apps.editor.window import Window


def install_all(window: Window) -> None:
    """Install every feature into a window that is not shown yet."""
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        importlib.import_module(f"{__name__}.{module.name}").install(window)
