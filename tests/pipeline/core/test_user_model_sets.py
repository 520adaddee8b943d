"""What users declare joins the project's sets, and nothing in it leads out of the weights folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core import user_model_sets
from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.model_sets import HOME_VARIABLE, expected_path, model_set, model_sets, packaged_sets

OWN = {
    "title": "Mine",
    "space": "mine",
    "resolution": 64,
    "n_style": 10,
    "dim": 32,
    "files": {
        "generator": {"file": "mine.safetensors", "bytes": 3, "licence": "mine", "config": {"channels": {4: 8}}},
        "parser": {"path": "postprocess/weights/parser.safetensors", "licence": "MIT"},
    },
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def test_there_need_be_none() -> None:
    assert model_sets() == packaged_sets()


def test_a_set_of_the_user_is_one_among_the_others(folder: Path) -> None:
    user_model_sets.write(folder, {"mine": OWN})
    assert list(model_sets()) == [*packaged_sets(), "mine"]
    mine = model_set("mine")
    assert (mine.space, mine.resolution, mine.embedded) == ("mine", 64, False)
    assert mine.files["generator"].config == {"channels": {4: 8}}
    assert expected_path(mine.files["generator"]) == folder / "mine.safetensors"
    user_model_sets.write(folder, {})
    assert model_sets() == packaged_sets()


@pytest.mark.parametrize(
    "name",
    ["../up", "a/b", "/etc/passwd", "..", ".", "", ".hidden", "a\\b", "a\nb", "C:x", "a\0b", "ä", "x" * 200, "-rf"],
)
def test_a_name_that_leads_elsewhere_is_refused(folder: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be the name of"):
        user_model_sets.safe_name(name, "a file")
    files = {"generator": {"file": name, "licence": "mine"}}
    user_model_sets.write(folder, {"mine": {**OWN, "files": files}})
    with pytest.raises(BadConfig, match=r"sets\.yaml is wrong: .* cannot be the name of a file of weights"):
        model_sets()


@given(st.text(st.characters(codec="utf-8"), max_size=20) | st.text("./\\~a:", max_size=8))
def test_an_accepted_name_is_a_file_in_the_folder(name: str) -> None:
    try:
        user_model_sets.safe_name(name, "a file")
    except BadInput:
        return
    place = Path("/weights")
    assert (place / name).resolve().parent == place
    assert (place / name).name == name


@pytest.mark.parametrize(
    ("declared", "match"),
    [
        ({"demo": OWN}, "a set of the project has this name"),
        (
            {"mine": {**OWN, "files": {"parser": {"path": "../../etc/passwd"}}}},
            "its parser names no file of the weights",
        ),
        ({"mine": {**OWN, "files": {"parser": {"licence": "MIT"}}}}, "its parser names no file of the weights"),
        ({"mine": {**OWN, "space": "../../x"}}, "cannot be the name of a latent space"),
        ({"mine": {**OWN, "colour": "red"}}, r"in mine\.colour: there is no such key"),
        ({"mine": {**OWN, "dim": "many"}}, r"in mine\.dim: .many. cannot be used: it must be a whole number"),
        (
            {"mine": {**OWN, "files": {"net": {"file": "a", "source": "x"}}}},
            r"files\.net\.source: .* did you mean sources",
        ),
        ({"mine": {"title": "x"}}, "mine has no files"),
        ({"mine": {**OWN, "files": {"net": "a"}}}, "a file of mine is not a mapping"),
        ({"../mine": OWN}, "cannot be the name of a model set"),
    ],
)
def test_wrong_declarations_are_told_and_the_demo_still_works(folder: Path, declared: dict, match: str) -> None:
    user_model_sets.write(folder, declared)
    with pytest.raises(BadConfig, match=match) as error:
        model_sets()
    assert "\n" not in str(error.value)
    assert model_set("demo").embedded


@pytest.mark.parametrize("text", ["[1, 2", "- a\n- b", "!!python/object/apply:os.system [echo]", "\x00", "a: &a [*a"])
def test_a_file_that_is_no_declaration(folder: Path, text: str) -> None:
    (folder / user_model_sets.FILE).write_text(text)
    with pytest.raises(BadConfig, match=r"sets\.yaml") as error:
        model_sets()
    assert "\n" not in str(error.value)
