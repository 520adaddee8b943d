"""BlazeFace: boxes and points of faces, in all of a photo and in tiles of it."""

from pathlib import Path

import numpy as np
import pytest
from skimage import data

from pipeline.photo.blaze_face import BlazeFace
from pipeline.photo.opencv_nets import net_file
from tests.support.photos import hang, rendered, wall


@pytest.fixture
def net(package_nets: Path) -> BlazeFace:
    return BlazeFace(net_file("detector-short-range"))


@pytest.mark.parametrize("size", [1, 40, 128, 300])
def test_nobody_where_nobody_is(net: BlazeFace, size: int) -> None:
    assert list(net.search(wall(size, 90))) == []


def test_mirrored_and_padded_the_face_is_the_same(net: BlazeFace) -> None:
    photo = data.astronaut()
    (face,) = net.look(photo)
    (mirrored,) = net.look(np.ascontiguousarray(photo[:, ::-1]))
    back = (mirrored.points * [-1, 1] + [511, 0])[[1, 0, 2, 4, 3]]
    assert np.abs(back - face.points).max() < 0.05 * face.side
    (lower,) = net.look(np.pad(photo, ((200, 0), (0, 0), (0, 0))))
    assert np.abs(lower.points - [0, 200] - face.points).max() < 0.1 * face.side


def test_the_mouth_is_as_wide_as_the_eyes_suggest(net: BlazeFace) -> None:
    """The NASA portrait's five points, as they were placed by a mesh."""
    (face,) = net.look(data.astronaut())
    truth = [[203.2, 101.1], [246.4, 103.4], [222.9, 129.5], [201.3, 138.7], [244.5, 140.5]]
    assert np.abs(face.points - truth).max() < 0.06 * face.side
    left, top, width, height = face.box
    assert left < 203 and top < 101 and left + width > 245 and top + height > 140


def test_tiles_see_what_is_too_small_in_the_whole(net: BlazeFace) -> None:
    photo = wall(1500, 1000)
    place = hang(photo, rendered(1)[0], (1240, 330), 110, 10)
    centre = np.asarray(place.quad).mean(0)
    assert not net.look(photo)
    assert any(np.hypot(*(face.points.mean(0) - centre)) < 20 for face in net.search(photo))
