"""`python -m apps.bench.startup`: starts the editor as its command does, and ends when its window is on screen.

Prints when that was, in seconds of the machine's monotonic clock, and whether torch had been imported by then.
"""

import os
import sys
import time

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QPaintEvent

from apps.cli import main
from apps.editor import window
from apps.editor.widgets.canvas import Canvas


class ObservedCanvas(Canvas):
    """The middle of the window."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, _report)  # when the other widgets are painted too


def _report() -> None:
    print(time.monotonic(), "torch" in sys.modules, flush=True)
    os._exit(0)  # what threads have begun need not be waited for


if __name__ == "__main__":
    setattr(window, "Canvas", ObservedCanvas)  # noqa: B010 (the window's name for it)
    main(["editor"])
