"""Base of the saving dialogs: a form over Cancel and an accept button; path fields."""

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
    """Rows go into `form`; `add_buttons` adds the buttons, with `accept_button`, below them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = QFormLayout()
        self.accept_button = QPushButton()
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        layout.addStretch()
        self.resize(600, 0)  # as high as its rows

    def add_buttons(self) -> None:
        """Add the buttons below all rows, also in the tab order."""
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.proceed)
        buttons.rejected.connect(self.reject)
        self.accept_button.setDefault(True)
        layout = self.layout()
        assert layout is not None
        layout.addWidget(buttons)

    def ask(self, done: Callable[[], object]) -> None:
        """Open the dialog, call `done` if the user accepts, and delete it."""
        self.accepted.connect(done)
        self.finished.connect(lambda _: self.deleteLater())
        self.open()

    def proceed(self) -> None:
        """The accept button was pressed."""
        self.accept()

    def add_choice(self, title: str, *choices: QRadioButton) -> None:
        """Add rows of which one is chosen."""
        group = QButtonGroup(self)
        for choice in choices:
            group.addButton(choice)
            self.form.addRow(title if choice is choices[0] else "", choice)


class PathLine(QWidget):
    """A path to type, or to choose with a button."""

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
        """The typed path, with ~ expanded."""
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
