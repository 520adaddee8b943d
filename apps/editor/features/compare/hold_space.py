"""Callback while the space bar is held down, unless the focused widget handles the key."""

from collections.abc import Callable

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QWidget


class HoldSpace(QObject):
    """Calls `held` with True when space is pressed, with False when it is released or the window deactivated."""

    def __init__(self, window: QWidget, held: Callable[[bool], None]) -> None:
        super().__init__(window)
        self._held, self._down = held, False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is None:
            return False
        if isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Space:
            kinds = {QEvent.Type.KeyPress: True, QEvent.Type.KeyRelease: False}
            if event.type() in kinds and not event.modifiers():
                if not event.isAutoRepeat():
                    self._set(kinds[event.type()])
                return True
        elif event.type() == QEvent.Type.WindowDeactivate:
            self._set(False)
        return False

    def _set(self, down: bool) -> None:
        if down is not self._down:
            self._down = down
            self._held(down)
