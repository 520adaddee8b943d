"""Unhandled exceptions: a dialog with details to report, where PyQt6 would abort the process."""

import platform
import sys
import threading
import traceback
from types import TracebackType

from PyQt6.QtCore import PYQT_VERSION_STR, QT_VERSION_STR, QObject, Qt, pyqtSignal
from PyQt6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget

from pipeline.core.errors import FaceEditError


def details(error: BaseException) -> str:
    """Versions and traceback for a report."""
    from pipeline.core.version import package_version

    system = f"{platform.platform()}, Python {platform.python_version()}, Qt {QT_VERSION_STR}, PyQt {PYQT_VERSION_STR}"
    return f"face-edit {package_version()}\n{system}\n\n{''.join(traceback.format_exception(error))}"


class CrashDialog(QMessageBox):
    """Dialog with the message of an error; for a defect also details to copy."""

    def __init__(self, error: BaseException, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setIcon(QMessageBox.Icon.Warning)
        self.setWindowTitle(self.tr("Something went wrong"))
        self.copy_button: QPushButton | None = None
        if isinstance(error, FaceEditError):
            self.setText(str(error))
            self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.addButton(QMessageBox.StandardButton.Ok)
            return
        self.text_to_copy = details(error)
        self.setText(self.tr("Something went wrong that should not. Your edits are still there."))
        self.setInformativeText(f"{type(error).__name__}: {error}")
        self.setDetailedText(self.text_to_copy)
        self.copy_button = self.addButton(self.tr("Copy details"), QMessageBox.ButtonRole.ActionRole)
        if self.copy_button is not None:
            self.copy_button.clicked.disconnect()  # copying does not close the dialog
            self.copy_button.clicked.connect(self._copy)
        self.addButton(QMessageBox.StandardButton.Close)

    def _copy(self) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(self.text_to_copy)


class ExceptionHook(QObject):
    """Passes unhandled exceptions of slots and threads to the GUI thread, which shows one dialog at a time."""

    raised = pyqtSignal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.dialog: CrashDialog | None = None
        self.raised.connect(self.show)

    def install(self) -> None:
        """Install the hooks for this process and its threads."""
        sys.excepthook = self._except
        threading.excepthook = lambda raised: self._except(raised.exc_type, raised.exc_value, raised.exc_traceback)

    def show(self, error: BaseException) -> None:
        """Open the dialog, unless one is open."""
        if self.dialog is None:
            self.dialog = CrashDialog(error, QApplication.activeWindow())
            self.dialog.finished.connect(self._closed)
            self.dialog.open()

    def _closed(self) -> None:
        self.dialog = None

    def _except(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if error is None or issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        traceback.print_exception(kind, error, trace)
        self.raised.emit(error)
