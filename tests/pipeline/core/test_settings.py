"""Assignments of the command line, and what is said about settings that are wrong."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from pipeline.core.errors import BadConfig
from pipeline.core.settings import assign, explain, read_assignment, validated

KEYS = st.lists(st.text(st.characters(categories=["Ll"], max_codepoint=127), min_size=1, max_size=3), min_size=1)
VALUES = st.none() | st.booleans() | st.integers() | st.lists(st.integers(), max_size=3) | st.text("abc", max_size=3)


@dataclass(frozen=True)
class Tool:
    __pydantic_config__: ClassVar = {"extra": "forbid"}

    path: str
    weight: float = 1.0


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")

    steps: int = Field(3, ge=1, lt=100)
    share: float = Field(0.5, gt=0, le=1, allow_inf_nan=False)
    colour: str = "red"

    @field_validator("colour")
    @classmethod
    def _no_mauve(cls, colour: str) -> str:
        if colour == "mauve":
            raise ValueError("no such colour is sold")
        return colour


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mode: Literal["fast", "best"] = "fast"
    switch: bool = False
    title: str = Field("x", min_length=1)
    inner: Inner = Inner()
    maybe: Inner | None = None
    either: Inner | list[Inner] = Field(default_factory=list)
    point: tuple[float, float] = (0.0, 0.0)
    many: Annotated[list[int], Field(min_length=1, max_length=3)] = [1]
    tools: Mapping[str, Tool] = Field(default_factory=dict)


@given(KEYS, VALUES)
def test_an_assignment_sets_one_value_and_changes_no_mapping_that_was_there(keys: list[str], value: Any) -> None:
    path, read = read_assignment(f"{'.'.join(keys)}={json.dumps(value)}")
    assert (path, read) == (keys, value)
    shared = {"b": {"c": 1}}
    values: dict[str, Any] = {"a": shared, "z": 0}
    assign(values, path, read)
    place: Any = values
    for key in path:
        place = place[key]
    assert place == value
    assert shared == {"b": {"c": 1}}
    assert path[0] == "z" or values["z"] == 0


def test_assignments_add_up() -> None:
    values: dict[str, Any] = {"a": {"b": 1, "c": 2}, "d": 3}
    before = copy.deepcopy(values)
    assign(values, ["a", "b"], 5)
    assert values == {**before, "a": {"b": 5, "c": 2}}
    assign(values, ["d", "e", "f"], 1)
    assert values["d"] == {"e": {"f": 1}}


@given(st.text(max_size=20) | st.text("a.=[]{}:-0123456789 !&*", max_size=12).map("a={}".format))
def test_any_text_is_an_assignment_or_a_sentence(text: str) -> None:
    try:
        path, _ = read_assignment(text)
    except BadConfig as error:
        assert str(error).startswith(("--set takes KEY=VALUE", "The value in --set"))
    else:
        assert all(path)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"mood": "fast"}, "There is no setting mood: did you mean mode?"),
        ({"zebra": 1}, "There is no setting zebra; known are mode, switch, "),
        ({"inner": {"step": 3}}, "There is no setting inner.step: did you mean steps?"),
        ({"maybe": {"step": 3}}, "There is no setting maybe.step: did you mean steps?"),
        ({"tools": {"saw": {"path": "a", "wait": 1}}}, "There is no setting tools.saw.wait: did you mean weight?"),
        ({"tools": {"saw": {}}}, "The setting tools.saw.path is missing."),
        ({"inner": {"steps": 0}}, "The setting inner.steps is 0: it must be at least 1."),
        ({"inner": {"steps": 100}}, "The setting inner.steps is 100: it must be less than 100."),
        ({"inner": {"steps": "x"}}, "The setting inner.steps is 'x': it must be a whole number."),
        ({"inner": {"steps": 1.5}}, "The setting inner.steps is 1.5: it must be a whole number."),
        ({"inner": {"share": 0}}, "The setting inner.share is 0: it must be greater than 0."),
        ({"inner": {"share": 2}}, "The setting inner.share is 2: it must be at most 1."),
        ({"inner": {"share": None}}, "The setting inner.share is null: it must be a number."),
        ({"inner": {"share": float("nan")}}, "The setting inner.share is nan: it must be a finite number."),
        ({"inner": {"colour": "mauve"}}, "The setting inner.colour is 'mauve': no such colour is sold."),
        ({"inner": 3}, "The setting inner is 3: it must be a mapping."),
        ({"tools": []}, "The setting tools is []: it must be a mapping."),
        ({"tools": {"saw": 3}}, "The setting tools.saw is 3: it must be a mapping."),
        ({"mode": "slow"}, "The setting mode is 'slow': it must be 'fast' or 'best'."),
        ({"switch": "maybe"}, "The setting switch is 'maybe': it must be true or false."),
        ({"title": True}, "The setting title is true: it must be text."),
        ({"title": ""}, "The setting title is '': it must have at least 1 character."),
        ({"many": 3}, "The setting many is 3: it must be a list."),
        ({"many": []}, "The setting many is []: it must have at least 1 item."),
        ({"many": [1, 2, 3, 4]}, "The setting many is [1, 2, 3, 4]: it must have at most 3 items."),
        ({"many": [1, None]}, "The setting many.1 is null: it must be a whole number."),
        ({"point": [1]}, "The setting point.1 is missing."),
        ({"either": {"steps": 0}}, "The setting either.steps is 0: it must be at least 1."),
        ({"either": [{"steps": 0}]}, "The setting either.0.steps is 0: it must be at least 1."),
        ({"either": 3}, "The setting either is 3: it must be a mapping or a list."),
    ],
)
def test_what_is_wrong_is_told_with_its_place(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadConfig) as caught:
        validated(Outer, values)
    assert str(caught.value).startswith(sentence)
    with pytest.raises(BadConfig) as caught:
        validated(Outer, values, "steps.one")
    assert str(caught.value).startswith(sentence.replace("setting ", "setting steps.one.", 1))


def test_a_long_value_is_cut_short() -> None:
    with pytest.raises(BadConfig) as caught:
        validated(Outer, {"inner": ["x" * 1000] * 1000})
    assert len(str(caught.value)) < 700


@given(st.recursive(VALUES, lambda each: st.dictionaries(st.sampled_from(list(Outer.model_fields)), each, max_size=3)))
def test_wrong_values_never_show_the_wording_of_pydantic(values: Any) -> None:
    try:
        validated(Outer, values)
    except BadConfig as error:
        assert str(error).startswith(("The setting ", "There is no setting "))
        assert str(error).endswith((".", "?"))
        assert not {"Input", "input", "valid", "dictionary", "instance"} & set(str(error).split())


def test_a_dataclass_is_explained_like_a_model() -> None:
    @dataclass(frozen=True)
    class Box:
        __pydantic_config__: ClassVar = {"extra": "forbid"}

        name: str
        tools: Mapping[str, Tool] = field(default_factory=dict)

    def explained(values: dict[str, Any]) -> tuple[str, str]:
        with pytest.raises(ValidationError) as caught:
            TypeAdapter(Box).validate_python(values)
        return explain(caught.value, Box, values)[:2]

    assert explained({"nam": "x"}) == ("", "it has no name: add it.")
    assert explained({"name": "x", "tool": 1}) == ("tool", "there is no such key: did you mean tools?")
    assert explained({"name": "x", "tools": {"saw": {"path": "p", "weigth": 1}}}) == (
        "tools.saw.weigth",
        "there is no such key: did you mean weight?",
    )
    assert explained({"name": 3}) == ("name", "3 cannot be used: it must be text.")
