"""Slider that fills from zero, jumps to a click, and returns to zero on a double click."""

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PyQt6.QtWidgets import QSlider, QWidget

from apps.editor.theme import colours

STEPS = 100
"""Positions of the slider for a strength of 1."""
HANDLE = 7


class ValueSlider(QSlider):
    """Position in hundredths, with a mark at 1 (as calibrated) on each side of zero.

    Signals besides QSlider's own: `sliderMoved` while dragged, `stepped` for keys and the wheel, `zeroed`.
    """

    stepped = pyqtSignal(int)
    zeroed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSingleStep(5)
        self.setPageStep(25)
        self.setMinimumWidth(120)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        # Steps by keys and the wheel come as actions, after the new position is known and before it is taken.
        self.actionTriggered.connect(self._acted)

    def sizeHint(self) -> QSize:
        return QSize(160, 24)

    def show_position(self, position: float) -> None:
        """Set the position without a signal."""
        if self.value() == round(position * STEPS):  # painting all sliders with every move of one takes its time
            return
        blocked = self.blockSignals(True)
        self.setValue(round(position * STEPS))
        self.blockSignals(blocked)
        self.update()

    def _acted(self, action: int) -> None:
        if QSlider.SliderAction(action) is not QSlider.SliderAction.SliderMove:
            self.stepped.emit(self.sliderPosition())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
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
        # Without the focus the wheel scrolls the panel, and moves no slider that happens to pass below it.
        if event is not None and self.hasFocus():
            before = self.value()
            super().wheelEvent(event)
            if self.value() != before:  # Qt takes it for a move of the handle, which is told only while it is held
                self.stepped.emit(self.value())
        elif event is not None:
            event.ignore()

    def _drag(self, event: QMouseEvent) -> None:
        groove = self._groove()
        share = (event.position().x() - groove.left()) / max(1.0, groove.width())
        value = round(self.minimum() + min(max(share, 0.0), 1.0) * (self.maximum() - self.minimum()))
        if abs(value) <= 4:  # easy to hit
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
            if self.minimum() <= mark <= self.maximum() and mark != self.minimum():
                painter.drawRect(QRectF(self._place(mark) - 0.5, middle - 6, 1, 12))
        colour = QColor(scheme.accent if self.isEnabled() else scheme.muted)
        painter.setBrush(colour)
        painter.drawRoundedRect(QRectF(min(zero, here), groove.top(), abs(here - zero), groove.height()), 2, 2)
        large = self.underMouse() or self.hasFocus()
        painter.setBrush(colour if self.value() else QColor(scheme.muted))
        if self.hasFocus():
            painter.setPen(QPen(QColor(scheme.text), 2))
        painter.drawEllipse(QPointF(here, middle), HANDLE if large else HANDLE - 1, HANDLE if large else HANDLE - 1)
