"""Inputs of the challenge are what their names say."""

import numpy as np
import pytest

from pipeline.core.challenge import CLASSES, OFFICIAL_NAMES, parse_name
from pipeline.core.errors import BadInput
from pipeline.world.attributes import classes
from pipeline.world.challenge import draw_input, person_named


@pytest.mark.parametrize("name", OFFICIAL_NAMES)
def test_everybody_has_the_attributes_of_the_name(name: str) -> None:
    person = person_named(name)
    asked = {code: value for code, value in parse_name(name).items() if code in CLASSES and value < CLASSES[code]}
    assert {code: classes(person)[code] for code in asked} == asked
    assert person.beard == 0 or person.female == 0


def test_a_name_that_is_none_is_said() -> None:
    with pytest.raises(BadInput, match="not a challenge input"):
        draw_input("anna")


def test_a_name_gives_one_portrait_and_other_names_others() -> None:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    first, again, other = (draw_input(name, 64) for name in (OFFICIAL_NAMES[0], OFFICIAL_NAMES[0], OFFICIAL_NAMES[1]))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
