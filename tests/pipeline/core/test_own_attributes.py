"""Entries of own directions: codes, JSON, and what is known beside the table."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.attributes import (
    Own,
    add_own,
    attributes,
    forget_own,
    head_slices,
    known_attributes,
    parse,
    translation_names,
    visible,
)
from pipeline.core.errors import BadInput
from pipeline.core.own_attributes import checked_code, dump_own, free_code, load_own, own_attribute, slug


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    forget_own()


def test_an_own_direction_parses_and_no_predictor_has_it() -> None:
    table, outputs, names = dict(attributes()), head_slices(), translation_names()
    with pytest.raises(BadInput, match="direction of your own"):
        parse("freckles_max")
    add_own(Own(own_attribute("Freckles"), "1", "a.safetensors"))
    assert parse("freckles_min").identifier == "freckles_min"
    assert visible("freckles_max", {"Hc": 4})
    assert list(known_attributes()) == [*table, "freckles"]
    assert attributes() == table and head_slices() == outputs and translation_names() == names


def test_a_code_belongs_to_one_direction() -> None:
    add_own(Own(own_attribute("Freckles"), "1", "a.safetensors"))
    add_own(Own(own_attribute("Sommersprossen", code="freckles"), "1", "b.safetensors"))  # the same direction
    assert known_attributes()["freckles"].title == "Sommersprossen"
    with pytest.raises(BadInput, match=r"c.safetensors and b.safetensors are different"):
        add_own(Own(own_attribute("Freckles"), "2", "c.safetensors"))
    assert free_code("freckles") == "freckles-2"


@pytest.mark.parametrize("code", ["sk", "BE", "bald", "x", "big_smile", "-a", "a@b", "é", "a" * 33, ""])
def test_codes_that_cannot_be_used(code: str) -> None:
    with pytest.raises(BadInput):
        checked_code(code)


@given(st.text(max_size=60))
def test_every_title_gives_a_code_that_parses(title: str) -> None:
    code = slug(title)
    assert checked_code(code) == slug(code) == code
    assert slug("Bald") == "bald-own"


@given(
    st.lists(st.sampled_from(["hair", "nose", "left eye"]), unique=True),
    st.text("abc é", min_size=1).filter(str.strip),
)
def test_the_entry_survives_its_json(parts: list[str], title: str) -> None:
    entry = own_attribute(title, "Mouth", parts, code="some-code")
    assert load_own(dump_own(entry), "a file") == entry


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"code": "freckles"}', '{"code": "freckles", "classes": {}}', '{"code": 3, "title": "A"}']
)
def test_a_damaged_entry_is_one_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"a file|code"):
        load_own(text, "a file")
