"""The matte is the person's, whatever the picture's size."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipeline.core.errors import MissingWeights
from pipeline.models import Models
from pipeline.photo.matte import open_matte
from pipeline.quality.metrics import mask_iou
from postprocess.depth import foreground
from tests.support.package_nets import shared


@pytest.mark.parametrize("size", [(100, 80), (512, 512), (701, 300)])
def test_the_face_is_person_and_the_upper_corner_is_not(package_nets: Path, size: tuple[int, int]) -> None:
    width, height = size
    picture = np.array(Image.fromarray(data.astronaut()[:350, 50:400]).resize(size))
    share = open_matte().share(picture)
    assert (share.shape, share.dtype) == ((height, width), np.float32)
    assert 0 <= share.min() <= share.max() <= 1
    assert share[height // 3, width // 2] > 0.95
    assert share[: height // 12, -width // 12 :].max() < 0.05


def test_real_crops_have_the_published_mattes(package_nets: Path) -> None:
    matte = open_matte()
    for path in sorted(shared("photos/mattes").iterdir()):
        ours = matte.share(np.asarray(Image.open(shared("photos/faces") / path.name).convert("RGB"))) > 0.5
        theirs = np.asarray(Image.open(path)) > 127
        assert (ours & theirs).sum() / (ours | theirs).sum() >= 0.97, path.stem


def test_the_matte_sees_more_of_the_person_than_depth_does(package_nets: Path, demo_models: Models) -> None:
    """On real crops: of 17, depth reaches a mean IoU of 0.80."""
    matte, by_matte, by_depth = Models("demo", "cpu").matte, [], []
    assert matte is not None
    for path in sorted(shared("photos/mattes").iterdir())[::4]:
        image = np.asarray(Image.open(shared("photos/faces") / path.name).convert("RGB"))
        truth = np.asarray(Image.open(path)) > 127
        by_matte.append(mask_iou(matte.share(image) >= 0.5, truth))
        by_depth.append(mask_iou(foreground(demo_models.depth.inverse_depth([image])[0]), truth))
    assert np.mean(by_matte) > 0.98 > np.mean(by_depth)


def test_models_have_a_matte_where_it_was_fetched(package_nets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Models("demo", "cpu").matte is not None
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(package_nets / "none"))
    assert Models("demo", "cpu").matte is None


def test_without_the_net_one_command_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingWeights, match=r"`face-edit models fetch faces`"):
        open_matte()
