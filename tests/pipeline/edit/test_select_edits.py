"""Which edits a portrait gets, and under which names steps see them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.types import Portrait, Translation
from pipeline.edit.requests import EditRequest, identifier
from pipeline.edit.select_edits import check_available, choose_edits, open_custom, present_classes
from projection.translations import save
from tests.support.toy_models import SPACE, ToyModels, ToyPredictor, portrait_image


def portrait(name: str) -> Portrait:
    return Portrait(name, portrait_image(0), np.zeros((2, 24), np.float32), SPACE)


def test_a_challenge_name_says_what_is_there() -> None:
    edits, present = choose_edits(portrait("0_0_0_0_0_1_3_0_0"), ToyModels())
    assert present["Hc"] == 3
    assert [edit.name for edit in edits] == ["B_0", "Bp_max", "Bp_min", "Hc_0", "Hc_1", "Hc_2", "bald"]


def test_otherwise_the_predictor_says_it() -> None:
    models = ToyModels()
    for grey, hair in ((255, 3), (0, 0)):
        plain = Portrait("anna", np.full((64, 64, 3), grey, np.uint8), None, SPACE)
        assert present_classes(plain, models)["Hc"] == hair


def test_conditional_translations_go_before_general_ones() -> None:
    models = ToyModels()
    by_hair = {}
    for hair in (0, 2):
        edits, _ = choose_edits(portrait(f"0_0_0_0_0_0_{hair}_0_0"), models)
        by_hair[hair] = {edit.name: edit.displacement() for edit in edits}["Hc_1"]
    assert (by_hair[0] == models.translations["Hc_1_fr_0"].displacement()).all()
    assert (by_hair[2] == models.translations["Hc_1"].displacement()).all()


def test_steps_see_what_an_edit_leads_to() -> None:
    edits, _ = choose_edits(portrait("0_0_0_0_0_0_0_0_0"), ToyModels(), [EditRequest("bald"), EditRequest("Hc_1", 0.5)])
    assert [edit.name for edit in edits] == ["bald", "Hc_1@0.5"]
    assert [edit.moves[0][0].name for edit in edits] == ["bald", "Hc_1"]
    assert [edit.codes() for edit in edits] == [("Hc",), ("Hc",)]


def test_wishes_are_done_even_where_nothing_should_change() -> None:
    edits, _ = choose_edits(portrait("0_0_0_0_0_0_1_0_0"), ToyModels(), [EditRequest("Hc_1")])
    assert edits[0].displacement().any()
    with pytest.raises(BadInput, match="seems to be"):
        models = ToyModels()
        del models.translations["Hc_1"]
        choose_edits(portrait("0_0_0_0_0_0_1_0_0"), models, [EditRequest("Hc_1")])


def test_identifiers() -> None:
    assert identifier("Hc_4") == "bald" == identifier("bald")
    with pytest.raises(BadInput, match="Use Hc_1"):
        identifier("Hc_1_fr_0")
    check_available(["bald", "Hc_4", "Bp_max"], ToyModels())
    with pytest.raises(BadInput, match="no translation for Sm_1"):
        check_available(["Sm_1"], ToyModels())


def test_translations_of_the_user_override_those_of_the_set(tmp_path: Path) -> None:
    models = ToyModels()
    mine = Translation("Bp_max", models.set.space, 3 * models.translations["Bp_max"].path)
    save(tmp_path, [mine])
    custom = open_custom([str(tmp_path)], models)
    edits, _ = choose_edits(portrait("0_0_0_0_0_1_3_0_0"), models, only=["Bp_max", "Bp_min"], custom=custom)
    found = {edit.name: edit.moves[0][0].path for edit in edits}
    assert np.array_equal(found["Bp_max"], mine.path)
    assert np.array_equal(found["Bp_min"], models.translations["Bp_min"].path)


def test_translations_of_another_space_are_refused(tmp_path: Path) -> None:
    models = ToyModels()
    save(tmp_path, [Translation("Bp_max", "elsewhere", models.translations["Bp_max"].path)])
    with pytest.raises(SpaceMismatch, match="elsewhere"):
        open_custom([str(tmp_path)], models)


def test_no_edit_moves_nowhere_and_asks_nobody() -> None:
    models = ToyModels()
    del models.predictor
    (edit,), present = choose_edits(portrait("anna"), models, only=())
    assert edit.name == "none"
    assert not edit.displacement().any()
    assert not present


def test_what_nobody_sees_is_not_made_unless_asked_for() -> None:
    models = ToyModels()
    models.predictor = BaldPredictor()  # type: ignore[assignment]
    seen = choose_edits(portrait("anna"), models)[0]
    assert {edit.name for edit in seen} == {"Bp_max", "Bp_min", "Hc_0", "Hc_1", "Hc_2", "Hc_3"}
    assert [edit.name for edit in choose_edits(portrait("anna"), models, [EditRequest("B_1")])[0]] == ["B_1"]
    named = choose_edits(portrait("0_0_0_0_0_0_4_0_2"), models)[0]
    assert "B_1" in {edit.name for edit in named}


def test_on_a_photograph_an_embedded_set_makes_what_was_asked_for() -> None:
    models = ToyModels()
    models.predictor = BaldPredictor()  # type: ignore[assignment]
    models.set.embedded = True
    photographed = replace(portrait("anna"), crop=object())
    assert [edit.name for edit in choose_edits(photographed, models, only=["B_1", "bald"])[0]] == ["B_1", "bald"]
    assert choose_edits(portrait("anna"), models, only=["B_1", "bald"])[0] == []


class BaldPredictor(ToyPredictor):
    """Everybody is bald."""

    def predict(self, images: Any) -> dict[str, np.ndarray]:
        found = super().predict(images)
        found["Hc"][:] = np.eye(5)[4]
        return found


def test_each_translation_gets_the_strength_of_this_portrait() -> None:
    models = ToyModels()
    models.gains = {"Bp_max": 1.0, "Bp_min": -1.0}
    edits, _ = choose_edits(portrait("0_0_0_0_0_1_3_0_0"), models, only=["Bp_max", "Bp_min", "Hc_1"])
    assert {edit.name: edit.moves[0][1] for edit in edits}["Hc_1"] == 1.0
