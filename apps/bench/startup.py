"""`python -m apps.bench.startup`: start of the editor, ended once its window is painted.

Prints that time, in seconds of the monotonic clock, and whether torch had been imported by then.
"""

import os
import sys
import time
from functools import partial

from PyQt6.QtCore import QTimer
from PyQt6.QtGui import QPaintEvent

from apps.cli import main
from apps.editor import window
from apps.editor.widgets.canvas import Canvas


class ObservedCanvas(Canvas):
    """Canvas that ends the process once it is painted."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        # Reported when the other widgets are painted too; by then the threads may have begun to import torch.
        QTimer.singleShot(0, partial(_report, "torch" in sys.modules))


def _report(torch: bool) -> None:
    print(time.monotonic(), torch, flush=True)
    os._exit(0)  # without waiting for threads


if __name__ == "__main__":
    setattr(window, "Canvas", ObservedCanvas)  # noqa: B010 (a type checker forbids plain assignment)
    main(["editor"])
