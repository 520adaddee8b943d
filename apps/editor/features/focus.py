"""Actions that move the keyboard focus from one part of the window to the next."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QWidget

from apps.editor.window import Window


def install(window: Window) -> None:
    """Add actions that cycle through canvas, gallery and sliders, where visible."""

    def target(part: QWidget) -> QWidget:
        if part is not window.panel:
            return part
        sliders = (row.slider for row in window.panel.rows.values() if row.isEnabled() and row.isVisible())
        return next(sliders, window.panel.search)

    def move(step: int) -> None:
        parts = [part for part in (window.canvas, window.filmstrip, window.panel) if part.isVisible()]
        focused = QApplication.focusWidget()
        inside = [focused is not None and (part is focused or part.isAncestorOf(focused)) for part in parts]
        if parts:
            part = parts[(inside.index(True) + step) % len(parts)] if any(inside) else parts[0]
            target(part).setFocus(Qt.FocusReason.TabFocusReason)

    window.add_action("view", "panels", window.tr("&Next part of the window"), lambda: move(1), "F6")
    window.add_action("view", "panels", window.tr("&Previous part of the window"), lambda: move(-1), "Shift+F6")
