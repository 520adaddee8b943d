"""Attributes and counterfactuals: what was asked for changes, clearly, and nothing that it should not touch."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.attributes import attributes
from pipeline.core.challenge import CLASSES, OFFICIAL_NAMES, parse_name
from pipeline.world.attributes import counterfactual, values
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import render
from tests.support.attribute_table import ENTRY, written_table

IDENTIFIERS = [identifier for attribute in attributes().values() for identifier in attribute.identifiers]


@pytest.fixture(scope="module")
def people() -> Parameters:
    p = Parameters.from_z(sample_z(8, HELD_OUT_SEED + 5))
    return p.with_values(bald=0.0, glasses=0.0, beard=0.0, female=0.0, tone=0.5)


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_a_counterfactual_has_the_value_and_keeps_the_others(people: Parameters, identifier: str) -> None:
    code, _, value = identifier.partition("_")
    before, after = values(people), values(counterfactual(people, identifier))
    if value in ("min", "max"):
        assert np.allclose(after[code], 0.9 if value == "max" else -0.9)
    elif (code, value) != ("Bd", "1") or people.female.max() == 0:
        assert (after[code] == int(value)).all()
    for other in before:
        if other != code and not (code == "Se" and other == "Bd"):
            assert np.array_equal(before[other], after[other]), other


@pytest.mark.parametrize(
    ("low", "high", "rows"),
    [
        ("N_min", "N_max", (0.30, 0.62)),
        ("Be_min", "Be_max", (0.42, 0.66)),
        ("Pn_min", "Pn_max", (0.25, 0.75)),
        ("Bn_min", "Bn_max", (0.25, 0.75)),
        ("Bp_min", "Bp_max", (0.55, 0.90)),
        ("D_0", "D_1", (0.80, 1.0)),
        ("B_0", "B_1", (0.0, 0.55)),
        ("Gl_0", "Gl_1", (0.3, 0.65)),
    ],
)
def test_a_local_change_is_clear_and_stays_in_its_rows(
    people: Parameters, low: str, high: str, rows: tuple[float, float]
) -> None:
    a, b = (render(counterfactual(people, name), 128).rgb.astype(int) for name in (low, high))
    change = np.abs(a - b).max(-1)
    top, bottom = round(rows[0] * 128), round(rows[1] * 128)
    outside = np.concatenate([change[:, :top], change[:, bottom:]], 1)
    assert not (outside > 3).any()
    assert (change[:, top:bottom] > 12).sum((1, 2)).min() >= 12


@pytest.mark.parametrize("identifier", ["Sk_2", "A_2", "Se_1", "Hc_1", "Hs_1", "Ch_max", "bald"])
def test_no_person_changes_the_backdrop_far_from_them(people: Parameters, identifier: str) -> None:
    a, b = render(people, 128).rgb.astype(int), render(counterfactual(people, identifier), 128).rgb.astype(int)
    assert not (np.abs(a - b)[:, :64, :8] > 0).any()


@pytest.mark.parametrize(
    ("name", "steps", "measure"),
    [
        ("lip_size", np.linspace(-1, 1, 5), lambda r: np.isin(r.labels, (12, 13)).sum((1, 2))),
        ("eye_narrow", np.linspace(1, -1, 5), lambda r: np.isin(r.labels, (4, 5)).sum((1, 2))),
        ("nose_width", np.linspace(-1, 1, 5), lambda r: (r.labels == 10).sum((1, 2))),
        ("cheeks", np.linspace(-1, 1, 5), lambda r: (r.labels == 1).sum((1, 2))),
        ("tone", np.linspace(1, 0, 5), lambda r: r.rgb[:, 70:76, 50:78].mean((1, 2, 3))),
        ("blond", np.linspace(0, 1, 5), lambda r: r.rgb[:, 12:18, 58:70].mean((1, 2, 3))),
    ],
)
def test_monotone_attributes_are_monotone(people: Parameters, name: str, steps: np.ndarray, measure: object) -> None:
    assert callable(measure)
    p = people.with_values(grey=0.0, bangs=0.0)
    seen = np.stack([measure(render(p.with_values(**{name: float(step)}), 128)) for step in steps])
    assert (np.diff(seen, axis=0) >= 0).all()
    assert (seen[-1] > seen[0]).all()


def test_counterfactuals_make_the_72_challenge_inputs(people: Parameters) -> None:
    for name in OFFICIAL_NAMES:
        asked, got = parse_name(name), people[:1]
        wanted = [code for code in CLASSES if asked[code] < CLASSES[code]]
        for code in wanted:
            got = counterfactual(got, f"{code}_{asked[code]}")
        found = values(got)
        assert {code: found[code][0] for code in wanted} == {code: asked[code] for code in wanted}, name


def test_a_new_attribute_of_one_parameter_has_true_values(tmp_path: Path, people: Parameters) -> None:
    numbers = {"0": -1.0, "1": 0.0, "2": 1.5}
    classes = {value: {"title": value, "parameters": {"jaw": number}} for value, number in numbers.items()}
    entry = {**{key: value for key, value in ENTRY.items() if key != "cursor"}, "classes": classes}
    unknown = {**entry, "classes": {value: {"title": value, "parameters": {}} for value in numbers}}
    with written_table(tmp_path, {"Xy": entry, "Xz": ENTRY, "Zz": unknown}):
        found = values(people.with_values(jaw=np.float32(0.74)))
        assert (found["Xy"] == 1).all()
        assert np.allclose(found["Xz"], 0.74)
        assert "Zz" not in found
        assert (values(counterfactual(people, "Xy_2"))["Xy"] == 2).all()
