"""Masks over the picture of the real window, on nets whose answers are known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import sklearn.cluster  # noqa: F401 - slow to import, and not what is waited for
from PyQt6.QtCore import QPointF, QRectF
from PyQt6.QtGui import QColor
from pytestqt.qtbot import QtBot

from apps.editor import theme
from apps.editor.features.overlays import COVER, Overlays, layers
from apps.editor.features.overlays.layers import PARTS, Subject, contours
from apps.editor.model.edit_state import EditState
from apps.editor.widgets.colour_map import cividis
from apps.editor.window import Window
from pipeline.core.crop import Crop
from pipeline.core.errors import MissingWeights
from pipeline.core.types import Portrait
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, add, settle
from tests.support.toy_models import ToyModels

SKIN, HAIR = 1, 17


class Parser:
    """Hair above skin."""

    def labels(self, images: Any) -> np.ndarray:
        labels = np.full((len(images), *images[0].shape[:2]), SKIN, np.uint8)
        labels[:, :32] = HAIR
        return labels


class Depth:
    """The lower half is near."""

    def inverse_depth(self, images: Any) -> np.ndarray:
        return np.repeat(np.repeat([[[0.0], [5.0]]], 32, axis=1), 64, axis=2).astype(np.float32)[[0] * len(images)]


class Models(ToyModels):
    parser, depth = Parser(), Depth()


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot) -> Window:
    window = make_window(Models())
    add(window)
    return window


def choose(window: Window, qtbot: QtBot, name: str) -> Overlays:
    """Switch an overlay on and wait until it is there."""
    overlays = window.findChild(Overlays)
    assert overlays is not None
    overlays.actions[name].trigger()
    qtbot.waitUntil(lambda: overlays.layer is not None, timeout=WAIT)
    return overlays


def edit(window: Window, qtbot: QtBot) -> None:
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame), timeout=WAIT)


def colour_at(window: Window, x: float, y: float) -> QColor:
    frame = window.canvas.frame(QRectF(window.canvas.rect()))
    place = QPointF(frame.x() + x * frame.width(), frame.y() + y * frame.height()).toPoint()
    return window.canvas.grab().toImage().pixelColor(place)


def near(colour: QColor, other: Any, tolerance: int = 2) -> bool:
    return all(abs(a - b) <= tolerance for a, b in zip(colour.getRgb()[:3], other, strict=True))


def test_parts_of_the_face_have_their_colours(window: Window, qtbot: QtBot) -> None:
    bare = {y: colour_at(window, 0.3, y) for y in (0.2, 0.8)}
    overlays = choose(window, qtbot, "parsing")
    assert overlays.layer is not None and overlays.layer.parts == ("hair", "rest")
    for y, part in ((0.2, "hair"), (0.8, "rest")):
        mixed = [0.55 * over + 0.45 * under for over, under in zip(PARTS[part], bare[y].getRgb()[:3], strict=True)]
        assert near(colour_at(window, 0.3, y), mixed)
    overlays.actions["parsing"].trigger()
    assert colour_at(window, 0.3, 0.2) == bare[0.2]


def test_depth_shows_near_and_far_and_one_overlay_excludes_another(window: Window, qtbot: QtBot) -> None:
    choose(window, qtbot, "parsing")
    bare = window.canvas.before
    assert bare is not None
    overlays = choose(window, qtbot, "depth")
    assert not overlays.actions["parsing"].isChecked()
    portrait = bare.toImage()
    for y, level in ((0.2, 0), (0.8, 255)):
        under = portrait.pixelColor(round(0.3 * 64), round(y * 64)).getRgb()[:3]
        mixed = [0.8 * over + 0.2 * below for over, below in zip(cividis()[level], under, strict=True)]
        assert near(colour_at(window, 0.3, y), mixed, 3)
    assert overlays.layer is not None
    (line,) = [line for line in overlays.layer.contours if len(line) > 3]
    assert 0.5 <= line[:, 1].min() < 0.52  # the person is the nearer half


class Matte:
    """The right half is a person."""

    def share(self, image: Any) -> np.ndarray:
        return np.repeat(np.arange(64)[None] >= 32, 64, 0).astype(np.float32)


@pytest.mark.parametrize("photo", [False, True])
def test_in_a_photograph_the_person_is_outlined_as_the_matte_has_it(photo: bool) -> None:
    models: Any = Models()
    models.matte = Matte()
    crop = Crop(((0, 0), (0, 9), (9, 9), (9, 0)), 10, 10, 64) if photo else None
    portrait = Portrait("one", np.zeros((64, 64, 3), np.uint8), None, "toy-64", crop)
    context: Any = SimpleNamespace(models=models, settings=lambda _: {})
    (line,) = layers.depth(context, Subject(portrait, EditState(), None)).contours
    assert (line.min(0) > 0.49).tolist() == ([True, False] if photo else [False, True])


def test_the_domain_is_that_of_what_is_moved(window: Window, qtbot: QtBot) -> None:
    from postprocess.domains import domain_distance

    overlays = choose(window, qtbot, "domain")
    assert overlays.layer is not None and overlays.layer.opacity is None  # nothing is edited yet
    edit(window, qtbot)
    qtbot.waitUntil(lambda: overlays.layer is not None and overlays.layer.opacity is not None, timeout=WAIT)
    assert np.array_equal(overlays.layer.opacity == 0, domain_distance(("Bp",), 64, 64) == 0)


def test_what_the_edit_leaves_alone_is_covered_and_follows_the_blending(window: Window, qtbot: QtBot) -> None:
    edit(window, qtbot)
    overlays, session = choose(window, qtbot, "support"), window.session
    assert session.picture is not None and session.picture.frame is not None and overlays.layer is not None
    assert np.array_equal(overlays.layer.opacity, 1 - session.picture.frame.support)
    shown, ground = window.canvas.before, QColor(theme.colours().canvas).getRgb()[:3]
    assert shown is not None
    under = shown.toImage().pixelColor(6, 6).getRgb()[:3]
    mixed = [COVER * over + (1 - COVER) * below for over, below in zip(ground, under, strict=True)]
    assert near(colour_at(window, 0.1, 0.1), mixed)
    assert session.current is not None
    session.change(session.current.edit_state.with_step("toy_square", on=False), "off")
    qtbot.waitUntil(lambda: bool(overlays.layer is not None and not overlays.layer.opacity.any()), timeout=WAIT)


def test_without_its_net_an_overlay_is_one_sentence(window: Window, qtbot: QtBot) -> None:
    def labels(images: Any) -> np.ndarray:
        raise MissingWeights("There is no parser: run `face-edit models fetch faces`.")

    window.controller.context.models.parser = SimpleNamespace(labels=labels)  # type: ignore[assignment]
    overlays = window.findChild(Overlays)
    assert overlays is not None
    with qtbot.waitSignal(window.session.message, timeout=WAIT) as said:
        overlays.actions["parsing"].trigger()
    assert said.args == ["There is no parser: run `face-edit models fetch faces`."]
    assert not overlays.actions["parsing"].isChecked()
    settle(window)


def test_another_portrait_does_not_wear_the_mask_of_the_last(window: Window, qtbot: QtBot) -> None:
    overlays, second = choose(window, qtbot, "parsing"), add(window, seed=2)
    gone = []
    window.session.current_changed.connect(lambda _: gone.append(overlays.layer))
    window.session.open(second)
    assert gone == [None]
    qtbot.waitUntil(lambda: overlays.layer is not None, timeout=WAIT)


def test_contours_go_round_a_mask() -> None:
    region = np.zeros((10, 20), np.bool_)
    region[2:6, 4:14] = True
    (line,) = contours(region)
    assert (line.min(axis=0) == (4.5 / 20, 2.5 / 10)).all() and (line.max(axis=0) == (13.5 / 20, 5.5 / 10)).all()
