"""Number field with a title, and a slider if its range has two ends."""

from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from apps.editor.widgets.slider import ValueSlider

POSITIONS = 99
"""Positions of the slider: below the 100 at which ValueSlider marks a calibrated strength."""
WIDE = 100.0
"""Largest linear range; a wider one is cubic, with smaller steps at its lower end."""


class Scale:
    """Conversion between slider positions 0..POSITIONS and values low..high."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high
        self._power = 3 if high - low > WIDE else 1

    def value(self, position: int) -> float:
        """Value of a position."""
        value = self.low + (self.high - self.low) * (position / POSITIONS) ** self._power
        return round(value, 1 if self._power > 1 else 2)

    def position(self, value: float) -> int:
        """Position nearest to a value."""
        share = (value - self.low) / (self.high - self.low)
        return round(POSITIONS * min(max(share, 0.0), 1.0) ** (1 / self._power))


def number_field(width: int, parent: QWidget) -> QDoubleSpinBox:
    """Right-aligned number field, `width` pixels wide, that reports a typed number once it is complete."""
    field = QDoubleSpinBox(parent)
    field.setSingleStep(0.05)
    field.setKeyboardTracking(False)
    field.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    field.setAlignment(Qt.AlignmentFlag.AlignRight)
    field.setFixedWidth(width)
    field.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return field


class Number(QWidget):
    """Title, number field, and a slider if `ends` gives the smallest and largest value."""

    def __init__(self, title: str, ends: tuple[float, float] | None, parent: QWidget) -> None:
        super().__init__(parent)
        self.scale = Scale(*ends) if ends else None
        self.slider = ValueSlider(self) if ends else None
        self.number = number_field(64, self)
        self.number.setRange(*(ends or (-1e6, 1e6)))
        if ends is not None and ends[1] - ends[0] > WIDE:
            self.number.setDecimals(1)
            self.number.setSingleStep(1.0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(QLabel(title, self))
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
