"""The edit of a portrait as a value."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.editor.model.edit_state import EditState
from apps.editor.model.sliders import LIMIT, sliders
from pipeline.core.types import Translation
from pipeline.edit.search import Found
from tests.support.toy_models import ToyModels

IDENTIFIERS = [target.identifier for slider in sliders() for target in slider.targets]


@given(st.lists(st.tuples(st.sampled_from(IDENTIFIERS), st.floats(0, LIMIT))))
def test_an_edit_has_one_target_of_each_attribute_and_no_zeros(moves: list[tuple[str, float]]) -> None:
    edit_state = EditState()
    for identifier, strength in moves:
        edit_state = edit_state.with_strength(identifier, strength)
        assert edit_state.strength(identifier) == strength
    assert 0 not in edit_state.strengths.values()
    for slider in sliders():
        assert sum(target.identifier in edit_state.strengths for target in slider.targets) <= 1


def test_the_edit_moves_the_generator_under_the_names_that_steps_know() -> None:
    translations = {"Bp_max": ToyModels().translations["Bp_max"], "Hc_1": ToyModels().translations["Hc_1_fr_0"]}
    edit = EditState({"Hc_1": 0.5, "Bp_max": 2.0, "Sm_1": 1.0}).to_edit(translations)
    assert [(move.name, strength) for move, strength in edit.moves] == [("Bp_max", 2.0), ("Hc_1", 0.5)]
    expected = translations["Bp_max"].displacement(2.0) + translations["Hc_1"].displacement(0.5)
    assert np.array_equal(edit.displacement(), expected)


def found(strength: float) -> Found:
    known = ToyModels().translations["Bp_max"]
    path = np.concatenate([known.path, 3 * known.path])
    return Found(Translation(known.name, known.space, path, strength), strength, "no strength reaches it")


@given(st.floats(0.01, LIMIT), st.floats(0.01, LIMIT))
def test_a_slider_moves_along_the_path_that_was_found_until_it_is_zero(reached: float, moved: float) -> None:
    translations, path = ToyModels().translations, found(reached)
    edit_state = EditState({"Hc_1": 0.5}).with_target("Bp_max", path)
    assert dict(edit_state.strengths) == {"Bp_max": reached, "Hc_1": 0.5}
    assert edit_state.as_found("Bp_max") is path and edit_state.as_found("Hc_1") is None
    dragged = edit_state.with_strength("Bp_max", moved)
    assert (dragged.as_found("Bp_max") is None) == (moved != reached)
    ours = dragged.to_edit({"Bp_max": translations["Bp_max"]}).displacement()
    assert np.array_equal(ours, path.move.displacement(moved))
    for other in (
        dragged.with_strength("Bp_max", 0).with_strength("Bp_max", moved),
        dragged.with_strength("Bp_min", 1).with_strength("Bp_max", moved),
        dragged.with_target("Bp_max", None).with_strength("Bp_max", moved),
        EditState.from_dict(dragged.to_dict()),
    ):
        assert not other.found
        calibrated = other.to_edit({"Bp_max": translations["Bp_max"]}).displacement()
        assert np.array_equal(calibrated, translations["Bp_max"].displacement(moved))


def test_a_target_as_asked_has_strength_1() -> None:
    assert dict(EditState().with_target("Bp_max", None).strengths) == {"Bp_max": 1.0}
