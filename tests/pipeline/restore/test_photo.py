"""Faces go back where they were; every other pixel of the photo stays as it was."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pipeline.core.crop import Crop, apply, corners
from pipeline.core.errors import BadInput
from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.photo.photo import Photo
from pipeline.restore.job import Item
from pipeline.restore.photo import enlarged, finished, prepare, scaled_up
from tests.support.toy_restore import SIZE, ToyDetector, face, toy_nets

RNG = np.random.default_rng(0)
PHOTO: Image = cv2.GaussianBlur(RNG.integers(0, 256, (240, 320, 3), np.uint8), (0, 0), 3)  # soft: faces are restored


class Doubler:
    """Stands where an Upscaler stands: twice the size, by nearest neighbours, and lighter."""

    scale = 2

    def enlarge(self, image: Image) -> Image:
        return np.clip(image.astype(int).repeat(2, 0).repeat(2, 1) + 20, 0, 255).astype(np.uint8)


def stored(folder: Path, picture: Image = PHOTO) -> Item:
    write_image(folder / "a.png", picture)
    return Item("a", folder / "a.png", picture.shape[0] * picture.shape[1])


def result(folder: Path, *faces: Face, upscale: int = 1, picture: Image = PHOTO) -> Image:
    tools = toy_nets(detector=ToyDetector(*faces))
    subject = prepare(stored(folder, picture), tools)
    restored = tools.restorer.restore([one.image for one in subject.faces])
    large = enlarged(subject.photo, upscale, tools)
    return np.asarray(finished(subject, large, restored, {"x": 1}).pixels)


def test_several_faces_are_restored_and_nothing_else_changes(tmp_path: Path) -> None:
    after = result(tmp_path, face(20, 30, 120), face(200, 90, 40))
    changed = (after != PHOTO).any(axis=2)
    outside = np.ones(PHOTO.shape[:2], bool)
    outside[29:152, 19:142] = outside[89:132, 199:242] = False
    assert not changed[outside].any()
    assert changed[80:100, 70:90].all()  # dark ones become lighter, light ones darker
    assert changed[105:115, 215:225].mean() > 0.8


def test_small_and_far_faces_are_restored(tmp_path: Path) -> None:
    after = result(tmp_path, face(100, 100, 20))
    assert (after[105:115, 105:115] != PHOTO[105:115, 105:115]).mean() > 0.5


def test_profiles_and_faces_cut_off_are_left_alone(tmp_path: Path) -> None:
    turned = face(20, 30, 120)
    turned.points[2, 0] = turned.points[0, 0] - 5
    tools = toy_nets(detector=ToyDetector(turned, face(-100, -100, 120)))
    subject = prepare(stored(tmp_path), tools)
    assert (subject.found, subject.faces) == (2, ())
    np.testing.assert_array_equal(result(tmp_path, turned, face(-100, -100, 120)), PHOTO)


def test_no_pixel_is_changed_twice_where_faces_overlap(tmp_path: Path) -> None:
    """A grey photo becomes lighter by one amount and not by two."""
    grey = np.full((240, 320, 3), 60, np.uint8)
    one = result(tmp_path, face(40, 40, 150), picture=grey).max()
    both = result(tmp_path, face(40, 40, 150), face(110, 40, 130), picture=grey)
    assert one > 100
    assert both.max() <= one + 7  # the toy net's batch


@pytest.mark.parametrize("upscale", [2, 4])
def test_enlarged_photos_have_the_face_at_its_place(tmp_path: Path, upscale: int) -> None:
    after = result(tmp_path, face(100, 60, 100), upscale=upscale)
    plain = cv2.resize(PHOTO, None, fx=upscale, fy=upscale, interpolation=cv2.INTER_LANCZOS4)
    assert after.shape == plain.shape
    changed = (after != plain).any(axis=2)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    for place, low in ((rows, 60), (columns, 100)):
        assert abs(place[0] / upscale - low) < 3
        assert abs(place[-1] / upscale - low - 100) < 3


def test_scaled_up_shows_the_same_place() -> None:
    crop = Crop(corners(np.array([[10, 20], [12, 80], [72, 78], [70, 18]], float)), 320, 240, 64)
    large = scaled_up(crop, 4)
    places = np.array([[0, 0], [31.5, 31.5], [63, 10]])
    np.testing.assert_allclose((apply(large.to_photo(), places) + 0.5) / 4 - 0.5, apply(crop.to_photo(), places))
    assert (large.width, large.height) == (1280, 960)


def test_a_net_for_the_background_draws_all_of_the_photo() -> None:
    tools = replace(toy_nets(), upscaler=Doubler())  # type: ignore[arg-type]
    expected = Doubler().enlarge(PHOTO)
    np.testing.assert_allclose(enlarged(Photo("a", PHOTO), 2, tools).pixels.astype(int), expected, atol=1)
    four = enlarged(Photo("a", PHOTO), 4, tools).pixels
    assert four.shape == (960, 1280, 3)
    assert abs(float(four.mean()) - float(expected.mean())) < 1


def test_what_a_net_draws_too_large_is_averaged() -> None:
    """Lines of a pixel would else become patterns."""
    drawn = RNG.integers(0, 256, (960, 1280, 3), np.uint8)
    net = SimpleNamespace(scale=4, enlarge=lambda _: drawn)
    tools = replace(toy_nets(), upscaler=net)  # type: ignore[arg-type]
    found = enlarged(Photo("a", PHOTO), 2, tools).pixels.astype(float)
    np.testing.assert_allclose(found, drawn.reshape(480, 2, 640, 2, 3).mean(axis=(1, 3)), atol=1)


def test_a_face_is_as_restored_whatever_draws_the_photo_around_it(tmp_path: Path) -> None:
    grey = np.full((240, 320, 3), 60, np.uint8)
    tools = replace(toy_nets(detector=ToyDetector(face(100, 60, 100))), upscaler=Doubler())  # type: ignore[arg-type]
    subject = prepare(stored(tmp_path, grey), tools)
    restored = tools.restorer.restore([one.image for one in subject.faces])
    after = finished(subject, enlarged(subject.photo, 2, tools), restored, None, drawn=True).pixels
    assert (after[0, 0] == 80).all()
    np.testing.assert_allclose(after[220, 300].astype(int), restored[0][SIZE // 2, SIZE // 2], atol=1)


@pytest.mark.parametrize("kind", ["grey", "alpha", "deep"])
def test_depth_and_channels_are_kept_when_enlarging(kind: str) -> None:
    pixels = {
        "grey": PHOTO[:, :, 0],
        "alpha": np.dstack([PHOTO, PHOTO[:, :, :1]]),
        "deep": PHOTO.astype(np.uint16) * 257 + 3,
    }[kind]
    tools = replace(toy_nets(), upscaler=Doubler())  # type: ignore[arg-type]
    for each in (toy_nets(), tools):
        large = enlarged(Photo("a", pixels), 2, each).pixels
        assert large.dtype == pixels.dtype
        assert large.shape == (480, 640, *pixels.shape[2:])
    assert enlarged(Photo("a", pixels), 1, tools).pixels is pixels


@pytest.mark.parametrize("side", [SIZE, 48, 100])
def test_an_aligned_picture_is_restored_up_to_its_edges(tmp_path: Path, side: int) -> None:
    grey = np.full((side, side, 3), 60, np.uint8)
    tools = toy_nets()
    subject = prepare(stored(tmp_path, grey), tools)
    restored = tools.restorer.restore([subject.faces[0].image])
    after = finished(subject, subject.photo, restored, {}).pixels
    assert len(np.unique(after)) == 1
    assert after[0, 0, 0] >= 130


def test_an_aligned_picture_is_square(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="an aligned face is square"):
        prepare(stored(tmp_path), toy_nets())
