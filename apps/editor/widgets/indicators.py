"""Radio buttons and check boxes with an outline that is seen on dark ground too, where that of Qt's Fusion is lost."""

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPolygonF
from PyQt6.QtWidgets import QProxyStyle, QStyle, QStyleOption, QWidget

ROUND, SQUARE = QStyle.PrimitiveElement.PE_IndicatorRadioButton, QStyle.PrimitiveElement.PE_IndicatorCheckBox
TICK = ((0.24, 0.54), (0.42, 0.72), (0.76, 0.30))
"""Corners of the tick, as shares of its box."""


class Style(QProxyStyle):
    """Fusion but for the two; colours as of the theme, `on` for a mark upon `accent`."""

    def __init__(self, field: str, outline: str, disabled: str, accent: str, on: str) -> None:
        super().__init__("Fusion")
        self._field, self._outline, self._disabled = QColor(field), QColor(outline), QColor(disabled)
        self._accent, self._on = QColor(accent), QColor(on)

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        if element not in (ROUND, SQUARE) or option is None or painter is None:
            super().drawPrimitive(element, option, painter, widget)
            return
        state, flag = option.state, QStyle.StateFlag
        enabled, chosen = bool(state & flag.State_Enabled), bool(state & flag.State_On)
        focused = bool(state & flag.State_HasFocus)
        line = self._disabled if not enabled else self._accent if focused or chosen else self._outline
        fill = self._field if not chosen else self._accent if enabled else self._disabled
        side = min(option.rect.width(), option.rect.height())
        width = 2 if focused else 1
        inside = width / 2  # so that lines lie on pixels, not between them
        box = QRectF(option.rect.x(), option.rect.y(), side, side).adjusted(inside, inside, -inside, -inside)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(line, width))
        painter.setBrush(fill)
        painter.drawEllipse(box) if element is ROUND else painter.drawRoundedRect(box, 3, 3)
        if chosen:
            self._mark(painter, element, box)
        painter.restore()

    def _mark(self, painter: QPainter, element: QStyle.PrimitiveElement, box: QRectF) -> None:
        if element is ROUND:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._on)
            painter.drawEllipse(box.center(), box.width() / 5, box.height() / 5)
        else:
            painter.setPen(QPen(self._on, box.width() / 7, cap=Qt.PenCapStyle.RoundCap))
            corners = [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in TICK]
            painter.drawPolyline(QPolygonF(corners))
