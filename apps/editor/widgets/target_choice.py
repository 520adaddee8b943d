"""Choice of how far a click on a target goes: as asked, or as far as possible."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QRadioButton, QWidget


class TargetChoice(QWidget):
    """Two exclusive buttons.

    Attributes:
        as_asked: The calibrated strength.
        as_far: The least strength that reaches the target on the portrait, within the budget; the default.
    """

    changed = pyqtSignal()
    """The other one was chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        label = QLabel(self.tr("Targets"), self)
        label.setProperty("role", "muted")
        self.as_asked = QRadioButton(self.tr("as asked"), self)
        self.as_far = QRadioButton(self.tr("as far as possible"), self)
        self.as_asked.setToolTip(self.tr("The words below a slider set the calibrated strength, 1, on every portrait"))
        self.as_far.setToolTip(
            self.tr(
                "The words below a slider set the least strength that reaches them on this portrait, and stop where it "
                "would become somebody else or other attributes would change too much"
            )
        )
        group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(label)
        for button in (self.as_asked, self.as_far):
            button.setAccessibleName(self.tr("Targets {0}").format(button.text()))
            button.setAccessibleDescription(button.toolTip())
            group.addButton(button)
            layout.addWidget(button)
        layout.addStretch()
        self.choose(True)
        self.as_far.toggled.connect(lambda _: self.changed.emit())

    @property
    def hint(self) -> str:
        """Tooltip of a target."""
        if self.as_far.isChecked():
            return self.tr("As far as this portrait needs")
        return self.tr("The calibrated strength, 1")

    def choose(self, as_far: bool) -> None:
        """Choose one of them."""
        (self.as_far if as_far else self.as_asked).setChecked(True)
