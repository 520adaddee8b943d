"""Keyboard focus from one part of the window to the next."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QWidget

from apps.editor.window import Window


def install(window: Window) -> None:
    """Add two actions that cycle through the visible ones of canvas, gallery and sliders."""

    def first(part: QWidget) -> QWidget:
        """The widget of a part that takes the focus."""
        if part is not window.panel:
            return part
        rows = (row for row in window.panel.rows.values() if row.isEnabled() and row.isVisible())
        row = next(rows, None)
        return row.slider if row is not None else window.panel.search

    def go(step: int) -> None:
        parts = [part for part in (window.canvas, window.gallery, window.panel) if part.isVisible()]
        here = QApplication.focusWidget()
        place = next(
            (place for place, part in enumerate(parts) if here and (part is here or part.isAncestorOf(here))), -1
        )
        if parts:
            first(parts[(place + step) % len(parts)] if place >= 0 else parts[0]).setFocus(
                Qt.FocusReason.TabFocusReason
            )

    window.add_action("view", "panels", window.tr("&Next part of the window"), lambda: go(1), "F6")
    window.add_action("view", "panels", window.tr("&Previous part of the window"), lambda: go(-1), "Shift+F6")
