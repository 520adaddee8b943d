"""Timers and threads of Qt that a test has left running."""

import gc

from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QThread, QTimer


def running() -> list[QTimer | QThread]:
    """Timers of Qt that will fire, and threads of Qt that have not ended; not those that Qt itself keeps."""
    found = [each for each in gc.get_objects() if issubclass(type(each), (QTimer, QThread)) and not sip.isdeleted(each)]
    main = QCoreApplication.instance()
    return [
        each
        for each in found
        if (each.isActive() if isinstance(each, QTimer) else each.isRunning() and each is not (main and main.thread()))
    ]


def describe(left: QTimer | QThread) -> str:
    """Type, name and parent of a timer or thread."""
    parent = left.parent()
    return f"{type(left).__name__} {left.objectName()} of {type(parent).__name__ if parent else 'nobody'}"
