"""Slider filled from zero, which follows a click and returns to zero on a double click."""

from PyQt6.QtCore import QPointF, QRectF, QSignalBlocker, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QSlider, QWidget

from apps.editor.theme import colours

STEPS = 100
"""Positions of the slider for a strength of 1."""
HANDLE = 7


class ValueSlider(QSlider):
    """Slider in hundredths, with a mark at a strength of 1 (as calibrated) on each side of zero."""

    stepped = pyqtSignal(int)
    """Position after a key or wheel step; a drag emits `sliderMoved`."""
    zeroed = pyqtSignal()
    """Double click."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(5)
        self.setPageStep(25)
        self.setMinimumWidth(120)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        # Qt triggers an action for each step after it has computed the new position and before it sets it.
        self.actionTriggered.connect(self._acted)

    def sizeHint(self) -> QSize:
        return QSize(160, 24)

    def show_position(self, position: float) -> None:
        """Set the position without a signal."""
        if self.value() != round(position * STEPS):  # repainting all sliders at every move of one is slow
            with QSignalBlocker(self):
                self.setValue(round(position * STEPS))
            self.update()

    def _acted(self, action: int) -> None:
        if QSlider.SliderAction(action) is not QSlider.SliderAction.SliderMove:
            self.stepped.emit(self.sliderPosition())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        self.zeroed.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        # Without focus the wheel scrolls the panel, so a slider that passes below the pointer does not move.
        if event is not None and self.hasFocus():
            before = self.value()
            super().wheelEvent(event)
            if self.value() != before:  # Qt treats it as a move of the handle, signalled only while held
                self.stepped.emit(self.value())
        elif event is not None:
            event.ignore()

    def _drag(self, event: QMouseEvent) -> None:
        groove = self._groove()
        share = (event.position().x() - groove.left()) / max(1.0, groove.width())
        value = round(self.minimum() + min(max(share, 0.0), 1.0) * (self.maximum() - self.minimum()))
        if abs(value) <= 4:  # makes zero easy to hit
            value = 0
        if value != self.value():
            self.setSliderPosition(value)
            self.sliderMoved.emit(value)
        self.update()

    def _groove(self) -> QRectF:
        middle = self.height() / 2
        return QRectF(HANDLE + 1, middle - 2, self.width() - 2 * HANDLE - 2, 4)

    def _place(self, value: float) -> float:
        groove = self._groove()
        return groove.left() + groove.width() * (value - self.minimum()) / max(1, self.maximum() - self.minimum())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        scheme, groove, painter = colours(), self._groove(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scheme.line))
        painter.drawRoundedRect(groove, 2, 2)
        middle, zero, here = self.height() / 2, self._place(0), self._place(self.value())
        for mark in (-STEPS, 0, STEPS):
            if self.minimum() < mark <= self.maximum():
                painter.drawRect(QRectF(self._place(mark) - 0.5, middle - 6, 1, 12))
        colour = QColor(scheme.accent if self.isEnabled() else scheme.muted)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(min(zero, here), groove.top(), abs(here - zero), groove.height()), 2, 2)
        radius = HANDLE if self.underMouse() or self.hasFocus() else HANDLE - 1
        painter.setBrush(colour if self.value() else QColor(scheme.muted))
        if self.hasFocus():
            painter.setPen(QPen(QColor(scheme.text), 2))
        painter.drawEllipse(QPointF(here, middle), radius, radius)
