"""A photograph of a real person through a whole run of full size: in one command, within 8 GB, and nothing else moves.

The weights are seeded, so what is seen means nothing; sizes, memory, and what may not change are those of real use.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.core.crop import Crop
from pipeline.core.images import read_image, write_image
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.types import Image, Translation
from pipeline.photo.crop_files import read_note
from projection.translations import save
from tests.support.yunet import YUNET, yunet_path

pytestmark = pytest.mark.full

EDIT = "Hc_1"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def astronaut() -> Image:
    from skimage.data import astronaut

    return np.asarray(astronaut(), np.uint8)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, astronaut: Image) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    write_image(folder / "astronaut.png", astronaut)
    return folder


def run_pipeline(seeded_set: tuple[Path, str], photos: Path, run: Path, *options: str) -> tuple[str, float]:
    """The command in a process of its own: what it told, and the most memory it had, GB."""
    weights, name = seeded_set
    shutil.copyfile(yunet_path(), weights / YUNET)
    command = [sys.executable, "-m", "apps.run_pipeline", "--photos", str(photos), "--output-dir", str(run)]
    command += ["--models", name, "--device", "cpu", *options]
    environment = {**os.environ, HOME_VARIABLE: str(weights)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    # The largest of all processes waited for so far: none but these runs is as large.
    return done.stderr, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def in_quad(crop: Crop) -> np.ndarray:
    """Pixels of the photo that lie within the crop's square."""
    places = np.stack(np.meshgrid(np.arange(crop.width), np.arange(crop.height)), -1).reshape(-1, 2)
    matrix = crop.to_crop(1)
    inside = places @ matrix[:, :2].T + matrix[:, 2]
    return (np.abs(inside) < 0.5001).all(1).reshape(crop.height, crop.width)


def test_an_edit_changes_the_face_alone(
    seeded_set: tuple[Path, str], photos: Path, astronaut: Image, tmp_path: Path
) -> None:
    path = np.random.default_rng(0).standard_normal((1, 18, 512)).astype(np.float32)
    save(tmp_path / "mine", [Translation(EDIT, seeded_set[1], path)])
    run = tmp_path / "run"
    options = ("--set", "projection.n_iter=2", "--edits", EDIT, "--set", f"translations=[{tmp_path / 'mine'}]")
    _, gigabytes = run_pipeline(seeded_set, photos, run, *options)
    print(f"at most {gigabytes:.1f} GB")
    assert gigabytes < 8
    record = json.loads((run / "manifest.jsonl").read_text())
    crop = read_note(run / "crops" / "astronaut.png").crop
    assert 150 < crop.side < 250
    changed = (read_image(run / record["photo"]) != astronaut).any(axis=2)
    assert not changed[~in_quad(crop)].any()
    assert changed[in_quad(crop)].mean() > 0.1
    # Nor where the support is 0; a pixel more or less is rounding.
    with np.load(run / "supports" / "images_post_gfp_gan" / "astronaut.npz") as stored:
        support = stored[EDIT]
    assert 0 < support.mean() < 1
    import cv2

    near = cv2.dilate(support.astype(np.uint8), np.ones((3, 3), np.uint8))
    size = (crop.width, crop.height)
    allowed = cv2.warpAffine(near, crop.to_crop(), size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    assert not changed[allowed == 0].any()


def test_no_edit_changes_nothing(seeded_set: tuple[Path, str], photos: Path, astronaut: Image, tmp_path: Path) -> None:
    told, gigabytes = run_pipeline(
        seeded_set, photos, tmp_path / "run", "--set", "projection.n_iter=0", "--edits", "none"
    )
    assert gigabytes < 8
    assert "No edit was requested" in told
    np.testing.assert_array_equal(read_image(tmp_path / "run" / "photos" / "astronaut" / "none.png"), astronaut)
