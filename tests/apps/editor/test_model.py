"""Recipes, sliders, tempo and mailbox, without a window."""

import threading

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.editor.model.edit_state import EditState
from apps.editor.model.sliders import LIMIT, edit_of, reading_text, sliders
from apps.editor.threads.mailbox import Mailbox
from pipeline.core.attributes import attributes
from pipeline.edit.preview_level import ALLOWED, REST, Level, PreviewLevels
from tests.support.toy_models import ToyModels

IDENTIFIERS = [target.identifier for slider in sliders() for target in slider.targets]


@given(st.lists(st.tuples(st.sampled_from(IDENTIFIERS), st.floats(0, LIMIT))))
def test_a_recipe_has_one_target_of_each_attribute_and_no_zeros(moves: list[tuple[str, float]]) -> None:
    recipe = EditState()
    for identifier, strength in moves:
        recipe = recipe.moved(identifier, strength)
        assert recipe.strength(identifier) == strength
    assert 0 not in recipe.strengths.values()
    for slider in sliders():
        assert sum(target.identifier in recipe.strengths for target in slider.targets) <= 1


@given(st.floats(-LIMIT, LIMIT))
def test_a_cursor_stands_where_it_was_put(position: float) -> None:
    (lips,) = [slider for slider in sliders() if slider.code == "Bp"]
    assert lips.position(EditState().moved(*lips.move(position, ""))) == position


def test_every_attribute_has_its_slider_and_only_what_is_available_its_target() -> None:
    assert [slider.code for slider in sliders()] == list(attributes())
    (hair, lips) = sliders({"Hc_1", "bald", "Bp_max"})
    assert [target.title for target in hair.targets] == ["blond", "bald"]
    assert not lips.two_sided


def test_the_recipe_moves_the_generator_under_the_names_that_steps_know() -> None:
    translations = {"Bp_max": ToyModels().translations["Bp_max"], "Hc_1": ToyModels().translations["Hc_1_fr_0"]}
    edit = edit_of(EditState({"Hc_1": 0.5, "Bp_max": 2.0, "Sm_1": 1.0}), translations)
    assert [(move.name, strength) for move, strength in edit.moves] == [("Bp_max", 2.0), ("Hc_1", 0.5)]
    expected = translations["Bp_max"].displacement(2.0) + translations["Hc_1"].displacement(0.5)
    assert np.array_equal(edit.displacement(), expected)


def test_readings_speak_the_predictors_language() -> None:
    assert reading_text("Hc", np.array([0.93, 0.04, 0.01, 0.01, 0.01])) == "black 0.93"
    assert reading_text("Bp", np.float32(-0.314)) == "-0.31"


def test_the_tempo_settles_on_the_finest_level_that_keeps_up() -> None:
    tempo = PreviewLevels((16, 32, 64, 128, 256))
    costs = {level: 0.001 * 2**place for place, level in enumerate(tempo.levels)}
    for _ in range(20):
        tempo.note(tempo.level, costs[tempo.level])
    fine = tempo.level
    assert ALLOWED / 4 < costs[fine] <= ALLOWED
    tempo.note(fine, 0.5)
    assert tempo.levels.index(tempo.level) == tempo.levels.index(fine) - 1
    for _ in range(REST - 1):
        tempo.note(tempo.level, costs[tempo.level])
        assert tempo.level != fine
    tempo.fixed = Level(1.0, 256)
    assert tempo.level == Level(1.0, 256)


def test_one_quick_preview_is_no_reason_for_a_finer_level() -> None:
    tempo = PreviewLevels((16, 32, 64, 128, 256))
    tempo.note(tempo.level, 0.9 * ALLOWED)
    tempo.note(tempo.level, 0.1 * ALLOWED)
    assert tempo.level == tempo.levels[0]
    for _ in range(3):
        tempo.note(tempo.level, 0.1 * ALLOWED)
    assert tempo.level != tempo.levels[0]


def test_a_preview_at_another_level_says_nothing_about_this_one() -> None:
    tempo = PreviewLevels((16, 32, 64, 128, 256))
    tempo.note(tempo.level, 0.1 * ALLOWED)
    assert tempo.level == tempo.levels[1]
    tempo.note(tempo.levels[-1], 10.0)  # begun before the level was set by hand or found
    assert tempo.level == tempo.levels[1]


def test_a_generator_that_is_not_elastic_is_never_narrowed() -> None:
    tempo = PreviewLevels((4, 8, 16, 32, 64, 128, 256, 512, 1024), elastic=False)
    assert {level.ratio for level in tempo.levels} == {1.0}
    assert (tempo.levels[0].resolution, tempo.levels[-1].resolution) == (32, 1024)
    tempo.note(tempo.level, 10.0)
    assert tempo.level == tempo.levels[0]  # there is nothing coarser
    for _ in range(20):
        tempo.note(tempo.level, 0.001)
    assert tempo.level == tempo.levels[-1]


def test_of_requests_the_newest_is_taken_and_errands_all() -> None:
    mailbox = Mailbox[str]()
    assert not mailbox.waiting
    for text in ("old", "newer", "newest"):
        mailbox.put(text)
    mailbox.add("errand 1")
    mailbox.add("errand 2")
    assert mailbox.overtaken
    assert [mailbox.take() for _ in range(3)] == ["errand 1", "errand 2", "newest"]
    assert not mailbox.waiting
    mailbox.add("errand 3")
    assert mailbox.waiting and not mailbox.overtaken  # it need not cost the request that is under way


def test_a_closed_mailbox_lets_its_taker_go() -> None:
    mailbox = Mailbox[str]()
    taken: list[str | None] = []
    taker = threading.Thread(target=lambda: taken.append(mailbox.take()))
    taker.start()
    mailbox.close()
    taker.join(10)
    assert taken == [None]
