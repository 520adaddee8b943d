"""Landmarks: outlines lie where the parts are, and looks at one face agree."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from pipeline.core.crop import FFHQ_512, Points, apply
from pipeline.photo.face import Face
from pipeline.photo.face_mesh import FaceMesh, open_face_mesh
from pipeline.photo.landmarks import FaceLandmarks, vertices
from pipeline.photo.opencv_nets import net_file
from tests.support.photos import wall

FIVE = np.array([[203.2, 101.1], [246.4, 103.4], [222.9, 129.5], [201.3, 138.7], [244.5, 140.5]])
FACE = Face((177.6, 82.9, 95.3, 95.3), 0.9, FIVE)
"""The NASA portrait's; its square is 173 pixels wide."""


@pytest.fixture
def mesh(package_nets: Path) -> FaceMesh:
    found = open_face_mesh()
    assert found is not None
    return found


def inside(outline: Points, points: Points) -> bool:
    contour = outline.astype(np.float32)
    return all(cv2.pointPolygonTest(contour, (float(x), float(y)), False) >= 0 for x, y in points)


def test_every_outline_is_a_ring_of_vertices_once() -> None:
    outlines = vertices()["outlines"]
    for name, ring in outlines.items():
        assert len(set(ring)) == len(ring) >= 10, name
        assert 0 <= min(ring) <= max(ring) < 468, name
    for side in ("left", "right"):
        assert set(vertices()["iris_contour"][side]) == set(outlines[f"{side}_eye"])
    assert len(set(vertices()["ibug_68"])) == 68


def test_parts_lie_where_they_belong(mesh: FaceMesh) -> None:
    photo = data.astronaut()
    seen = mesh.with_irises(photo, mesh.landmarks(photo, FACE))
    assert seen.is_face
    assert seen.presence > 0.99
    np.testing.assert_allclose(seen.five, FIVE, atol=0.02 * FACE.side)
    oval, lips = seen.outline("oval"), seen.outline("lips_outer")
    for name in ("left_eye", "right_eye", "left_brow", "right_brow", "lips_outer"):
        assert inside(oval, seen.outline(name)), name
    assert inside(lips, seen.outline("lips_inner"))
    for side, x in (("left", 203), ("right", 246)):
        assert seen.irises is not None
        assert seen.irises[side][0] == pytest.approx([x, 102], abs=4)
        assert inside(seen.outline(f"{side}_eye"), seen.irises[side][:1])
        assert np.ptp(seen.outline(f"{side}_iris")[:, 0]) == pytest.approx(8.2, abs=1)
        assert seen.outline(f"{side}_brow")[:, 1].mean() < seen.outline(f"{side}_eye")[:, 1].min()
    order = seen.ibug_68
    assert order[36, 0] < order[39, 0] < order[42, 0] < order[45, 0]  # corners of the eyes
    assert order[8, 1] == order[:, 1].max()  # chin


def test_a_mirrored_face_has_mirrored_irises(mesh: FaceMesh) -> None:
    photo = data.astronaut()
    mirrored = np.ascontiguousarray(photo[:, ::-1])
    there = Face(FACE.box, 0.9, (FIVE * [-1, 1] + [511, 0])[[1, 0, 2, 4, 3]])
    seen, other = (mesh.with_irises(p, mesh.landmarks(p, f)) for p, f in ((photo, FACE), (mirrored, there)))
    assert seen.irises is not None and other.irises is not None
    for side, opposite in (("left", "right"), ("right", "left")):
        assert other.irises[opposite][0] * [-1, 1] + [511, 0] == pytest.approx(seen.irises[side][0], abs=1.5)


@pytest.mark.parametrize("turn", [0, 40, 90, 180])
def test_a_turned_face_has_turned_landmarks(mesh: FaceMesh, turn: int) -> None:
    photo = data.astronaut()
    matrix = cv2.getRotationMatrix2D((224, 120), turn, 1.0)
    turned = cv2.warpAffine(photo, matrix, (512, 512), borderMode=cv2.BORDER_REFLECT)
    seen = mesh.landmarks(photo, FACE)
    again = mesh.landmarks(turned, Face(FACE.box, 0.9, apply(matrix, FIVE)))
    assert again.is_face
    assert np.abs(again.points[:, :2] - apply(matrix, seen.points[:, :2])).mean() < 0.01 * FACE.side


def test_a_wall_is_no_face(mesh: FaceMesh) -> None:
    assert not mesh.landmarks(wall(300, 300), Face((0, 0, 1, 1), 0.9, 150 * FFHQ_512 + 75)).is_face


def test_without_the_iris_net_landmarks_stay(package_nets: Path) -> None:
    plain = FaceMesh(net_file("landmarks"))
    seen = FaceLandmarks(np.zeros((468, 3)), 1.0)
    assert plain.with_irises(data.astronaut(), seen) is seen


def test_without_the_mesh_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    assert open_face_mesh() is None
