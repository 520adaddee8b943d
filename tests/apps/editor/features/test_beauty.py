"""Retouching in the real window: on all of the face, live, one entry a drag, in projects and in photos."""

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QColor
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apps.editor.features.beauty import BeautyPanel
from apps.editor.model.edit_state import EditState
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.core.types import Image
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, add
from tests.support.labelled_scene import labels
from tests.support.toy_models import ToyModels

LEFT = Qt.MouseButton.LeftButton
FACE = np.isin(labels(64), (1, 2, 3, 4, 5, 10, 11, 12, 13))


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot) -> Window:
    """On toy models whose parser sees the same face in every picture, and counts how often it looks."""
    models: Any = ToyModels()
    models.looked = []

    def sees(images: Any) -> np.ndarray:
        models.looked.append(len(images))
        size = images[0].shape[1::-1]
        return np.stack([cv2.resize(labels(64), size, interpolation=cv2.INTER_NEAREST) for _ in images])

    models.parser = SimpleNamespace(labels=sees)
    window = make_window(models)
    add(window)
    return window


@pytest.fixture
def panel(window: Window) -> BeautyPanel:
    panel = window.findChild(BeautyPanel)
    assert panel is not None
    window.add_dock("shown", "shown", panel)
    return panel


def changed(window: Window, qtbot: QtBot) -> np.ndarray:
    """Where the newest picture in full differs from the portrait."""
    session, done = window.session, []
    window.controller.submit(lambda _: None, done.append)
    qtbot.waitUntil(lambda: bool(done and session.picture and session.picture.settled), timeout=WAIT)
    assert session.picture is not None and session.current is not None
    return np.asarray((session.picture.image != session.current.image).any(axis=2))


def differs(window: Window, qtbot: QtBot, image: Image) -> bool:
    """Whether the newest picture in full is another one."""
    changed(window, qtbot)
    picture = window.session.picture
    return picture is not None and bool((picture.image != image).any())


def test_a_face_without_an_edit_is_retouched_live_and_the_drag_is_one_entry(
    window: Window, panel: BeautyPanel, qtbot: QtBot
) -> None:
    document = window.session.current
    assert document is not None
    slider, entries = panel.sliders["enhance"].slider, document.undo.count()
    assert slider is not None
    QTest.mousePress(slider, LEFT, pos=QPoint(slider.width() // 4, slider.height() // 2))
    QTest.mouseMove(slider, QPoint(slider.width() - 2, slider.height() // 2))
    QApplication.processEvents()
    qtbot.waitUntil(lambda: changed(window, qtbot).any(), timeout=WAIT)  # and the mouse is still down
    assert slider.isSliderDown()
    QTest.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 2, slider.height() // 2))
    assert document.edit_state.effects == {"beauty.enhance": 1.0}
    assert document.undo.count() == entries + 1
    qtbot.waitUntil(lambda: changed(window, qtbot).any(), timeout=WAIT)
    assert not changed(window, qtbot)[~FACE].any()
    window.session.undo()
    assert panel.sliders["enhance"].number.value() == 0.0
    qtbot.waitUntil(lambda: not changed(window, qtbot).any(), timeout=WAIT)


def test_support_covers_what_is_retouched_so_that_it_comes_into_the_photo(
    window: Window, panel: BeautyPanel, qtbot: QtBot
) -> None:
    panel.sliders["enhance"].number.setValue(1.0)
    qtbot.waitUntil(lambda: changed(window, qtbot).any(), timeout=WAIT)
    picture = window.session.picture
    assert picture is not None and picture.frame is not None
    assert (picture.frame.support[changed(window, qtbot)] == 1).all()
    assert picture.frame.support.min() == 0


def test_an_edit_is_retouched_after_its_blending_which_is_not_done_again(
    window: Window, panel: BeautyPanel, qtbot: QtBot
) -> None:
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: changed(window, qtbot).any(), timeout=WAIT)
    plain_text = window.session.picture
    assert plain_text is not None
    drawn = window.controller.renderer._blended
    panel.sliders["enhance"].number.setValue(1.0)
    qtbot.waitUntil(lambda: differs(window, qtbot, plain_text.image), timeout=WAIT)
    picture = window.session.picture
    assert picture is not None
    assert not (picture.image != plain_text.image).any(axis=2)[~FACE].any()
    assert window.controller.renderer._blended is drawn
    models: Any = window.controller.context.models
    looked = len(models.looked)
    panel.sliders["smooth"].number.setValue(0.5)
    qtbot.waitUntil(lambda: differs(window, qtbot, picture.image), timeout=WAIT)
    assert len(models.looked) == looked, "the same blended picture is parsed once"


def test_a_chosen_colour_comes_with_a_strength(window: Window, panel: BeautyPanel) -> None:
    document = window.session.current
    assert document is not None
    panel.set_colour("lip_colour", QColor("#c02040"))
    assert document.edit_state.effects == {"beauty.lip_colour": "#c02040", "beauty.lips": 0.6}
    panel.sliders["lips"].number.setValue(0.8)
    panel.set_colour("lip_colour", QColor("#a01030"))
    assert document.edit_state.effects == {"beauty.lip_colour": "#a01030", "beauty.lips": 0.8}
    window.session.reset()
    assert document.edit_state.effects == {}


def test_recipes_keep_it_and_older_ones_have_none() -> None:
    edit_state = EditState().with_effect("beauty.smooth", 0.4)
    assert EditState.from_dict(edit_state.to_dict()) == edit_state
    assert edit_state.with_effect("beauty.smooth", None) == EditState()
    assert EditState.from_dict({"strengths": {}, "off": [], "settings": {}}) == EditState()
    with pytest.raises(BadInput):
        EditState.from_dict({"strengths": {}, "off": [], "settings": {}, "finish": 3})
