"""`python -m apps.bench.startup`: start of the editor, ended once its window is painted.

Prints that time, in seconds of the monotonic clock, and whether torch had been imported by then.
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
    """Canvas that ends the process once it is painted."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        QTimer.singleShot(0, _report)  # when the other widgets are painted too


def _report() -> None:
    print(time.monotonic(), "torch" in sys.modules, flush=True)
    os._exit(0)  # without waiting for threads


if __name__ == "__main__":
    setattr(window, "Canvas", ObservedCanvas)  # noqa: B010 (a type checker forbids plain assignment)
    main(["editor"])
