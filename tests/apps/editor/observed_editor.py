"""`python -m tests.apps.editor.observed_editor editor ...` is `face-edit editor ...`, and prints what is seen of it.

Each line is JSON: where widgets are on the screen, which one has the keys, and what the session holds.
"""

import json
import sys
from typing import Any

from PyQt6.QtCore import QPoint, QRect, QTimer
from PyQt6.QtWidgets import QApplication, QWidget

import apps.editor.app
from apps.cli import main
from apps.editor.window import Window

EVERY = 100
"""Milliseconds between two observations; a line is printed when anything changed."""


class ObservedApplication(QApplication):
    """The application with a timer that prints its state."""

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self._last = ""
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._print_changes)
        self._timer.start(EVERY)

    def _print_changes(self) -> None:
        text = json.dumps(seen())
        if text != self._last:
            self._last = text
            print(text, flush=True)


def seen() -> dict[str, Any]:
    """What a user could see, or touch, now."""
    windows = [each for each in QApplication.topLevelWidgets() if each.isVisible() and each.windowTitle()]
    main = next((each for each in windows if isinstance(each, Window)), None)
    focus, modal = QApplication.focusWidget(), QApplication.activeModalWidget()
    found: dict[str, Any] = {
        "windows": [each.windowTitle() for each in windows],
        "modal": modal.windowTitle() if modal else "",
        "focus": focus.accessibleName() or type(focus).__name__ if focus else "",
    }
    if main is not None:
        picture = main.session.picture
        found["search"] = place(main.panel.search)
        found["sliders"] = {code: place(row.slider) for code, row in main.panel.rows.items() if row.slider.isVisible()}
        found["values"] = {code: row.number.value() for code, row in main.panel.rows.items()}
        found["documents"] = [
            {
                "name": one.name,
                "stage": one.stage.value,
                "edit_state": one.edit_state.to_dict(),
                "clean": one.undo.isClean(),
            }
            for one in main.session.documents
        ]
        found["settled"] = bool(picture and picture.settled and picture.stamp == main.controller.renderer.newest)
        found["edited"] = bool(picture and picture.frame)
    return found


def place(widget: QWidget) -> list[int]:
    """Left, top, width and height on the screen of what is seen of a widget; nothing where it is scrolled away."""
    part = widget.visibleRegion().boundingRect()
    corner = widget.mapToGlobal(QPoint(0, 0))
    whole = QRect(corner, widget.size()) if part.size() == widget.size() else QRect()
    return [whole.x(), whole.y(), whole.width(), whole.height()]


if __name__ == "__main__":
    apps.editor.app.QApplication = ObservedApplication  # type: ignore[misc]
    sys.exit(main())
