"""Sliders of the attributes, without a window."""

from hypothesis import given
from hypothesis import strategies as st

from apps.editor.model.edit_state import EditState
from apps.editor.model.sliders import LIMIT, sliders
from pipeline.core.attributes import attributes


@given(st.floats(-LIMIT, LIMIT))
def test_a_cursor_stands_where_it_was_put(position: float) -> None:
    (lips,) = [slider for slider in sliders() if slider.code == "Bp"]
    assert lips.position(EditState().with_strength(*lips.move(position, ""))) == position


def test_every_attribute_has_its_slider_and_only_what_is_available_its_target() -> None:
    assert [slider.code for slider in sliders()] == list(attributes())
    (hair, lips) = sliders({"Hc_1", "bald", "Bp_max"})
    assert [target.title for target in hair.targets] == ["blond", "bald"]
    assert not lips.two_sided
