"""Captions and legends over pictures, on a background in the colours of the theme."""

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from apps.editor.theme import colours

PADDING, LINE, SWATCH = 8, 20, 12
Entry = tuple[QColor, str]
"""Colour and its meaning."""


def paint_caption(painter: QPainter, corner: QPointF, text: str, *, right: bool = False) -> None:
    """Paint a short text on a pill whose upper left, or `right`, corner is given."""
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 2.5 * PADDING
    place = QRectF(corner.x() - (width if right else 0), corner.y(), width, LINE + 4)
    _paint_background(painter, place, place.height() / 2)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def paint_legend(painter: QPainter, area: QRectF, title: str, entries: Sequence[Entry] = ()) -> None:
    """Paint the legend of an overlay in the lower right corner of `area`."""
    metrics = QFontMetricsF(painter.font())
    widths = (SWATCH + PADDING + metrics.horizontalAdvance(text) for _, text in entries)
    inner = max([metrics.horizontalAdvance(title), *widths])
    height = LINE * (1 + len(entries)) + PADDING
    width = inner + 2 * PADDING + 2
    place = QRectF(area.right() - 12 - width, area.bottom() - 12 - height, width, height)
    _paint_background(painter, place, 8)
    row = QRectF(place.left() + PADDING, place.top() + PADDING / 2, inner + 2, LINE)
    painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, title)
    for colour, text in entries:
        row.translate(0, LINE)
        painter.fillRect(QRectF(row.left(), row.top() + (LINE - SWATCH) / 2, SWATCH, SWATCH), colour)
        painter.drawText(row.adjusted(SWATCH + PADDING, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _paint_background(painter: QPainter, place: QRectF, radius: float) -> None:
    """Paint a translucent background and set the pen of the text."""
    scheme = colours()
    background = QColor(scheme.raised)
    background.setAlphaF(0.9)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(scheme.line), 1))
    painter.setBrush(background)
    painter.drawRoundedRect(place, radius, radius)
    painter.setPen(QColor(scheme.text))
