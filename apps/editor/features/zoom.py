"""Zoom actions of the view menu; the canvas itself handles the mouse wheel."""

from PyQt6.QtGui import QKeySequence

from apps.editor.window import Window


def install(window: Window) -> None:
    """Add zoom in, out and fit, and the option to fit every portrait; option and zoom are kept across starts."""
    canvas, settings = window.canvas, window.settings
    key = QKeySequence.StandardKey
    window.add_action("view", "zoom", window.tr("Zoom &in"), lambda: canvas.set_zoom(canvas.zoom * 1.5), key.ZoomIn)
    window.add_action("view", "zoom", window.tr("Zoom &out"), lambda: canvas.set_zoom(canvas.zoom / 1.5), key.ZoomOut)
    window.add_action("view", "zoom", window.tr("&Fit"), lambda: canvas.set_zoom(1.0), "Ctrl+0")

    def save() -> None:
        settings.setValue("zoom/fits", fit_every.isChecked())
        settings.setValue("zoom/last", canvas.zoom)

    def fit(_: object) -> None:
        if fit_every.isChecked():
            canvas.set_zoom(1.0)

    fit_every = window.add_action("view", "zoom", window.tr("Fit e&very portrait"), save, checkable=True)
    fit_every.setChecked(settings.value("zoom/fits", True, bool))
    if not fit_every.isChecked():
        canvas.set_zoom(settings.value("zoom/last", 1.0, float))
    canvas.zoomed.connect(lambda _: save())
    window.session.current_changed.connect(fit)
