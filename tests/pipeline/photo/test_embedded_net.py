"""The embedded detector finds rendered people, and those of photographs, where they are."""

import json

import numpy as np
import pytest

from pipeline.core.crop import five_of_ibug
from pipeline.photo.detector import FaceDetector
from pipeline.photo.embedded_net import EmbeddedNet, open_embedded_net, placed, spread
from pipeline.photo.photo import read_photo
from pipeline.world.samples import samples
from tests.support.package_nets import shared
from tests.support.photos import hang, wall


@pytest.fixture(scope="module")
def detector() -> FaceDetector:
    return FaceDetector(open_embedded_net())


@pytest.mark.parametrize("side", [80, 300, 700])
def test_people_on_a_wall_are_found_where_they_are(detector: FaceDetector, side: int) -> None:
    """Studio people, all of whose parts are seen."""
    for sample in [each for each in samples() if each.person.look == "studio"][:3]:
        photo = wall(1100, 900)
        place = hang(photo, sample.portrait.rgb, (500, 450), side, 12)
        (face,) = detector.detect(photo)
        points = five_of_ibug(sample.portrait.landmarks[None])[0] * side / 256 - 0.5
        truth = points @ place.to_photo()[:, :2].T + place.to_photo()[:, 2]
        between = np.hypot(*(truth[1] - truth[0]))
        assert np.hypot(*(face.points - truth).T).mean() < 0.1 * between


def test_a_wall_has_no_face(detector: FaceDetector) -> None:
    assert not detector.detect(wall(900, 600))


@pytest.mark.parametrize("shape", [(40, 30), (5, 200), (64, 64)])
def test_tiny_pictures_are_searched(detector: FaceDetector, shape: tuple[int, int]) -> None:
    assert not detector.detect(np.zeros((*shape, 3), np.uint8))


def test_points_lie_at_the_peaks_of_their_maps() -> None:
    import torch

    maps = torch.full((1, 2, 4, 8), -50.0)
    maps[0, 0, 1, 6] = maps[0, 1, 3, 0] = maps[0, 1, 3, 1] = 50.0
    np.testing.assert_allclose(placed(maps)[0], [[6.5 / 8, 1.5 / 4], [1 / 8, 3.5 / 4]], atol=1e-6)


def test_points_spread_as_their_maps_do() -> None:
    import torch

    maps = torch.full((1, 3, 4, 8), -50.0)
    maps[0, 0, 1, 6] = maps[0, 1, 3, 0] = maps[0, 1, 3, 1] = 50.0
    maps[0, 2] = 0.0
    even = np.sqrt((1 - 1 / 64) / 12 + (1 - 1 / 16) / 12)  # of a discrete uniform distribution
    np.testing.assert_allclose(spread(maps)[0], [0, 0.5 / 8, even], atol=1e-5)


def test_what_has_no_clear_points_is_no_face() -> None:
    import torch

    class Everywhere(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.zeros(1, 5, 24, 24)

    photo, sample = wall(600, 600), next(each for each in samples() if each.person.look == "studio")
    hang(photo, sample.portrait.rgb, (300, 300), 300, 0)
    net = open_embedded_net()
    assert FaceDetector(net).detect(photo)
    assert not FaceDetector(EmbeddedNet(net._detector, Everywhere())).detect(photo)  # type: ignore[arg-type]


def test_every_person_is_found_and_no_dog(detector: FaceDetector) -> None:
    places = json.loads(shared("photos/places.json").read_text())
    off = []
    for path in sorted(shared("photos/photos").iterdir()):
        found = detector.detect(read_photo(path).rgb)
        truth = [np.array(place["points"]) for place in places.values() if place["photo"] == path.name]
        assert len(found) == len(truth) + (path.stem == "two_kids_scan"), path.name
        for points in truth:
            between = np.hypot(*(points[1] - points[0]))
            off.append(min(float(np.hypot(*(face.points - points).T).mean()) for face in found) / between)
    assert np.median(off) < 0.06
    assert max(off) < 0.1
