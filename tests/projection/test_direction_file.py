"""Direction files: what is written is read, a slider opens as two translations, damage is one sentence."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.attributes import forget_own, parse
from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.own_attributes import own_attribute
from projection.direction_file import Direction, is_direction, path_digest, read_direction, write_direction
from projection.translations import know_own, load, require_space, select


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    forget_own()


def made(seed: int = 0, code: str = "freckles") -> Direction:
    rng = np.random.default_rng(seed)
    strip = rng.integers(0, 255, (4, 20, 3), dtype=np.uint8)
    path = rng.standard_normal((2, 3, 8)).astype(np.float32)
    entry = own_attribute("Freckles", "skin", ["skin", "nose"], code)
    return Direction(entry, "toy", path, strip, {"method": "sefa", "seed": 1}, {"leak": {"A": 0.1}}, "CC0")


def test_a_file_survives(tmp_path: Path) -> None:
    file, direction = tmp_path / "a.safetensors", made()
    write_direction(file, direction)
    first = file.read_bytes()
    found = read_direction(file)
    write_direction(file, found)
    assert file.read_bytes() == first
    assert (found.attribute, found.space, found.licence) == (direction.attribute, "toy", "CC0")
    assert (found.recipe, found.figures) == (direction.recipe, direction.figures)
    assert np.array_equal(found.path, direction.path)
    assert found.thumbnail is not None and direction.thumbnail is not None
    assert np.array_equal(found.thumbnail, direction.thumbnail)
    assert found.digest == direction.digest == path_digest("toy", np.negative(-direction.path)) != made(1).digest


def test_it_opens_as_two_mirrored_translations(tmp_path: Path) -> None:
    write_direction(tmp_path / "a.safetensors", made())
    assert is_direction(tmp_path / "a.safetensors")
    found = load(tmp_path / "a.safetensors")
    assert list(found) == ["freckles_min", "freckles_max"]
    assert np.array_equal(found["freckles_min"].displacement(0.7), found["freckles_max"].displacement(-0.7))
    assert set(select({"A": 1}, found)) == set(found)
    with pytest.raises(SpaceMismatch):
        require_space(found, "another", 3, 8)


def test_names_parse_before_the_models_open_and_codes_do_not_collide(tmp_path: Path) -> None:
    for name, direction in (("a", made()), ("b", made(1)), ("copy", made())):
        write_direction(tmp_path / f"{name}.safetensors", direction)
    know_own([str(tmp_path / "a.safetensors"), str(tmp_path / "copy.safetensors"), str(tmp_path / "not there")])
    assert parse("freckles_max").code == "freckles"
    with pytest.raises(BadInput, match="different directions with the same code freckles"):
        know_own([str(tmp_path / "b.safetensors")])


@pytest.mark.parametrize(
    "values", [np.zeros((1, 3, 8)), np.full((1, 3, 8), np.nan), np.ones((3, 8)), np.ones((0, 3, 8))]
)
def test_what_is_no_direction(values: np.ndarray) -> None:
    with pytest.raises(BadInput):
        Direction(own_attribute("Freckles"), "toy", values)


def test_damaged_files_are_one_sentence(tmp_path: Path) -> None:
    whole, other = tmp_path / "whole.safetensors", tmp_path / "other.safetensors"
    write_direction(whole, made())
    for content in (b"", b"not at all", whole.read_bytes()[:200], whole.read_bytes()[:-100]):
        other.write_bytes(content)
        with pytest.raises(BadInput, match=r"other\.safetensors"):
            read_direction(other)
    with pytest.raises(BadInput, match="does not exist"):
        read_direction(tmp_path / "none.safetensors")
