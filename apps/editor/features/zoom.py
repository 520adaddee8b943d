"""Zooming from the menu and the keyboard; the wheel is the canvas' own."""

from PyQt6.QtGui import QKeySequence

from apps.editor.window import Window


def install(window: Window) -> None:
    """Three actions."""
    canvas = window.canvas
    key = QKeySequence.StandardKey
    window.add_action("view", "zoom", window.tr("Zoom &in"), lambda: canvas.set_zoom(canvas.zoom * 1.5), key.ZoomIn)
    window.add_action("view", "zoom", window.tr("Zoom &out"), lambda: canvas.set_zoom(canvas.zoom / 1.5), key.ZoomOut)
    window.add_action("view", "zoom", window.tr("&Fit"), lambda: canvas.set_zoom(1.0), "Ctrl+0")
