"""Tiles cover a photo, and show faces that a panorama makes too small for the detectors."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.photo.blaze_face import BlazeFace
from pipeline.photo.opencv_nets import net_file
from pipeline.photo.tiles import _starts, is_panorama, tiles
from pipeline.photo.yunet import YuNet
from tests.support.photos import hang, rendered, wall
from tests.support.yunet import yunet_path


@pytest.mark.parametrize("shape", [(90, 700), (700, 90), (64, 64), (1, 300)])
def test_tiles_cover_the_photo(shape: tuple[int, int]) -> None:
    photo = np.arange(shape[0] * shape[1], dtype=np.uint32).reshape(*shape, 1).astype(np.uint8)
    covered = np.zeros(shape, bool)
    for tile, left, top in tiles(photo, min(shape)):
        place = np.s_[top : top + tile.shape[0], left : left + tile.shape[1]]
        np.testing.assert_array_equal(tile, photo[place])
        covered[place] = True
    assert covered.all()
    assert is_panorama(photo) == (max(shape) > 2.5 * min(shape))


@pytest.mark.parametrize(("length", "side"), [(1, 8), (8, 8), (9, 8), (1500, 375), (1000, 1500)])
def test_tiles_cover_a_length_and_overlap_by_half(length: int, side: int) -> None:
    starts = _starts(length, side)
    assert starts[0] == 0
    assert starts[-1] == max(length - side, 0)
    assert max(np.diff(starts), default=0) <= side / 2 + 1


@pytest.mark.parametrize("name", ["yunet", "blaze-face"])
def test_a_face_in_a_panorama_is_seen(name: str, package_nets: Path) -> None:
    net = YuNet(yunet_path()) if name == "yunet" else BlazeFace(net_file("detector-short-range"))
    photo = wall(6000, 700)
    place = hang(photo, rendered(1)[0], (4310, 330), 110, 5)
    centre = np.asarray(place.quad).mean(0)
    assert any(np.hypot(*(face.points.mean(0) - centre)) < 20 for face in net.search(photo))
