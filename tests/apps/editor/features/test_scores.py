"""What is said beside the picture, against what the toy nets say."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from apps.editor.features.scores import ScoresPanel, changes
from apps.editor.window import Window
from pipeline.core.attributes import attributes
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, add
from tests.support.toy_models import ToyModels


def words(panel: ScoresPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel)]


def test_likeness_and_changes_follow_the_picture(window: Window, qtbot: QtBot) -> None:
    session, panel = window.session, window.findChild(ScoresPanel)
    assert panel is not None and session.current is not None
    assert (panel.similarity, panel.intended, panel.side_effects) == (None, [], [])
    session.move("Bp_max", 2.0)
    qtbot.waitUntil(lambda: panel.similarity is not None, timeout=WAIT)
    assert session.picture is not None and session.picture.frame is not None
    original, picture = session.current.image, session.picture.image
    vectors = window.controller.context.models.identity.embed([original, picture])
    assert panel.similarity == pytest.approx(float(vectors[0] @ vectors[1]))
    (asked,) = panel.intended
    assert asked.code == "Bp"
    read = (float(picture.mean()) - float(original.mean())) / 127.5
    assert asked.text == f"{read:+.2f}" and asked.amount == pytest.approx(abs(read) / 2)
    others = {change.code for change in panel.side_effects}
    cursors = {code for code, attribute in attributes().items() if attribute.kind == "cursor"} - {"Bp"}
    assert others >= cursors if abs(read) >= 0.1 else not others & cursors
    assert "Same person" in words(panel) and "Asked for" in words(panel)
    session.undo()
    qtbot.waitUntil(lambda: panel.similarity is None, timeout=WAIT)
    assert "Asked for" not in words(panel)


def test_bars_are_there_without_an_identity_net(make_window: MakeWindow, qtbot: QtBot) -> None:
    from pipeline.core.errors import MissingWeights

    class Without:
        def __getattr__(self, name: str) -> Any:
            if name == "identity":
                raise MissingWeights("There is no identity net.")
            return getattr(toys, name)

    toys = ToyModels()
    window = make_window(Without())
    add(window)
    panel = window.findChild(ScoresPanel)
    assert panel is not None
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(panel.intended), timeout=WAIT)
    assert panel.similarity is None and "Same person" not in words(panel)


@given(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), st.lists(st.floats(0.01, 1), min_size=4, max_size=4))
def test_a_change_of_class_is_the_distance_of_two_distributions(first: list[float], second: list[float]) -> None:
    before, after = (np.array(each, np.float32) / np.float32(sum(each)) for each in (first, second))
    (there,) = changes({"Hc": before}, {"Hc": after})
    (back,) = changes({"Hc": after}, {"Hc": before})
    assert 0 <= there.amount <= 1 and there.amount == pytest.approx(back.amount)
    (none,) = changes({"Hc": before}, {"Hc": before})
    assert none.amount == 0


def test_the_largest_change_comes_first_and_says_from_what_to_what() -> None:
    before = {"Hc": np.array([0.9, 0.1, 0, 0], np.float32), "Bp": np.float32(0.25)}
    after = {"Hc": np.array([0.1, 0.9, 0, 0], np.float32), "Bp": np.float32(0.5)}
    assert [(change.code, change.text) for change in changes(before, after)] == [
        ("Hc", "black → blond"),
        ("Bp", "+0.25"),
    ]
