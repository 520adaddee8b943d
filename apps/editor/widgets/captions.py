"""Captions and legends over pictures, readable on any of them, in the colours of the theme."""

from collections.abc import Sequence

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from apps.editor.theme import colours

PADDING, LINE, SWATCH = 8, 20, 12
Entry = tuple[QColor, str]
"""A colour and what it stands for."""


def paint_caption(painter: QPainter, corner: QPointF, text: str, *, right: bool = False) -> None:
    """A pill with a few words; `corner` is its upper left, or upper right, corner."""
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 2.5 * PADDING
    place = QRectF(corner.x() - (width if right else 0), corner.y(), width, LINE + 4)
    _back(painter, place, place.height() / 2)
    painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)


def paint_legend(painter: QPainter, area: QRectF, title: str, entries: Sequence[Entry] = ()) -> None:
    """Legend of an overlay, in the lower right corner of `area`."""
    metrics = QFontMetricsF(painter.font())
    inner = max(
        [metrics.horizontalAdvance(title), *(SWATCH + PADDING + metrics.horizontalAdvance(text) for _, text in entries)]
    )
    height = LINE * (1 + len(entries)) + PADDING
    width = inner + 2 * PADDING + 2
    place = QRectF(area.right() - 12 - width, area.bottom() - 12 - height, width, height)
    _back(painter, place, 8)
    row = QRectF(place.left() + PADDING, place.top() + PADDING / 2, inner + 2, LINE)
    painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, title)
    for colour, text in entries:
        row.translate(0, LINE)
        painter.fillRect(QRectF(row.left(), row.top() + (LINE - SWATCH) / 2, SWATCH, SWATCH), colour)
        painter.drawText(row.adjusted(SWATCH + PADDING, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)


def _back(painter: QPainter, place: QRectF, radius: float) -> None:
    """Ground to write on; leaves the pen of the text."""
    scheme = colours()
    ground = QColor(scheme.raised)
    ground.setAlphaF(0.9)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(scheme.line), 1))
    painter.setBrush(ground)
    painter.drawRoundedRect(place, radius, radius)
    painter.setPen(QColor(scheme.text))
