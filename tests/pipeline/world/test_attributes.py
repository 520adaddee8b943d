"""What people are worth by the table of attributes, and which edits show on them."""

from dataclasses import replace
from pathlib import Path

from pipeline.core.attributes import canonical
from pipeline.world.attributes import classes, shows, values
from pipeline.world.person import counterfactual, draw
from tests.support.attribute_table import ENTRY, written_table

MAN = replace(draw(11), female=0.0, bald=0.0, bangs=0.0, lip_size=0.2, beard=0.0)


def test_edits_show_where_something_changes() -> None:
    assert shows(MAN, "B_1") and not shows(MAN, "B_0")
    assert shows(MAN, "Bd_1") and not shows(replace(MAN, female=1.0), "Bd_1")
    assert shows(MAN, "Bp_max") and not shows(replace(MAN, lip_size=0.7), "Bp_max")
    assert not shows(replace(MAN, lip_size=1.0), "Bp_max")


def test_a_beard_is_hair_on_the_face_however_short() -> None:
    found = [values(replace(MAN, beard=beard))["Bd"] for beard in (0.0, 0.04, 0.06, 0.3, 1.0)]
    assert found == [0, 0, 1, 1, 1]


def test_a_bald_head_shows_no_edit_of_hair_but_those_that_bring_it() -> None:
    bald = replace(MAN, bald=1.0, curl=1.0)
    assert not any(shows(bald, name) for name in ("B_1", "Hs_0", "bald", "Hc_4"))
    assert all(shows(bald, name) for name in ("Hc_0", "Hs_0_fr_2", "Hs_1_fr_2"))


def test_a_new_attribute_of_one_parameter_has_true_values(tmp_path: Path) -> None:
    numbers = {"0": 0.0, "1": 0.4, "2": 0.9}
    made = {value: {"title": value, "parameters": {"weight": number}} for value, number in numbers.items()}
    entry = {**{key: value for key, value in ENTRY.items() if key != "cursor"}, "classes": made}
    unknown = {**entry, "classes": {value: {"title": value, "parameters": {}} for value in numbers}}
    with written_table(tmp_path, {"Xy": entry, "Xz": ENTRY, "Zz": unknown}):
        person = replace(MAN, weight=0.6)
        found = values(person)
        assert (found["Xy"], found["Xz"]) == (1, 0.6)
        assert "Zz" not in found
        assert classes(counterfactual(person, **canonical("Xy_2")))["Xy"] == 2
