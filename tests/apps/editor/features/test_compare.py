"""Before and after on the real window, looked at pixel by pixel."""

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apps.editor.features.compare import Compare
from apps.editor.features.compare.heat_map import FULL_SCALE, heat
from apps.editor.features.compare.views import Split
from apps.editor.widgets.colour_map import cividis
from apps.editor.window import Window

LEFT = Qt.MouseButton.LeftButton
BEFORE, AFTER = QColor(200, 30, 30), QColor(30, 30, 200)


def flat(colour: QColor) -> np.ndarray:
    return np.full((64, 64, 3), (colour.red(), colour.green(), colour.blue()), np.uint8)


@pytest.fixture
def compare(window: Window) -> Compare:
    """With a red picture before and a blue one after."""
    window.canvas.set_before(flat(BEFORE))
    window.canvas.set_after(flat(AFTER))
    compare = window.findChild(Compare)
    assert compare is not None
    return compare


def colour_at(window: Window, area: QRectF, x: float, y: float) -> QColor:
    """Colour on screen at shares of the picture that is shown in `area`."""
    frame = window.canvas.frame(area)
    place = QPointF(frame.x() + x * frame.width(), frame.y() + y * frame.height()).toPoint()
    found = window.canvas.grab().toImage().pixelColor(place)
    near = (
        colour for colour in (BEFORE, AFTER) if abs(colour.red() - found.red()) + abs(colour.blue() - found.blue()) < 6
    )
    return next(near, found)  # scaling rounds


def test_the_handle_parts_before_from_after_and_follows_the_mouse(window: Window, compare: Compare) -> None:
    canvas, whole = window.canvas, QRectF(window.canvas.rect())
    compare.split.trigger()
    assert [colour_at(window, whole, x, 0.25) for x in (0.4, 0.6)] == [BEFORE, AFTER]
    view = compare.split.data()
    assert isinstance(view, Split)
    frame, start = canvas.frame(whole), view.handle(canvas).center().toPoint()
    QTest.mousePress(canvas, LEFT, pos=start)
    QTest.mouseMove(canvas, QPoint(round(frame.left() + 0.8 * frame.width()), start.y()))
    QTest.mouseRelease(canvas, LEFT, pos=QPoint(round(frame.left() + 0.8 * frame.width()), start.y()))
    assert view.share == pytest.approx(0.8, abs=0.01)
    assert [colour_at(window, whole, x, 0.25) for x in (0.7, 0.9)] == [BEFORE, AFTER]
    assert canvas.frame(whole) == frame  # it did not pan


def test_the_handle_stays_in_sight_when_zoomed_and_moves_by_keys(
    window: Window, compare: Compare, qtbot: QtBot
) -> None:
    canvas = window.canvas
    compare.split.trigger()
    canvas.set_zoom(8.0, QPointF(canvas.rect().topLeft()))
    view = compare.split.data()
    assert QRectF(canvas.rect()).contains(view.handle(canvas).center())
    canvas.setFocus()
    before = view.handle(canvas).x1()
    qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert view.handle(canvas).x1() < before
    for _ in range(60):
        qtbot.keyClick(canvas, Qt.Key.Key_Left)
    assert view.share == 0


def test_side_by_side_zooms_and_pans_together(window: Window, compare: Compare) -> None:
    canvas = window.canvas
    compare.side_by_side.trigger()
    first, second = compare.side_by_side.data().areas(canvas)
    assert [colour_at(window, area, 0.5, 0.5) for area in (first, second)] == [BEFORE, AFTER]
    point = second.center() + QPointF(20, 30)  # the place under the pointer stays, in the picture it points at
    before = canvas.frame(second)
    canvas.set_zoom(3.0, point)
    after = canvas.frame(second)
    assert (point.x() - after.x()) / after.width() == pytest.approx((point.x() - before.x()) / before.width())
    QTest.mousePress(canvas, LEFT, pos=point.toPoint())
    QTest.mouseMove(canvas, point.toPoint() + QPoint(25, 10))
    QTest.mouseRelease(canvas, LEFT, pos=point.toPoint() + QPoint(25, 10))
    assert canvas.frame(second).topLeft() != after.topLeft()
    shift = second.topLeft() - first.topLeft()
    assert canvas.frame(first).translated(shift) == canvas.frame(second)


def test_the_original_shows_while_space_is_held(window: Window, compare: Compare) -> None:
    canvas, whole = window.canvas, QRectF(window.canvas.rect())
    assert colour_at(window, whole, 0.5, 0.5) == AFTER
    canvas.setFocus()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    assert colour_at(window, whole, 0.5, 0.5) == BEFORE
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert colour_at(window, whole, 0.5, 0.5) == AFTER
    QTest.mousePress(compare.button, LEFT)
    assert colour_at(window, whole, 0.5, 0.5) == BEFORE
    QTest.mouseRelease(compare.button, LEFT)
    assert colour_at(window, whole, 0.5, 0.5) == AFTER


def test_a_space_in_the_search_is_a_space(window: Window, compare: Compare, qtbot: QtBot) -> None:
    qtbot.keyClicks(window.panel.search, "grey hair")
    assert window.panel.search.text() == "grey hair"
    assert colour_at(window, QRectF(window.canvas.rect()), 0.5, 0.5) == AFTER


def test_the_heat_map_follows_the_picture(window: Window, qtbot: QtBot) -> None:
    compare, session = window.findChild(Compare), window.session
    assert compare is not None
    compare.difference.trigger()
    whole, none = QRectF(window.canvas.rect()), QColor(*cividis()[0].tolist())
    assert colour_at(window, whole, 0.5, 0.4) == none
    session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.frame))
    QApplication.processEvents()
    assert session.picture is not None and session.current is not None
    expected = heat(session.current.image, session.picture.image)
    shown = window.canvas.grab().toImage()
    frame = window.canvas.frame(whole)
    for x, y in ((30, 20), (40, 36), (20, 40)):
        point = QPointF(frame.x() + (x + 0.5) / 64 * frame.width(), frame.y() + (y + 0.5) / 64 * frame.height())
        assert shown.pixelColor(point.toPoint()) == QColor(*expected[y, x].tolist())
    compare.difference.trigger()
    assert compare.heat_map not in window.canvas.overlays


def test_heat_is_monotone_and_saturates() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    after = np.stack([grey, np.zeros_like(grey), np.zeros_like(grey)], axis=2)
    drawn = heat(np.zeros_like(after), after).astype(float) @ (0.299, 0.587, 0.114)
    assert (np.diff(drawn.ravel())[:FULL_SCALE] > -1).all()  # eight bits a channel round
    assert (np.diff(drawn.ravel()[:FULL_SCALE:8]) > 3).all()
    assert np.ptp(drawn.ravel()[FULL_SCALE:]) == 0
