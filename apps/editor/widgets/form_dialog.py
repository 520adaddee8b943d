"""Base class of form dialogs with Cancel and an accept button; path field."""

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
    """Dialog with the rows of `form` above Cancel and `accept_button`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = QFormLayout()
        self.accept_button = QPushButton()
        self._column = QVBoxLayout(self)
        self._column.addLayout(self.form)
        self._column.addStretch()
        self.resize(600, 0)  # the rows determine the height

    def add_buttons(self) -> None:
        """Add the buttons; called after all rows, so that they come last in the tab order."""
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.addButton(self.accept_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.proceed)
        buttons.rejected.connect(self.reject)
        self.accept_button.setDefault(True)
        self._column.addWidget(buttons)

    def ask(self, done: Callable[[], object]) -> None:
        """Open the dialog, call `done` if the user accepts, then delete the dialog."""
        self.accepted.connect(done)
        self.finished.connect(lambda _: self.deleteLater())
        self.open()

    def proceed(self) -> None:
        """The accept button was pressed."""
        self.accept()

    def add_choice(self, title: str, *choices: QRadioButton) -> None:
        """Add a row for each of several exclusive choices."""
        group = QButtonGroup(self)
        for choice in choices:
            group.addButton(choice)
            self.form.addRow(title if choice is choices[0] else "", choice)


class PathLine(QWidget):
    """Text field for a path, with a button that calls `choose` for another."""

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
        except RuntimeError:  # unknown user, or a name still being typed
            return path

    def _ask(self) -> None:
        if chosen := self._choose(self):
            self.line.setText(chosen)


def choose_folder(line: PathLine) -> str:
    """Folder dialog for a path field; empty if it is cancelled."""
    return QFileDialog.getExistingDirectory(line, line.line.accessibleName(), line.line.text())
