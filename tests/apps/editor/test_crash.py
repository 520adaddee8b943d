"""The dialog of a defect."""

from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apps.editor.crash import CrashDialog, ExceptionHook


def test_a_defect_opens_a_dialog_with_details_to_copy(qtbot: QtBot) -> None:
    hook = ExceptionHook()
    try:
        raise ZeroDivisionError("by nothing")
    except ZeroDivisionError as error:
        hook.show(error)
        hook.show(error)  # one dialog is enough
    dialog = hook.dialog
    assert isinstance(dialog, CrashDialog) and dialog.copy_button is not None
    qtbot.addWidget(dialog)
    dialog.copy_button.click()
    clipboard = QApplication.clipboard()
    assert clipboard is not None and "ZeroDivisionError: by nothing" in clipboard.text()
    assert dialog.isVisible()
    dialog.close()
    qtbot.waitUntil(lambda: hook.dialog is None)
