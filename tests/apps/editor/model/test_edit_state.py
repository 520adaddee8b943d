"""The edit of a portrait as a value."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from apps.editor.model.edit_state import EditState
from apps.editor.model.sliders import LIMIT, sliders
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
