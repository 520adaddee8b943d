"""Overlay with a heat map of the differences between picture and portrait."""

from typing import Any

import numpy as np
from PyQt6.QtCore import QCoreApplication, QObject, QRectF
from PyQt6.QtGui import QColor, QPainter, QPixmap

from apps.editor.model.session import Session
from apps.editor.widgets.canvas import Canvas, to_pixmap
from apps.editor.widgets.captions import paint_legend
from apps.editor.widgets.colour_map import cividis
from pipeline.core.types import Image

FULL_SCALE = 128
"""Difference in grey levels at which the colour map saturates."""
MARKS = (128, 72, 32, 8, 0)


def heat(before: Image, after: Image) -> Image:
    """Colour-mapped |after - before| of the most changed channel, uint8 (H, W, 3) of the size of `after`."""
    from pipeline.core.images import resize

    if before.shape != after.shape:  # `after` is a preview
        before = resize(before, after.shape[0])
    difference = (np.maximum(before, after) - np.minimum(before, after)).max(axis=2)
    return np.asarray(cividis()[index(np.arange(256))][difference], np.uint8)


def index(difference: Any) -> Any:
    """Index into the colour map, 0..255: the square root, to make faint changes visible."""
    return np.rint(255 * np.sqrt(np.minimum(difference, FULL_SCALE) / FULL_SCALE)).astype(np.intp)


class HeatMap(QObject):
    """Overlay that follows the picture while it is on."""

    def __init__(self, session: Session, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._session, self._canvas = session, canvas
        self.on = False
        self.pixmap: QPixmap | None = None
        session.picture_changed.connect(lambda _: self._follow())

    def switch(self, on: bool) -> None:
        """Show or hide the map, below all other overlays."""
        if on is not self.on:
            self.on = on
            self._canvas.overlays.insert(0, self) if on else self._canvas.overlays.remove(self)
        self._follow()

    def _follow(self) -> None:
        document, picture = self._session.current, self._session.picture
        self.pixmap = None
        if self.on and document is not None and picture is not None:
            self.pixmap = to_pixmap(heat(document.image, picture.image))
        self._canvas.update()

    def paint(self, painter: QPainter, canvas: Canvas, area: QRectF) -> None:
        canvas.draw(painter, self.pixmap, area)
        title = QCoreApplication.translate("Compare", "Difference, of 255")
        entries = [
            (QColor(*cividis()[index(mark)].tolist()), f"{mark}{' +' if mark == FULL_SCALE else ''}") for mark in MARKS
        ]
        paint_legend(painter, area, title, entries)
