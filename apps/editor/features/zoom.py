"""Zooming from the menu and the keyboard; the wheel is the canvas' own."""

from PyQt6.QtGui import QKeySequence

from apps.editor.window import Window


def install(window: Window) -> None:
    """Three actions, and whether the zoom goes with the portrait or stays, from one start to the next too."""
    canvas, settings = window.canvas, window.settings
    key = QKeySequence.StandardKey
    window.add_action("view", "zoom", window.tr("Zoom &in"), lambda: canvas.set_zoom(canvas.zoom * 1.5), key.ZoomIn)
    window.add_action("view", "zoom", window.tr("Zoom &out"), lambda: canvas.set_zoom(canvas.zoom / 1.5), key.ZoomOut)
    window.add_action("view", "zoom", window.tr("&Fit"), lambda: canvas.set_zoom(1.0), "Ctrl+0")

    def note() -> None:
        settings.setValue("zoom/fits", fits.isChecked())
        settings.setValue("zoom/last", canvas.zoom)

    def opened() -> None:
        if fits.isChecked():
            canvas.set_zoom(1.0)

    fits = window.add_action("view", "zoom", window.tr("Fit e&very portrait"), note, checkable=True)
    fits.setChecked(settings.value("zoom/fits", True, bool))
    if not fits.isChecked():
        canvas.set_zoom(settings.value("zoom/last", 1.0, float))
    canvas.zoomed.connect(lambda _: note())
    window.session.current_changed.connect(lambda _: opened())
