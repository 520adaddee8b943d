"""Published formats: what is exported comes back, what cannot be applied in W+ is told."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput, FaceEditError, SpaceMismatch
from pipeline.core.own_attributes import own_attribute
from pipeline.core.weights import model_set
from projection.converters.published import STEP, Format, read_published, write_published
from projection.direction_file import Direction
from projection.nets.generator import Generator

MODELS = model_set("ffhq-stylegan2")
SHAPE = (MODELS.n_style, MODELS.dim)


@cache
def public() -> Generator:
    """Net of the public set with random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Generator(MODELS.resolution)


def direction(seed: int = 0, length: float = STEP) -> Direction:
    vector = np.random.default_rng(seed).standard_normal(MODELS.dim)
    path = np.broadcast_to(length * vector / np.linalg.norm(vector), (1, *SHAPE)).astype(np.float32)
    return Direction(own_attribute("Freckles"), MODELS.space, path)


@pytest.mark.parametrize(("kind", "suffix", "lengths"), [
    ("interfacegan", "npy", [STEP]), ("sefa", "npy", [STEP, STEP]), ("ganspace", "npz", [0.7, 2.5, 4.0]),
])  # fmt: skip
def test_exports_come_back(tmp_path: Path, kind: Format, suffix: str, lengths: list[float]) -> None:
    made = [direction(seed, length) for seed, length in enumerate(lengths)]
    file = tmp_path / f"age_w_boundary.{suffix}"
    write_published(file, made, kind, public)
    found = read_published(file, MODELS, public)
    assert [each.recipe["method"] for each in found] == [kind] * len(lengths)
    assert len({each.code for each in found}) == len(lengths)
    for one, two in zip(made, found, strict=True):
        assert two.space == MODELS.space
        np.testing.assert_allclose(two.path, one.path, atol=1e-5)


def test_rosinalitys_factor_has_its_vectors_in_columns(tmp_path: Path) -> None:
    matrix = torch.linalg.qr(torch.randn(MODELS.dim, MODELS.dim, generator=torch.Generator().manual_seed(0)))[0]
    torch.save({"ckpt": "x.pt", "eigvec": matrix}, tmp_path / "factor.pt")
    found = read_published(tmp_path / "factor.pt", MODELS, public)
    assert len(found) == MODELS.dim
    np.testing.assert_allclose(found[3].path[0, 5], STEP * matrix[:, 3].numpy(), atol=1e-5)


@pytest.mark.parametrize(("name", "shape", "words"), [
    ("fs3.npy", (6048, 512), "table of all channels"),
    ("delta_s.npy", (9087,), "9087 styles do not belong .* 6048, or 9088 with those of its colour layers"),
    ("stylegan_ffhq_age_boundary.npy", (1, 512), "in Z"),
    ("stylegan_ffhq_age_w_boundary.npy", (1, 256), "256 dimensions"),
    ("x.npy", (2, 3, 512), "shape"),
])  # fmt: skip
def test_what_cannot_be_applied_in_w_plus_is_told(
    tmp_path: Path, name: str, shape: tuple[int, ...], words: str
) -> None:
    np.save(tmp_path / name, np.ones(shape, np.float32))
    with pytest.raises(FaceEditError, match=words):
        read_published(tmp_path / name, MODELS, public)


def test_components_of_z_are_told_and_those_of_the_style_layer_are_w(tmp_path: Path) -> None:
    content = {"lat_comp": np.ones((2, 1, 512), np.float32), "lat_stdev": np.ones(2, np.float32)}
    content |= {"act_comp": np.eye(2, 512, dtype=np.float32), "act_stdev": np.array([3, 2], np.float32)}
    np.savez(tmp_path / "stylegan2-ffhq_conv1_ipca_c2.npz", **content)
    np.savez(tmp_path / "stylegan2-ffhq_style_ipca_c2.npz", **content)
    with pytest.raises(SpaceMismatch, match="decomposes Z"):
        read_published(tmp_path / "stylegan2-ffhq_conv1_ipca_c2.npz", MODELS, public)
    first, second = read_published(tmp_path / "stylegan2-ffhq_style_ipca_c2.npz", MODELS, public)
    assert first.path[0, :, 0] == pytest.approx(3) and second.path[0, :, 1] == pytest.approx(2)


def test_damaged_files_and_impossible_exports(tmp_path: Path) -> None:
    for name, content in (("a.npy", b"no"), ("a.npz", b"no"), ("factor.pt", b"no")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FaceEditError, match=name.replace(".", r"\.")):
            read_published(tmp_path / name, MODELS, public)
    np.save(tmp_path / "zero.npy", np.zeros((1, 512), np.float32))
    with pytest.raises(BadInput, match="is 0"):
        read_published(tmp_path / "zero.npy", MODELS, public)
    bent = Direction(own_attribute("Bent"), MODELS.space, np.random.default_rng(0).normal(size=(1, *SHAPE)))
    with pytest.raises(BadInput, match="layers differently"):
        write_published(tmp_path / "x.npy", [bent], "sefa", public)
    with pytest.raises(BadInput, match="one by one"):
        write_published(tmp_path / "x.npy", [direction(), direction(1)], "interfacegan", public)
    with pytest.raises(BadInput, match="path of several"):
        path = Direction(own_attribute("Bent"), MODELS.space, np.ones((2, *SHAPE), np.float32))
        write_published(tmp_path / "x.npy", [path], "styleclip", public)


def test_offsets_of_styles_come_back(tmp_path: Path) -> None:
    offset = np.random.default_rng(0).normal(size=(1, *SHAPE)).astype(np.float32)
    made = Direction(own_attribute("Freckles"), MODELS.space, offset)
    write_published(tmp_path / "freckles.npy", [made], "styleclip", public)
    assert np.load(tmp_path / "freckles.npy").shape == (9088,)
    (found,) = read_published(tmp_path / "freckles.npy", MODELS, public)
    assert found.recipe["reached"] == pytest.approx(1, abs=1e-3)
    assert found.code == "freckles"
    write_published(tmp_path / "again.npy", [found], "styleclip", public)
    before, after = (np.load(tmp_path / f"{name}.npy") for name in ("freckles", "again"))
    assert np.abs(after - before).max() < 0.01 * np.abs(before).max()
