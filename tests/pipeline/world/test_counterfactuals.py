"""What the counterfactual of every attribute leaves as it is, on three people; `counterfactual_bench` has the table."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.core.attributes import attributes
from pipeline.world.person import draw
from tests.pipeline.world.counterfactual_bench import NAMES, measured

PEOPLE = (
    replace(draw(900_000_000), female=0.0, beard=1.0, glasses=1.0, smile=0.1),
    replace(draw(900_000_001), beard=0.0),
    replace(draw(900_000_004), age=0.2),
)
ANY = float("inf")
LIMITS = {
    "Sk": (0.3, 2.7, 9.9),
    "A": (0.05, 0.35, 2.1),
    "Se": (0.1, 0.7, 4.4),
    "B": (2.6, ANY, 11.5),
    "Hc": (2.5, ANY, 11.6),
    "D": (0.05, 0.05, 2.0),
    "Hs": (4.6, ANY, 20.5),
    "Sm": (0.05, 0.1, 0.15),
    "Gl": (0.05, 0.5, 0.8),
    "Bd": (0.3, 0.05, 0.05),
    "Be": (0.05, 0.05, 0.05),
    "N": (0.05, 0.05, 0.1),
    "Pn": (0.05, 0.08, 0.15),
    "Bp": (0.05, 0.05, 0.1),
    "Bn": (0.05, 0.05, 0.1),
    "Ch": (0.1, 0.15, 0.2),
}
"""Largest mean change of background, hair and clothes, of 255.

Skin throws its colour on what is beside it, a high collar lies on the throat, and stray hairs lie before the
background and the clothes.
"""
OWN = {"Sk": ("skin", 12.0), "Hc": ("hair", 5.0), "Sm": ("lips", 8.0), "Bp": ("lips", 2.0), "Bn": ("nose", 2.0)}
"""What changes most, and by how much at least."""


@pytest.fixture(scope="module")
def found() -> Mapping[str, list[dict[str, float]]]:
    return measured(PEOPLE, 128)


def test_there_is_a_limit_for_every_attribute() -> None:
    assert list(LIMITS) == list(attributes())


@pytest.mark.parametrize("name", NAMES)
def test_what_an_edit_is_not_about_stays(found: Mapping[str, list[dict[str, float]]], name: str) -> None:
    code = name.partition("_")[0]
    assert found[name], "nobody shows it"
    for row in found[name]:
        assert row["far"] <= (0.001 if code in ("B", "Hc", "Hs") else 0)  # a single stray hair
        for part, limit in zip(("background", "hair", "clothes"), LIMITS[code], strict=True):
            assert row.get(part, 0) <= limit, part
        if code in OWN:
            part, least = OWN[code]
            assert row.get(part, least) >= least, part
