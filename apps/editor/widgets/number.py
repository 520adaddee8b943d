"""Number field with a title, and a slider where its range has two ends."""

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from apps.editor.widgets.slider import ValueSlider

POSITIONS = 99
"""Of a slider; one less than what it marks as calibrated."""
WIDE = 100.0
"""Ranges beyond this are cubic: a step at their lower end is what one sees."""


class Scale:
    """Slider positions 0..POSITIONS to the values low..high and back."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self._power = 3 if high - low > WIDE else 1

    def value(self, position: int) -> float:
        """The value of a position."""
        value = self.low + (self.high - self.low) * (position / POSITIONS) ** self._power
        return round(value, 1 if self._power > 1 else 2)

    def position(self, value: float) -> int:
        """The position nearest to a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(POSITIONS * min(max(share, 0.0), 1.0) ** (1 / self._power))


class Number(QWidget):
    """A name, a number, and a slider where the number has two ends."""

    def __init__(self, title: str, ends: tuple[float, float] | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.scale = Scale(*ends) if ends else None
        self.slider = ValueSlider(self) if ends else None
        self.number = QDoubleSpinBox(self)
        self.number.setRange(*(ends or (-1e6, 1e6)))
        self.number.setKeyboardTracking(False)
        self.number.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.number.setFixedWidth(64)
        self.number.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        wide = ends is not None and ends[1] - ends[0] > WIDE
        self.number.setDecimals(1 if wide else 2)
        self.number.setSingleStep(1.0 if wide else 0.05)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        label = QLabel(title, self)
        layout.addWidget(label)
        line = QHBoxLayout()
        line.setSpacing(10)
        if self.slider is not None:
            self.slider.setRange(0, POSITIONS)
            line.addWidget(self.slider, 1)
        else:
            line.addStretch()
        line.addWidget(self.number)
        layout.addLayout(line)

    def show_value(self, value: float) -> None:
        """Set the value without a signal."""
        with QSignalBlocker(self.number):
            self.number.setValue(value)
        if self.slider is not None and self.scale is not None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self.scale.position(value))
            self.slider.update()
