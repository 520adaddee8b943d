"""What the dialogs of saving share: a form over Cancel and the button that does it, and lines for paths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)


class FormDialog(QDialog):
    """Rows go into `form`, the buttons after them; `go` is the one that does it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = QFormLayout()
        self.go = QPushButton()
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        layout.addStretch()
        self.resize(600, 0)  # as high as its rows

    def add_buttons(self) -> None:
        """Below all rows, and behind them for the Tab key too."""
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.addButton(self.go, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.proceed)
        buttons.rejected.connect(self.reject)
        self.go.setDefault(True)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(buttons)

    def ask(self, done: Callable[[], object]) -> None:
        """Open the dialog; `done` is called if the user goes on, and then it is gone."""
        self.accepted.connect(done)
        self.finished.connect(lambda _: self.deleteLater())
        self.open()

    def proceed(self) -> None:
        """The button was pressed."""
        self.accept()

    def add_choice(self, title: str, *choices: QRadioButton) -> None:
        """Rows of which one is chosen."""
        group = QButtonGroup(self)
        for choice in choices:
            group.addButton(choice)
            self.form.addRow(title if choice is choices[0] else "", choice)


class PathLine(QWidget):
    """A path to type, or to choose with a button. choose: gets the line, asks, and returns a path or nothing"""

    def __init__(self, name: str, path: Path | str, choose: Callable[[PathLine], str], parent: QWidget) -> None:
        super().__init__(parent)
        self.line = QLineEdit(str(path), self)
        self.line.setAccessibleName(name)
        self._choose = choose
        button = QPushButton(QCoreApplication.translate("Saving", "Choose …"), self)
        button.setAutoDefault(False)
        button.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(button)
        self.setFocusProxy(self.line)

    @property
    def path(self) -> Path:
        """What the line says, ~ being the user's folder."""
        path = Path(self.line.text())
        try:
            return path.expanduser()
        except RuntimeError:  # there is no such user, or his name is still being typed
            return path

    def _ask(self) -> None:
        chosen = self._choose(self)
        if chosen:
            self.line.setText(chosen)


def choose_folder(line: PathLine) -> str:
    """Ask for a folder."""
    return QFileDialog.getExistingDirectory(line, line.line.accessibleName(), line.line.text())
