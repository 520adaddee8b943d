"""The table of attributes: what its entries mean, what a wrong one is told, and the names of translations."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from pipeline.core import attributes as table
from pipeline.core.attributes import attributes, canonical, groups, head_slices, parse, visible
from pipeline.core.errors import BadConfig, BadInput
from tests.support.attribute_table import ENTRY, written_table


def test_outputs_are_contiguous_classes_first() -> None:
    slices = list(head_slices().values())
    assert slices[0].start == 0
    assert slices[-1].stop == 31
    assert all(a.stop == b.start for a, b in pairwise(slices))
    kinds = [attribute.kind for attribute in attributes().values()]
    assert kinds == sorted(kinds)
    assert sum(len(members) for members in groups().values()) == len(attributes())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Bp_max_fr_1", "cursor, call it Bp_max"),
        ("hc_1", "did you mean Hc"),
        ("Bp_mx", "did you mean max"),
        ("Zz_1", "known are Sk, A"),
        ("A_3", "known are 0, 1, 2"),
        ("Hs_2", "known are 0, 1"),
        ("A_0_fr_7", "starts from an unknown value '7'"),
        ("A_0_fr_0", "has the same start and target"),
        ("A", "not a translation name"),
        ("A_0_fr_1_fr_2", "not a translation name"),
    ],
)
def test_parse_says_what_is_wrong(name: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        parse(name)


def test_parse() -> None:
    assert parse("bald") == parse("Hc_4") == table.TranslationName("Hc", "4")
    assert parse("Hs_0_fr_2") == table.TranslationName("Hs", "0", "2")
    assert str(parse("Hs_0_fr_2")) == "Hs_0_fr_2"


def test_canonical_values() -> None:
    assert canonical("Bp_max") == {"lip_size": 0.9}
    assert canonical("bald") == {"bald": 1.0}
    assert canonical("Hc_1_fr_0") == canonical("Hc_1")
    assert canonical("Hs_1_fr_2") == {"curl": 1.0, "bald": 0.0}


def test_canonical_parameters_are_those_of_people_within_what_is_drawn() -> None:
    from pipeline.world.person import draw

    people = [draw(seed) for seed in range(1000)]
    for attribute in attributes().values():
        for value in attribute.values.values():
            for parameter, number in value.parameters.items():
                drawn = [getattr(person, parameter) for person in people]
                assert min(drawn) <= number <= max(drawn)


def test_what_hides_an_attribute() -> None:
    assert not visible("B_1", {"Hc": 4}) and visible("B_1", {"Hc": 3}) and visible("Hs_1_fr_2", {"Hc": 4})


def test_a_new_attribute_is_one_entry(tmp_path: Path) -> None:
    with written_table(tmp_path, {"Xy": ENTRY}):
        assert list(attributes())[-1] == "Xy"
        assert table.translation_names()[-2:] == ("Xy_min", "Xy_max")
        assert canonical("Xy_max") == {"weight": 0.9}
        assert head_slices()["Xy"] == slice(31, 32)
        assert attributes()["Xy"] in groups()["face shape"]
    assert "Xy" not in attributes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": None}, r"in Xy\.title"),
        ({"titel": "Ears"}, r"in Xy\.titel"),
        ({"domain": [{"elipse": [0, 0, 1, 1]}]}, r"in Xy\.domain\.0\.elipse"),
        ({"domain": [{"ellipse": [0, 0, 1]}]}, r"in Xy\.domain\.0\.ellipse"),
        ({"domain": "nearly all"}, r"in Xy\.domain"),
        ({"segmentation": {"part": ["hair"]}}, r"in Xy\.segmentation\.part"),
        ({"segmentation": {"grow": 3}}, r"in Xy\.segmentation: .*parts or all_but"),
        ({"segmentation": {"parts": ["hair"], "all_but": ["hat"]}}, r"in Xy\.segmentation: .*parts or all_but"),
        ({"segmentation": {"parts": ["hair"], "grow": -1}}, r"in Xy\.segmentation: .*at least 0"),
        ({"segmentation": {"parts": ["hair"], "past_edge": -1}}, r"in Xy\.segmentation: .*at least 0"),
        ({"classes": {0: {"title": "thin", "parameters": {}}}}, r"in Xy: .*either classes or a cursor"),
        ({"cursor": {"min": {"title": "small", "parameters": {}}}}, r"in Xy: .*min and max"),
        ({"cursor": {"min": {"title": "small"}}}, r"in Xy\.cursor\.min[:.].*parameters"),
    ],
)
def test_a_wrong_entry_is_told_with_its_key(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with written_table(tmp_path, {"Xy": {**ENTRY, **changes}}), pytest.raises(BadConfig, match=message):
        attributes()


@pytest.mark.parametrize("key", ["title", "group", "help", "domain", "segmentation", "cursor"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    entry = {name: value for name, value in ENTRY.items() if name != key}
    with written_table(tmp_path, {"Xy": entry}), pytest.raises(BadConfig, match=rf"in Xy[:.].*{key}"):
        attributes()
