"""The reference pipeline's folders and Anycost GAN's boundaries become translations and latents of the right space."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.types import Translation
from pipeline.core.weights import model_set
from projection.converters.vectors import guess_set, read_vectors
from projection.translations import save
from tests.projection.converters.test_boundary import boundary_file

ANYCOST, E4E = model_set("ffhq-anycost"), model_set("ffhq-stylegan2")
ONE = np.ones((1, 18, 512), np.float32)


def write(folder: Path, **arrays: np.ndarray) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def test_a_run_of_the_reference_pipeline(tmp_path: Path) -> None:
    write(tmp_path / "run/translations_vect", Bp_max=ONE, Hc_1_fr_0=2 * ONE, bald=ONE.astype(np.float64))
    write(tmp_path / "run/projected_latents", **{"0_0": ONE[0], "0_1": ONE, "0_2": ONE[0, :1]})
    assert guess_set(tmp_path / "run") is ANYCOST
    found = read_vectors(tmp_path / "run", ANYCOST)
    assert list(found.translations) == ["Bp_max", "Hc_1_fr_0", "Hc_4"]
    assert {one.space for one in found.translations.values()} == {ANYCOST.space}
    assert (found.translations["Hc_1_fr_0"].path == 2).all()
    assert {name: latent.shape for name, latent in found.latents.items()} == dict.fromkeys(
        ("0_0", "0_1", "0_2"), (18, 512)
    )
    assert not found.left_out


def test_default_translations_lie_in_two_folders(tmp_path: Path) -> None:
    write(tmp_path / "defaults/conditional", A_1_fr_0=ONE)
    write(tmp_path / "defaults/unconditional", A_1=ONE)
    assert list(read_vectors(tmp_path / "defaults", ANYCOST).translations) == ["A_1", "A_1_fr_0"]
    write(tmp_path / "defaults/other", A_1=ONE)
    with pytest.raises(BadInput, match="A_1 twice"):
        read_vectors(tmp_path / "defaults", ANYCOST)


def test_vectors_of_e4e_live_in_stylegan2(tmp_path: Path) -> None:
    folder = tmp_path / "vectors_editing"
    write(folder / "all_change", Bags_Under_Eyes=ONE[0], Bald=ONE[0, :1], Blurry=ONE[0])
    write(folder / "custom", bald=3 * ONE[0], tan=ONE[0])
    for place in (folder, folder / "custom"):
        assert guess_set(place) is E4E
        with pytest.raises(SpaceMismatch, match="not to anycost-ffhq-config-f"):
            read_vectors(place, ANYCOST)
    found = read_vectors(folder, E4E)
    assert list(found.translations) == ["Be_max", "Be_min", "Hc_4"]
    assert (found.translations["Be_min"].path == -1).all()
    assert (found.translations["Hc_4"].path == 3).all(), "what is named like a translation comes first"
    assert found.left_out == ["tan"]


def test_two_spaces_at_once_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "vectors_editing", Bangs=ONE[0])
    write(tmp_path / "projection/projected_latents", anna=ONE)
    with pytest.raises(SpaceMismatch, match="two latent spaces"):
        guess_set(tmp_path)


def test_a_store_knows_its_space(tmp_path: Path) -> None:
    save(tmp_path / "store", [Translation("Bp_max", E4E.space, ONE)])
    with pytest.raises(SpaceMismatch, match=f"belong to {E4E.space}"):
        read_vectors(tmp_path / "store", ANYCOST)
    assert "Bp_max" in read_vectors(tmp_path / "store", E4E).translations


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones((1, 14, 128), np.float32), "shape"),
        (np.ones((512,), np.float32), "shape"),
        (np.ones((0, 18, 512), np.float32), "shape"),
        (np.ones((1, 18, 512), int), "floating-point"),
        (np.full((1, 18, 512), np.inf, np.float32), "finite"),
    ],
)
def test_wrong_arrays(tmp_path: Path, array: np.ndarray, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read_vectors(write(tmp_path / "x", Bp_max=array), ANYCOST)


def test_wrong_latents(tmp_path: Path) -> None:
    write(tmp_path / "projected_latents", anna=np.ones((14, 128), np.float32))
    with pytest.raises(SpaceMismatch, match="anna"):
        read_vectors(tmp_path / "projected_latents", ANYCOST)


def test_nothing_to_import(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        guess_set(tmp_path / "none")
    with pytest.raises(BadInput, match="holds no vectors"):
        guess_set(tmp_path)
    with pytest.raises(BadInput, match="is named like a translation"):
        read_vectors(write(tmp_path, tan=ONE), ANYCOST)


def test_boundaries(tmp_path: Path) -> None:
    path = boundary_file(tmp_path / "boundary_anycost-ffhq-config-f-flexible.pt")
    assert guess_set(path).name == "ffhq-anycost-flexible"
    assert guess_set(boundary_file(tmp_path / "mine.pt")) is ANYCOST
    found = read_vectors(path, ANYCOST).translations
    assert {"Be_min", "Be_max", "Se_0", "Hc_4", "A_2", "Sk_0"} <= set(found)
    np.testing.assert_allclose(np.linalg.norm(found["Be_max"].path[0, 0]), 0.6, rtol=1e-6)
    np.testing.assert_array_equal(found["A_2"].path, -found["A_0"].path)
    with pytest.raises(SpaceMismatch, match="Anycost"):
        read_vectors(path, E4E)
    with pytest.raises(BadInput, match="shape"):
        read_vectors(boundary_file(tmp_path / "small.pt", 128), ANYCOST)
