"""Names of the challenge, and its attributes in the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.attributes import attributes, canonical, parse
from pipeline.core.challenge import (
    CLASSES,
    CODES,
    CURSORS,
    NAME_VALUES,
    OFFICIAL_NAMES,
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
        assert parsed.code in (*CLASSES, *CURSORS)
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
