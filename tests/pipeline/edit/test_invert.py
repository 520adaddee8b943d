"""Settings of an inversion for the edits that are asked for."""

from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.config import load_config
from pipeline.edit.invert import needed
from pipeline.edit.requests import EditRequest

EMBEDDED = SimpleNamespace(embedded=True)
MODELS: Any = SimpleNamespace(motions={"Bp_max": object()}, beard=None, ageing=None, coarse=True, set=EMBEDDED)
CROP: Any = object()


def steps(*requests: EditRequest, crop: Any = CROP, models: Any = MODELS, **sets: object) -> int | None:
    config = load_config(None, [f"{name.replace('__', '.')}={value}" for name, value in sets.items()])
    return needed(requests, crop, models, config).tuning.steps


def test_a_photograph_whose_own_pixels_make_all_edits_needs_no_tuning() -> None:
    assert steps(EditRequest("Bp_max"), EditRequest("Hc_1", None)) == 0
    assert steps(EditRequest("Bp_max"), projection__tuning__steps=7) == 7


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [EditRequest("Bp_max"), EditRequest("Be_max")],
        [EditRequest("Bp_max", others=(EditRequest("Be_max"),))],
        [EditRequest("Hc_1", -0.5)],
    ],
)
def test_what_the_generator_draws_needs_one(requests: list[EditRequest]) -> None:
    assert steps(*requests) is None


def test_a_set_whose_strengths_are_searched_needs_one() -> None:
    trained = SimpleNamespace(**{**vars(MODELS), "set": SimpleNamespace(embedded=False)})
    assert steps(EditRequest("Bp_max"), models=trained) is None


def test_crops_and_pictures_of_the_generator_need_one() -> None:
    assert steps(EditRequest("Bp_max"), crop=None) is None
    assert steps(EditRequest("Bp_max"), steps__carry_over__motion=0) is None
