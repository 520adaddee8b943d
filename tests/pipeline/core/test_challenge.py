"""Names of the challenge and the table of attributes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import attributes as table
from pipeline.core.attributes import attributes, canonical, groups, head_slices, parse
from pipeline.core.challenge import (
    CLASSES,
    CODES,
    CURSORS,
    NAME_VALUES,
    OFFICIAL_NAMES,
    code_of,
    expected_identifiers,
    parse_name,
)
from pipeline.core.errors import BadInput

names = st.tuples(*(st.integers(0, NAME_VALUES[code] - 1) for code in CODES)).map(lambda v: "_".join(map(str, v)))


def test_official_set() -> None:
    assert len(set(OFFICIAL_NAMES)) == 72
    counts = [len(expected_identifiers(name)) for name in OFFICIAL_NAMES]
    assert sum(counts) == 1731
    assert [parse_name(name)["Hc"] for name in OFFICIAL_NAMES].count(4) == counts.count(25) == 3


@given(names)
def test_identifiers_never_name_what_is_there(name: str) -> None:
    values = parse_name(name)
    identifiers = expected_identifiers(name)
    assert len(set(identifiers)) == len(identifiers)
    assert ("bald" in identifiers) == (values["Hc"] != 4)
    for identifier in identifiers:
        parsed = parse(identifier)
        assert parsed.code == code_of(identifier)
        assert parsed.value != str(values.get(parsed.code))
        assert canonical(identifier)


@pytest.mark.parametrize(
    "name", ["", "0_0_0", "0_0_0_0_0_0_5_0_0", "0_0_0_0_0_0_x_0_0", "0_0_0_0_0_0_0_0_0_0", "00_0_0_0_0_0_0_0_0"]
)
def test_malformed_names(name: str) -> None:
    with pytest.raises(BadInput):
        parse_name(name)


def test_table_and_challenge_agree() -> None:
    challenge = {code: a for code, a in attributes().items() if a.challenge}
    assert {code: a.n_classes for code, a in challenge.items() if a.kind == "class"} == dict(CLASSES)
    assert tuple(code for code, a in challenge.items() if a.kind == "cursor") == CURSORS
    assert {code: len(a.values) + len(a.sources) for code, a in challenge.items() if a.n_classes} == {
        code: NAME_VALUES[code] for code in CLASSES
    }


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
        ("A_0_fr_0", "starts where it ends"),
        ("A", "no translation name"),
        ("A_0_fr_1_fr_2", "no translation name"),
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


def test_canonical_parameters_exist_in_the_portrait_world() -> None:
    from pipeline.world.parameters import LAWS

    for attribute in attributes().values():
        for value in attribute.values.values():
            for parameter, number in value.parameters.items():
                law = LAWS[parameter]
                low, high = (0.0, 1.0) if law.kind == "switch" else (law.low, law.high)
                assert low <= number <= high
