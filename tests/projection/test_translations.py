"""Selection against the reference pipeline's own answers, and the stores of translations."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.attributes import attributes
from pipeline.core.challenge import CODES, OFFICIAL_NAMES, expected_identifiers, parse_name
from pipeline.core.errors import BadInput, FaceEditError, SpaceMismatch
from pipeline.core.types import Translation
from projection import translations
from projection.translations import select
from tests.parity.recipe import parity_path

EXPECTED = json.loads(parity_path("translations_expected.json").read_text())
CASES = [
    *EXPECTED["other_charac_lists"],
    *EXPECTED["custom_dir"]["cases"],
    *EXPECTED["use_precomputed_False_empty_dir"],
]
# Without known values the reference takes everything that is unconditional; every portrait of ours has known values.
CUSTOM_CASES = [case for case in EXPECTED["custom_dir"]["cases"] if case["charac_list"] is not None]


def _folder(names: list[str], shape: tuple[int, ...] = (1, 2, 3)) -> dict[str, Translation]:
    return {name: Translation(name, "toy", np.ones(shape, np.float32)) for name in names}


def _defaults() -> dict[str, Translation]:
    sources = [case["source"] for case in (*EXPECTED["by_name"].values(), *CASES) if "source" in case]
    sources.append(EXPECTED["charac_list_None"]["source"])
    return _folder(sorted({Path(s).stem for source in sources for s in source.values() if "default" in s}))


def _values(charac_list: list[int]) -> dict[str, int]:
    return dict(zip(CODES, charac_list, strict=True))


def _sources(expected: dict[str, str]) -> dict[str, str]:
    return {identifier: Path(source).stem for identifier, source in expected.items()}


def _names(selected: dict[str, Translation]) -> dict[str, str]:
    return {identifier: translation.name for identifier, translation in selected.items()}


@pytest.mark.parametrize("name", OFFICIAL_NAMES)
def test_every_official_input_gets_the_reference_translations(name: str) -> None:
    expected = EXPECTED["by_name"][name]
    selected = select(parse_name(name), _defaults())
    assert list(selected) == expected["identifiers"] == list(expected_identifiers(name))
    assert _names(selected) == _sources(expected["source"])


@pytest.mark.parametrize("case", EXPECTED["other_charac_lists"], ids=lambda case: str(case["charac_list"]))
def test_other_inputs(case: dict) -> None:
    assert _names(select(_values(case["charac_list"]), _defaults())) == _sources(case["source"])


@pytest.mark.parametrize("case", CUSTOM_CASES, ids=lambda case: json.dumps(case)[:70])
def test_custom_folder(case: dict) -> None:
    custom = _folder([Path(name).stem for name in EXPECTED["custom_dir"]["files_in_translation_dir"]])
    folders = (_defaults() if case["use_precomputed"] else {}, custom)
    selected = select(_values(case["charac_list"]), *folders)
    if (
        "raises" in case
    ):  # the reference fails where a folder has no Hc_4 for a person with hair; ours only has no `bald`
        assert _names(selected) == {"Be_max": "Be_max", "Hc_2": "Hc_2"}
        return
    expected = case["source"]
    assert _names(selected) == _sources(expected)
    for identifier, translation in selected.items():
        assert (translation is custom.get(translation.name)) == expected[identifier].startswith("custom")


def test_no_translation_at_all() -> None:
    assert select(parse_name(OFFICIAL_NAMES[0]), {}) == {}


@given(st.permutations(sorted(_defaults())), st.sampled_from(OFFICIAL_NAMES))
def test_order_of_files_does_not_matter(names: list[str], name: str) -> None:
    folder = _defaults()
    shuffled = {key: folder[key] for key in names}
    assert _names(select(parse_name(name), shuffled)) == _names(select(parse_name(name), folder))


@given(st.sampled_from(OFFICIAL_NAMES), st.sets(st.sampled_from(sorted(_defaults()))))
def test_later_folder_wins_wherever_it_applies(name: str, names: set[str]) -> None:
    custom = {key: value for key, value in _defaults().items() if key in names}
    custom = {key: Translation(key, "toy", value.path * 2) for key, value in custom.items()}
    alone = select(parse_name(name), custom)
    both = select(parse_name(name), _defaults(), custom)
    assert alone.items() <= both.items()
    assert both.keys() == select(parse_name(name), _defaults()).keys()


def test_extras_need_a_known_value() -> None:
    folder = _folder(["Sm_0", "Sm_1", "Bp_max"])
    assert list(select(parse_name(OFFICIAL_NAMES[0]), folder)) == ["Bp_max"]
    assert list(select({"Sm": 0}, folder)) == ["Bp_max", "Sm_1"]


@pytest.mark.parametrize(
    "name", ["Bp_max_fr_1", "Hc_1_fr_9", "Hc_1_fr_1", "Xx_1", "Bp_big", "Hc", "", "Hc_1_fr_0_fr_2"]
)
def test_malformed_names_are_errors(name: str) -> None:
    with pytest.raises(BadInput):
        select({}, _folder([name]))


def test_cursor_strength_reaches_the_canonical_value() -> None:
    assert translations.cursor_strength("Bp_max", 0.0, 0.9) == pytest.approx(1)
    assert translations.cursor_strength("Bp_max", 0.45, 0.9) == pytest.approx(0.5)
    assert translations.cursor_strength("Bp_min", 0.45, -0.9) == pytest.approx(1.5)
    assert translations.cursor_strength("Bp_max", 0.95, 0.9) == 0


@pytest.mark.parametrize("name", ["store", "store.safetensors"])
def test_saved_translations_come_back(tmp_path: Path, name: str) -> None:
    folder = _folder(["Bp_max", "Hc_1_fr_0"], (2, 3, 4))
    translations.save(tmp_path / name, folder.values(), {"seed": "3"})
    loaded = translations.load(tmp_path / name)
    assert list(loaded) == ["Bp_max", "Hc_1_fr_0"]
    for key, translation in loaded.items():
        assert translation.space == "toy"
        np.testing.assert_array_equal(translation.path, folder[key].path)


def test_reference_folder_needs_its_space_named(tmp_path: Path) -> None:
    np.save(tmp_path / "Bp_max.npy", np.ones((1, 18, 512), np.float32))
    with pytest.raises(SpaceMismatch, match="directions import"):
        translations.load(tmp_path)
    assert translations.load_arrays(tmp_path, "ffhq-1024")["Bp_max"].space == "ffhq-1024"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (np.ones((18, 512), np.float32), "shape"),
        (np.ones((1, 18, 512), np.int32), "floats"),
        (np.full((1, 2, 2), np.nan, np.float32), "finite"),
        (np.ones((0, 2, 2), np.float32), "shape"),
        (b"not an array", "damaged"),
    ],
)
def test_damaged_arrays(tmp_path: Path, content: np.ndarray | bytes, message: str) -> None:
    path = tmp_path / "Bp_max.npy"
    path.write_bytes(content) if isinstance(content, bytes) else np.save(path, content)
    with pytest.raises(BadInput, match=message):
        translations.load_arrays(tmp_path, "toy")


def test_missing_folder_empty_folder_and_damaged_space(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        translations.load(tmp_path / "none")
    with pytest.raises(BadInput, match="no translation"):
        translations.load_arrays(tmp_path, "toy")
    (tmp_path / "space.json").write_text("{")
    with pytest.raises(BadInput, match="damaged"):
        translations.load(tmp_path)


def test_spaces_do_not_mix(tmp_path: Path) -> None:
    one, other = _folder(["Bp_max"])["Bp_max"], Translation("Bp_min", "other", np.ones((1, 2, 3), np.float32))
    with pytest.raises(SpaceMismatch):
        translations.save(tmp_path / "x", [one, other])
    with pytest.raises(SpaceMismatch):
        translations.require_space({"Bp_min": other}, "toy", 2, 3)
    with pytest.raises(FaceEditError, match="shape"):
        translations.require_space({"Bp_max": one}, "toy", 14, 128)
    translations.require_space({"Bp_max": one}, "toy", 2, 3)


def test_every_identifier_of_the_table_is_selected_somewhere() -> None:
    names = {identifier for attribute in attributes().values() for identifier in attribute.identifiers}
    folder = _folder(sorted(names))
    classes = [dict.fromkeys(attributes(), value) for value in (0, 1)]
    seen = {identifier for values in classes for identifier in select(values, folder)}
    assert seen == (names - {"Hc_4"}) | {"bald"}
