"""Views of before and after: original, split, side by side; all zoom and pan with the canvas."""

from PyQt6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF

from apps.editor.theme import colours
from apps.editor.widgets.canvas import Canvas, View
from apps.editor.widgets.captions import paint_caption

REACH = 16
"""Distance in pixels at which the mouse grips the handle."""
KNOB = 15
"""Radius of the handle's knob in pixels."""
STEP = 0.02
"""Step of an arrow key, as a share of the width."""


class Original(View):
    """The unedited portrait."""

    def paint(self, painter: QPainter, canvas: Canvas) -> None:
        (area,) = self.areas(canvas)
        canvas.draw(painter, canvas.before, area)
        _paint_caption(painter, _visible(canvas, area), before=True)


class Split(View):
    """Before on the left of a handle, after on its right; `share`: place of the handle in the visible part, 0..1."""

    def __init__(self) -> None:
        self.share = 0.5

    def handle(self, canvas: Canvas) -> QLineF:
        """The handle, from top to bottom of the visible picture."""
        visible = _visible(canvas, *self.areas(canvas))
        x = visible.left() + self.share * visible.width()
        return QLineF(x, visible.top(), x, visible.bottom())

    def paint(self, painter: QPainter, canvas: Canvas) -> None:
        (area,) = self.areas(canvas)
        handle, left, right = self.handle(canvas), QRectF(area), QRectF(area)
        left.setRight(handle.x1())
        right.setLeft(handle.x1())
        painter.save()
        painter.setClipRect(left)
        canvas.draw(painter, canvas.before, area)
        _paint_caption(painter, _visible(canvas, area), before=True)
        painter.setClipRect(right)
        canvas.draw_after(painter, area)
        _paint_caption(painter, _visible(canvas, area), before=False)
        painter.restore()
        _paint_handle(painter, handle)

    def grips(self, canvas: Canvas, point: QPointF) -> bool:
        return abs(point.x() - self.handle(canvas).x1()) <= REACH

    def drag(self, canvas: Canvas, point: QPointF) -> None:
        visible = _visible(canvas, *self.areas(canvas))
        self._move_to((point.x() - visible.left()) / max(1.0, visible.width()))

    def key(self, canvas: Canvas, key: int) -> bool:
        step = {Qt.Key.Key_Left: -STEP, Qt.Key.Key_Right: STEP}.get(Qt.Key(key))
        if step is not None:
            self._move_to(self.share + step)
            canvas.update()
        return step is not None

    def _move_to(self, share: float) -> None:
        self.share = min(max(share, 0.0), 1.0)


class SideBySide(View):
    """Before and after next to each other, or one above the other where that makes them larger."""

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
        _paint_caption(painter, _visible(canvas, first), before=True)
        _paint_caption(painter, _visible(canvas, second), before=False)


def _visible(canvas: Canvas, area: QRectF) -> QRectF:
    return canvas.frame(area).intersected(area)


def _paint_caption(painter: QPainter, visible: QRectF, *, before: bool) -> None:
    text = QCoreApplication.translate("Compare", "Before") if before else QCoreApplication.translate("Compare", "After")
    corner = visible.topLeft() + QPointF(10, 10) if before else visible.topRight() + QPointF(-10, 10)
    paint_caption(painter, corner, text, right=not before)


def _paint_handle(painter: QPainter, line: QLineF) -> None:
    """A line readable on any picture, with a knob whose arrows show the directions."""
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
    for side in (-1, 1):
        corners = [QPointF(side * 10, 0), QPointF(side * 4, -5), QPointF(side * 4, 5)]
        painter.drawPolygon(QPolygonF([centre + corner for corner in corners]))
