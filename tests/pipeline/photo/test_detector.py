"""Faces are found once each, by whichever net is here; what the mesh does not see is none."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from skimage import data

from pipeline.core.crop import FFHQ_512, Points, apply, ffhq_quad
from pipeline.core.errors import MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, model_set
from pipeline.core.types import Image
from pipeline.photo.blaze_face import BlazeFace
from pipeline.photo.detector import FaceDetector, open_detector
from pipeline.photo.embedded_net import EmbeddedNet
from pipeline.photo.face import Face
from pipeline.photo.face_mesh import open_face_mesh
from pipeline.photo.faces import crop_face
from pipeline.photo.landmarks import FaceLandmarks
from pipeline.photo.photo import read_photo
from pipeline.photo.yunet import YuNet
from tests.support.package_nets import shared
from tests.support.photos import hang, rendered, wall
from tests.support.yunet import yunet_path


class Marker:
    """Sees a face where a red pixel is above a green one, of the size of their distance."""

    def search(self, image: Image) -> Iterator[Face]:
        (red,), (green,) = (np.argwhere(image[..., channel] == 255) for channel in (0, 1))
        if green[0] > red[0]:
            side = float(green[0] - red[0])
            yield Face((red[1] - side / 2, red[0], side, side), 0.9, FFHQ_512 * side + [red[1] - side / 2, red[0]])


class Seen(FaceDetector):
    """Takes the first look for good."""

    def _refined(self, image: Image, face: Face) -> Face:
        return face


POINTS = np.random.default_rng(0).uniform(0, 100, (468, 3))


class Mesh:
    """Sees the same points everywhere."""

    def __init__(self, presence: float, spread: float) -> None:
        self._presence, self._spread = presence, spread

    def landmarks(self, image: Image, face: Face) -> FaceLandmarks:
        return FaceLandmarks(POINTS, self._presence, self._spread)


def marked(quarters: int = 0, side: int = 60) -> Image:
    photo = np.zeros((100, 140, 3), np.uint8)
    photo[20, 50, 0] = photo[20 + side, 50, 1] = 255
    return np.ascontiguousarray(np.rot90(photo, quarters))


@pytest.mark.parametrize(
    ("presence", "spread", "count"),
    [(0.5, 0.02, 1), (0.49, 0.0, 0), (1.0, 0.021, 0)],
    ids=["face", "unseen", "unsteady"],
)
def test_the_mesh_decides_and_places_the_points(presence: float, spread: float, count: int) -> None:
    mesh: Any = Mesh(presence, spread)
    found = Seen(Marker(), mesh).detect(marked())  # type: ignore[arg-type]
    assert [face.points.tolist() for face in found] == [FaceLandmarks(POINTS, 1.0).five.tolist()] * count
    assert [face.box for face in found] == [(20.0, 20.0, 60.0, 60.0)] * count
    assert all(face.landmarks is not None and face.landmarks.points is POINTS for face in found)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_photo_on_its_side_gives_the_same_crop(quarters: int) -> None:
    detector = Seen(Marker())  # type: ignore[arg-type]
    (upright,), (lying,) = detector.detect(marked()), detector.detect(marked(quarters))
    assert lying.side == pytest.approx(upright.side)
    assert lying.lies == (quarters != 0)
    crops = [crop_face(photo, face, 64)[0] for photo, face in ((marked(), upright), (marked(quarters), lying))]
    np.testing.assert_allclose(*(crop.astype(float) for crop in crops), atol=1)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_landmarks_of_a_lying_face_lie_with_it(quarters: int) -> None:
    mesh: Any = Mesh(1.0, 0.0)
    (face,) = Seen(Marker(), mesh).detect(marked(quarters))  # type: ignore[arg-type]
    assert face.landmarks is not None
    np.testing.assert_allclose(face.landmarks.five, face.points)
    assert np.abs(face.landmarks.points - POINTS)[:, :2].max() > 10
    np.testing.assert_array_equal(face.landmarks.points[:, 2], POINTS[:, 2])


def test_a_small_face_on_its_side_is_none() -> None:
    assert not Seen(Marker()).detect(marked(1, side=10))  # type: ignore[arg-type]
    assert len(Seen(Marker()).detect(marked(0, side=10))) == 1  # type: ignore[arg-type]


def test_the_nets_that_were_fetched_are_taken(
    package_nets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(open_detector()._net, BlazeFace)
    with pytest.raises(MissingWeights, match=r"detector of model set faces .*`face-edit models fetch faces`"):
        open_detector("yunet")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert isinstance(open_detector()._net, EmbeddedNet)
    for role in ("detector", "detector-short-range"):
        name = str(model_set("faces").files[role].file)
        (tmp_path / name).write_bytes((yunet_path() if role == "detector" else package_nets / name).read_bytes())
    assert isinstance(open_detector()._net, YuNet)
    assert isinstance(open_detector("blaze-face")._net, BlazeFace)
    assert open_detector()._mesh is None


@pytest.fixture(params=["yunet", "blaze-face"])
def real(request: pytest.FixtureRequest, package_nets: Path) -> FaceDetector:
    """Each detector with the mesh."""
    if request.param == "yunet":
        return FaceDetector(YuNet(yunet_path()), open_face_mesh())
    return open_detector("blaze-face")


def test_small_and_tilted_faces_on_a_large_wall(real: FaceDetector) -> None:
    photo = wall(1500, 1100)
    places = [(200, 200, 130, 0), (700, 300, 300, 25), (1250, 800, 240, -30), (300, 850, 110, 15)]
    for picture, (x, y, side, turn) in zip(rendered(4), places, strict=True):
        hang(photo, picture, (x, y), side, turn)
    found = real.detect(photo)
    assert len(found) == 4
    by_place = sorted(found, key=lambda face: face.points[0, 0])
    for face, (x, y, side, _) in zip(by_place, sorted(places), strict=True):
        assert face.side == pytest.approx(side, rel=0.15)
        assert np.hypot(*(face.points.mean(0) - [x, y])) < 0.2 * side


def test_the_aligned_square_scatters_less_with_the_mesh(package_nets: Path) -> None:
    """That of one photograph, turned, shrunk and noisy: corners in shares of the side."""
    net, rng, photo = YuNet(yunet_path()), np.random.default_rng(0), data.astronaut()[:300, 70:370]
    detectors = [FaceDetector(net), FaceDetector(net, open_face_mesh())]
    quads: list[list[Points]] = [[], []]
    for turn, scale in ((0, 1.0), (20, 0.6), (-25, 0.8), (35, 0.7), (-10, 0.5)):
        there = cv2.getRotationMatrix2D((150, 150), turn, scale)
        copy = cv2.warpAffine(photo, there, (300, 300), flags=cv2.INTER_AREA)
        copy = np.clip(copy + rng.normal(0, 6, copy.shape), 0, 255).astype(np.uint8)
        for found, detector in zip(quads, detectors, strict=True):
            (face,) = detector.detect(copy)
            found.append(apply(cv2.invertAffineTransform(there), ffhq_quad(face.points)) / 173)
    before, after = (float(np.std(found, axis=0).mean()) for found in quads)
    assert after < 0.7 * before
    assert after < 0.004


def test_every_person_is_found_once_and_no_dog(real: FaceDetector) -> None:
    places = json.loads(shared("photos/places.json").read_text())
    for path in sorted(shared("photos/photos").iterdir()):
        photo = read_photo(path)
        found = real.detect(photo.rgb)
        truth = [np.array(place["points"]) for place in places.values() if place["photo"] == path.name]
        assert len(found) == len(truth) + (path.stem == "two_kids_scan"), path.name
        for points in truth:
            nearest = min(found, key=lambda face: float(np.abs(face.points - points).max()))
            assert np.abs(nearest.points - points).mean() < 0.02 * nearest.side


def test_the_default_is_that_of_the_packaged_settings(package_nets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.photo.detector.packaged", lambda _: {"detector": "blaze-face"})
    assert isinstance(vars(open_detector())["_net"], BlazeFace)
