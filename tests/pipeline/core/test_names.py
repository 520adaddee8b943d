"""The hint for a misspelt name."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.names import nearest

NAMES = st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=127), min_size=1, max_size=12)


def test_the_nearest_name_ends_the_sentence() -> None:
    assert nearest("margn", ["coef", "margin", "margins"]) == ": did you mean margin?"
    assert nearest("bp_MAX", ["Bp_min", "Bp_max"]) == ": did you mean Bp_max?"


def test_what_ends_the_sentence_when_no_name_is_near() -> None:
    assert nearest("zebra", ["coef", "margin"]) == "; known are coef, margin."
    assert nearest("zebra", ["coef"], ": see the list.") == ": see the list."
    assert nearest("zebra", []) == "."


@given(st.lists(NAMES, min_size=1, max_size=6, unique_by=str.lower), st.data())
def test_a_known_name_in_any_case_is_its_own_nearest(names: list[str], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(names))
    assert nearest(name.swapcase(), names) == f": did you mean {name}?"


@given(st.text(max_size=12), st.lists(NAMES, max_size=6))
def test_any_word_ends_in_a_sentence_about_known_names(word: str, names: list[str]) -> None:
    end = nearest(word, names)
    assert end in [".", f"; known are {', '.join(names)}.", *(f": did you mean {name}?" for name in names)]
