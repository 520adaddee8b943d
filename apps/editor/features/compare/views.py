"""Views of before and after: original, split, side by side; all zoom and pan with the canvas."""

from PyQt6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from apps.editor.theme import colours
from apps.editor.widgets.canvas import Canvas, View
from apps.editor.widgets.captions import paint_caption

REACH = 16
"""Pixels to either side of the handle that take hold of it."""
KNOB = 15
STEP = 0.02
"""Of the width, for each press of an arrow key."""


class Original(View):
    """The portrait as it is."""

    def paint(self, painter: QPainter, canvas: Canvas) -> None:
        (area,) = self.areas(canvas)
        canvas.draw(painter, canvas.before, area)
        _name(painter, _seen(canvas, area), before=True)


class Split(View):
    """Before on the left of a handle, after on its right.

    share: where the handle stands in the part of the picture that is seen, 0..1
    """

    def __init__(self) -> None:
        self.share = 0.5

    def handle(self, canvas: Canvas) -> QLineF:
        """The handle, from top to bottom of the picture."""
        seen = _seen(canvas, *self.areas(canvas))
        x = seen.left() + self.share * seen.width()
        return QLineF(x, seen.top(), x, seen.bottom())

    def paint(self, painter: QPainter, canvas: Canvas) -> None:
        (area,) = self.areas(canvas)
        handle, left, right = self.handle(canvas), QRectF(area), QRectF(area)
        left.setRight(handle.x1())
        right.setLeft(handle.x1())
        painter.save()
        painter.setClipRect(left)
        canvas.draw(painter, canvas.before, area)
        _name(painter, _seen(canvas, area), before=True)
        painter.setClipRect(right)
        canvas.draw_after(painter, area)
        _name(painter, _seen(canvas, area), before=False)
        painter.restore()
        _paint_handle(painter, handle)

    def grips(self, canvas: Canvas, point: QPointF) -> bool:
        return abs(point.x() - self.handle(canvas).x1()) <= REACH

    def drag(self, canvas: Canvas, point: QPointF) -> None:
        seen = _seen(canvas, *self.areas(canvas))
        self._stand((point.x() - seen.left()) / max(1.0, seen.width()))

    def key(self, canvas: Canvas, key: int) -> bool:
        way = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP}.get(Qt.Key(key))
        if way is not None:
            self._stand(self.share + way)
            canvas.update()
        return way is not None

    def _stand(self, share: float) -> None:
        self.share = min(max(share, 0.0), 1.0)


class SideBySide(View):
    """Before and after next to each other, or one above the other where that leaves more room."""

    def areas(self, canvas: Canvas) -> list[QRectF]:
        whole = QRectF(canvas.rect())
        width, height = whole.width(), whole.height()
        if min(width / 2, height) >= min(width, height / 2):
            first = QRectF(0, 0, width / 2, height)
            return [first, first.translated(width / 2, 0)]
        first = QRectF(0, 0, width, height / 2)
        return [first, first.translated(0, height / 2)]

    def paint(self, painter: QPainter, canvas: Canvas) -> None:
        first, second = self.areas(canvas)
        canvas.draw(painter, canvas.before, first)
        canvas.draw_after(painter, second)
        painter.setPen(QColor(colours().line))
        if canvas.zoom > 1:
            painter.drawLine(second.topLeft(), first.bottomRight())
        _name(painter, _seen(canvas, first), before=True)
        _name(painter, _seen(canvas, second), before=False)


def _seen(canvas: Canvas, area: QRectF) -> QRectF:
    """The part of `area` that the picture covers."""
    return canvas.frame(area).intersected(area)


def _name(painter: QPainter, seen: QRectF, *, before: bool) -> None:
    """ "Before" in the upper left, or "After" in the upper right corner."""
    if before:
        text = QCoreApplication.translate("Compare", "Before")
        paint_caption(painter, seen.topLeft() + QPointF(10, 10), text)
    else:
        text = QCoreApplication.translate("Compare", "After")
        paint_caption(painter, seen.topRight() + QPointF(-10, 10), text, right=True)


def _paint_handle(painter: QPainter, line: QLineF) -> None:
    """A line that shows on any picture, with a knob that says which way it goes."""
    scheme = colours()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for colour, width in ((QColor(0, 0, 0, 110), 4.0), (QColor("white"), 2.0)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(line)
    centre = line.center()
    painter.setPen(QPen(QColor("white"), 2))
    painter.setBrush(QColor(scheme.raised))
    painter.drawEllipse(centre, KNOB, KNOB)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(scheme.text))
    for way in (-1, 1):
        corners = [QPointF(way * 10, 0), QPointF(way * 4, -5), QPointF(way * 4, 5)]
        painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))
