"""Detections and landmarks are those of the published package (0.10.21, static image mode), one pass each.

The figures of the NASA portrait are in mediapipe.json; those of four more photographs lie beside this repository.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from pipeline.core.types import Image
from pipeline.photo.blaze_face import BlazeFace
from pipeline.photo.face_mesh import FaceMesh
from pipeline.photo.opencv_nets import net_file
from pipeline.photo.photo import read_photo
from tests.support.package_nets import shared

Figures = NDArray[np.float64]


def compare(photo: Image, detections: Figures, landmarks: Figures) -> None:
    """detections: (n, 17) score, x, y, width, height, six points · landmarks: (m, 468, 3), those of the first m."""
    found = BlazeFace(net_file("detector-short-range")).boxes(photo)
    mesh = FaceMesh(net_file("landmarks"))
    assert len(found) == len(detections)
    for row in detections:
        box, score = min(found, key=lambda one: float(np.abs(one[0][2] - row[5:7]).max()))
        assert score == pytest.approx(row[0], abs=0.01)
        ours = np.concatenate([box[0] - box[1] / 2, box[1], box[2:].ravel()])
        assert np.abs(ours - row[1:]).max() < 0.002 * max(photo.shape)
        across = box[3] - box[2]
        side = 1.5 * box[1].max()
        seen = mesh.look(photo, box[0], side, np.arctan2(across[1], across[0]))
        errors = [np.abs(seen.points - theirs).max() * 512 / side for theirs in landmarks]
        if seen.presence >= 0.5:
            assert min(errors) < 1
        else:
            assert min(errors, default=np.inf) > 50


def test_the_nasa_portrait(package_nets: Path) -> None:
    figures = json.loads((Path(__file__).parent / "mediapipe.json").read_text())
    compare(data.astronaut(), np.array(figures["detections"]), np.array(figures["landmarks"]))


@pytest.mark.parametrize("name", ["astronaut", "dark_skin_beard", "woman_large", "three_friends", "dogs"])
def test_photographs(package_nets: Path, name: str) -> None:
    figures = np.load(shared("parity/mediapipe/photos.npz"))
    (path,) = shared("photos/photos").glob(f"{name}.*")
    compare(read_photo(path).rgb, figures[f"{name}/detections"], figures[f"{name}/landmarks"])
