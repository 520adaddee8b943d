"""Slider with title, presets, number field and predicted value."""

from collections.abc import Mapping

from PyQt6.QtCore import QSignalBlocker, Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from apps.editor.language import translated
from apps.editor.model.edit_state import EditState
from apps.editor.model.sliders import LIMIT, Slider, target_title
from apps.editor.widgets.number import number_field
from apps.editor.widgets.slider import STEPS, ValueSlider


class SliderRow(QWidget):
    """View of one `Slider` that emits the user's changes as identifier and strength."""

    pressed = pyqtSignal()
    released = pyqtSignal()
    moved = pyqtSignal(str, float)
    """Identifier and strength while the slider is dragged."""
    nudged = pyqtSignal(str, float)
    """Identifier and strength after a key or wheel step, or a typed number."""
    preset_chosen = pyqtSignal(str)
    """Identifier of the target to reach."""

    def __init__(self, slider: Slider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = QLabel()
        self.title.setProperty("role", "name")
        self.prediction = QLabel()
        self.prediction.setProperty("role", "muted")
        self.slider = ValueSlider(self)
        self.number = number_field(58, self)
        self.chips: dict[str, QPushButton] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(False)

        top, self._presets, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title)
        top.addStretch()
        top.addWidget(self.prediction)
        self._top = top
        self.more: QToolButton | None = None
        self._presets.setSpacing(4)
        self._presets.addStretch()
        bottom.setSpacing(10)
        bottom.addWidget(self.slider, 1)
        bottom.addWidget(self.number)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2, 6, 2, 8)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(bottom)
        layout.addLayout(self._presets)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.hide()
        layout.addWidget(self.note)

        self.slider.sliderPressed.connect(self.pressed)
        self.slider.sliderReleased.connect(self.released)
        self.slider.sliderMoved.connect(lambda value: self.moved.emit(*self._at(value / STEPS)))
        self.slider.stepped.connect(lambda value: self.nudged.emit(*self._at(value / STEPS)))
        self.slider.zeroed.connect(self.zero)
        self.number.valueChanged.connect(lambda value: self.nudged.emit(*self._at(value)))
        self.set_slider(slider)

    def set_slider(self, slider: Slider) -> None:
        """Replace the slider by the version of another portrait."""
        self.model = slider
        low = -LIMIT if slider.two_sided else 0.0
        title, text = translated(slider.title), translated(slider.help)
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.slider.setRange(round(low * STEPS), round(LIMIT * STEPS))
            self.number.setRange(low, LIMIT)
        self.title.setText(title)
        self.setToolTip(text)
        for control in (self.slider, self.number):
            control.setAccessibleName(title)
            control.setAccessibleDescription(text)
        if list(self.chips) != [target.identifier for target in slider.targets]:
            self._make_chips()
        self._chosen = slider.targets[-1].identifier if slider.two_sided else slider.targets[0].identifier

    def set_menu(self, menu: QMenu) -> None:
        """Add a button with a menu beside the title."""
        if self.more is None:
            self.more = QToolButton(self)
            self.more.setText("⋯")
            self.more.setAutoRaise(True)
            self.more.setProperty("role", "more")
            self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            self._top.addWidget(self.more)
            self.setTabOrder(self.number, self.more)
        self.more.setMenu(menu)
        self.more.setAccessibleName(self.tr("Menu of {0}").format(self.title.text()))

    def refuse(self, reasons: Mapping[str, str], hint: str) -> None:
        """Dim the targets that do not suit the portrait, and the slider if none is left; tooltips tell the reasons.

        Args:
            hint: Tooltip of the targets that suit it.
        """
        refused = [reasons[target.identifier] for target in self.model.targets if target.identifier in reasons]
        for identifier, chip in self.chips.items():
            chip.setEnabled(identifier not in reasons)
            reason = reasons.get(identifier)
            chip.setToolTip(hint if reason is None else translated(reason))
        if refused and len(refused) == len(self.model.targets):
            self.setEnabled(False)
            self.setToolTip(translated(refused[0]))

    def _make_chips(self) -> None:
        for chip in self.chips.values():
            self._group.removeButton(chip)
            self._presets.removeWidget(chip)
            chip.deleteLater()
        self.chips = {}
        for place, target in enumerate(self.model.targets):
            chip = QPushButton(translated(target.title), self)
            chip.setCheckable(True)
            chip.setProperty("chip", "true")
            chip.setCursor(Qt.CursorShape.PointingHandCursor)
            chip.setAccessibleName(f"{translated(self.model.title)}: {translated(target.title)}")
            chip.clicked.connect(lambda _, name=target.identifier: self._choose_preset(name))
            self._group.addButton(chip)
            self._presets.insertWidget(place, chip)
            self.setTabOrder([self.slider, self.number, *self.chips.values()][-1], chip)
            self.chips[target.identifier] = chip

    def show_edit_state(self, edit_state: EditState) -> None:
        """Show the strength of an edit, and why it does not reach its target where a search says so."""
        active, position = self.model.active(edit_state), self.model.position(edit_state)
        if active is not None:
            self._chosen = active
        self.slider.show_position(position)
        with QSignalBlocker(self.number):
            self.number.setValue(position)
        for name, chip in self.chips.items():
            chip.setChecked(name == active)
        found = edit_state.as_found(active) if active else None
        reason = found.missed if found else ""
        title = translated(target_title(active)) if active else ""
        self.note.setText(self.tr("{0} is not reached: {1}").format(title, translated(reason)) if reason else "")
        self.note.setVisible(bool(reason))

    def show_prediction(self, text: str) -> None:
        """Show the predicted value of the picture."""
        self.prediction.setText(text)

    def zero(self) -> None:
        """Reset the strength to 0."""
        self.nudged.emit(*self._at(0.0))

    def _choose_preset(self, identifier: str) -> None:
        """Choose a preset; a second click resets it."""
        value = self.slider.value()
        if value and identifier == self._at(value / STEPS)[0]:
            self.zero()
        else:
            self._chosen = identifier
            self.preset_chosen.emit(identifier)

    def _at(self, position: float) -> tuple[str, float]:
        return self.model.move(position, self._chosen)
