"""Mouse, wheel and menus of the window, and waiting for what comes of them; without a screen."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QAction, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDialog, QWidget

from apps.editor.model.session import Document, Stage
from apps.editor.window import Window
from pipeline.core.types import Image
from tests.support.toy_models import portrait_image

LEFT = Qt.MouseButton.LeftButton
WAIT = 600_000
"""Milliseconds that a busy machine may take to import what torch imports when it is first used."""
D = TypeVar("D", bound=QDialog)


def wait(condition: Callable[[], Any]) -> None:
    """Let the editor work until something is so."""
    end = time.monotonic() + WAIT / 1000
    while not condition():
        assert time.monotonic() < end, "this did not come true"
        QTest.qWait(10)


def settle(window: Window) -> None:
    """Wait for the newest picture in full, and its prediction."""
    session, renderer = window.session, window.controller.renderer
    wait(lambda: session.picture is not None and session.picture.stamp == renderer.newest and session.picture.settled)
    wait(lambda: session.prediction is not None)


def add(window: Window, seed: int = 1) -> Document:
    """Open a toy portrait and wait until it is on screen."""
    document = window.controller.add(f"portrait {seed}", portrait_image(seed))
    wait(lambda: document.stage is Stage.READY)
    if document is window.session.current:
        settle(window)
    return document


def current(window: Window) -> Document:
    """The document on the canvas."""
    assert window.session.current is not None
    return window.session.current


def edited(window: Window) -> Image:
    """Change the current portrait; the picture in full that comes of it."""
    window.session.move("Bp_max", 0.75)
    window.session.move("Hc_1", 0.5)
    settle(window)
    wait(lambda: window.session.picture is not None and window.session.picture.frame is not None)
    assert window.session.picture is not None
    return window.session.picture.image


def wait_for_message(window: Window, words: str) -> None:
    """Wait until the status line has these words."""
    status = window.statusBar()
    assert status is not None
    wait(lambda: words in status.currentMessage())


def drag_slider(window: Window, code: str, *shares: float) -> None:
    """Drag the slider of an attribute, at shares of its width."""
    drag(window.panel.rows[code].slider, *shares)


def action(window: Window, text: str) -> QAction:
    """The action of a menu that is called so."""
    (found,) = [one for one in window.findChildren(QAction) if one.text().replace("&", "").rstrip(" …") == text]
    return found


def choose(window: Window, text: str) -> None:
    """Choose something from a menu."""
    found = action(window, text)
    assert found.isEnabled(), text
    found.trigger()


def opened(kind: type[D]) -> D:
    """The dialog of a kind that is open, once it is."""

    def there() -> list[D]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()]

    wait(there)
    return there()[0]


def press(widget: QWidget, *shares: float) -> QPoint:
    """Press the mouse at the first share of a widget's width, and move it to the others; returns where it is."""
    QApplication.processEvents()  # what the layout has still to do would move the widget under the mouse

    def point(share: float) -> QPoint:
        return QPoint(round(share * widget.width()), widget.height() // 2)

    QTest.mousePress(widget, LEFT, pos=point(shares[0]))
    for share in shares[1:]:
        QTest.mouseMove(widget, point(share))
        QApplication.processEvents()
    return point(shares[-1])


def drag(widget: QWidget, *shares: float) -> None:
    """Press, move and release the mouse on a widget, at shares of its width."""
    QTest.mouseRelease(widget, LEFT, pos=press(widget, *shares))


def turn(widget: QWidget, clicks: int) -> None:
    """Turn the wheel in the middle of a widget, away from the user."""
    middle, none = QPointF(widget.rect().center()), Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        middle,
        QPointF(widget.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, 120 * clicks),
        Qt.MouseButton.NoButton,
        none,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
