"""Blending steps in the real window: what is switched or moved there is seen on the picture, and can be undone."""

import pytest
from pydantic.fields import FieldInfo
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apps.editor.features.blending import BlendingPanel, bounds
from apps.editor.widgets.number import POSITIONS, Number, Scale
from apps.editor.window import Window
from tests.apps.editor.interaction import WAIT

LEFT = Qt.MouseButton.LeftButton
SHARE = "toy_square.share"


@pytest.fixture
def panel(window: Window, qtbot: QtBot) -> BlendingPanel:
    """With an edit on screen, whose middle alone the toy steps let change."""
    panel = window.findChild(BlendingPanel)
    assert panel is not None
    window.add_dock("shown", "shown", panel)
    window.session.move("Bp_max", 1.0)
    blended(window, qtbot)
    return panel


def blended(window: Window, qtbot: QtBot) -> float:
    """Share of the picture that the edit on screen may change, once that is the newest."""
    session, done = window.session, []
    window.controller.submit(lambda _: None, done.append)
    document = session.current
    assert document is not None
    qtbot.waitUntil(
        lambda: bool(done and session.picture and session.picture.frame and session.prediction), timeout=WAIT
    )
    assert session.picture is not None and session.picture.frame is not None
    return float((session.picture.frame.support > 0).mean())


def test_a_step_is_switched_off_and_on_and_undone(window: Window, panel: BlendingPanel, qtbot: QtBot) -> None:
    session, document = window.session, window.session.current
    assert document is not None
    assert list(panel.steps) == ["toy_square", "toy_invert"]
    assert blended(window, qtbot) == 0.25
    panel.steps["toy_square"].click()
    assert document.edit_state.off == {"toy_square"}
    assert not panel.controls[SHARE].isEnabled()
    qtbot.waitUntil(lambda: blended(window, qtbot) == 1.0)
    assert document.undo.undoText() == "Toy square off"
    session.undo()
    assert panel.steps["toy_square"].isChecked() and panel.controls[SHARE].isEnabled()
    qtbot.waitUntil(lambda: blended(window, qtbot) == 0.25)


def test_a_margin_is_seen_while_it_is_dragged_and_the_drag_is_one_entry(
    window: Window, panel: BlendingPanel, qtbot: QtBot
) -> None:
    document, control = window.session.current, panel.controls[SHARE]
    assert document is not None and isinstance(control, Number) and control.slider is not None
    slider, entries = control.slider, document.undo.count()
    QTest.mousePress(slider, LEFT, pos=QPoint(slider.width() // 2, slider.height() // 2))
    QTest.mouseMove(slider, QPoint(slider.width() - 2, slider.height() // 2))
    QApplication.processEvents()
    qtbot.waitUntil(lambda: blended(window, qtbot) > 0.9, timeout=WAIT)  # and the mouse is still down
    assert slider.isSliderDown()
    QTest.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 2, slider.height() // 2))
    assert document.edit_state.settings == {SHARE: 1.0}
    assert control.number.value() == 1.0
    assert document.undo.count() == entries + 1
    QTest.mouseDClick(slider, LEFT, pos=QPoint(10, slider.height() // 2))
    assert document.edit_state.settings == {}  # as configured
    assert control.number.value() == 0.5


def test_the_rendering_before_blending_is_drawn_once(window: Window, panel: BlendingPanel, qtbot: QtBot) -> None:
    models, drawn = window.controller.context.models, []
    render = models.generator.render
    models.generator.render = lambda *args, **named: drawn.append(named) or render(*args, **named)  # type: ignore
    panel.steps["toy_invert"].click()
    blended(window, qtbot)
    assert drawn == []
    window.session.move("Bp_max", 0.5)
    qtbot.waitUntil(lambda: bool(drawn), timeout=WAIT)


def test_bounds_are_those_of_the_setting() -> None:
    from postprocess.steps.carry_over import Settings as CarryOver
    from postprocess.steps.segmentation import Settings as Segmentation

    assert bounds(Segmentation.model_fields["margin"]) == (0.0, 512.0)
    assert bounds(CarryOver.model_fields["tolerance"]) == (0.1, 10_000.0)
    assert bounds(FieldInfo(annotation=float)) is None


@pytest.mark.parametrize("ends", [(0.0, 1.0), (0.0, 512.0), (0.1, 10_000.0)])
def test_a_scale_reaches_both_ends_and_comes_back(ends: tuple[float, float]) -> None:
    scale = Scale(*ends)
    assert (scale.value(0), scale.value(POSITIONS)) == ends
    assert [scale.position(scale.value(position)) for position in range(20, 100)] == list(range(20, 100))
