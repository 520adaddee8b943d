"""Finding faces in photos, their five points exact enough to align by."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import numpy as np

from pipeline.core.crop import Crop, Points, apply, corners, ffhq_quad
from pipeline.core.settings import packaged
from pipeline.core.types import DetectorName, Image
from pipeline.photo.blaze_face import BlazeFace
from pipeline.photo.embedded_net import open_embedded_net
from pipeline.photo.face import Face, distance
from pipeline.photo.face_mesh import FaceMesh, open_face_mesh
from pipeline.photo.opencv_nets import is_fetched, net_file
from pipeline.photo.yunet import YuNet

_ROUNDS, _UPRIGHT, _AROUND = 4, 480, 1.5  # looks at each face, size of the picture it is shown, its squares wide
_LYING = 1 / 8  # least square of a face in a photo that lies on its side, share of the photo's shorter side


class FaceNet(Protocol):
    """A net that sees faces."""

    def search(self, image: Image) -> Iterable[Face]:
        """Faces of all sizes in an RGB photo (H, W, 3); the same one may come more than once."""

    def look(self, image: Image) -> list[Face]:
        """Faces seen at once in an RGB picture (H, W, 3)."""


class FaceDetector:
    """Faces that a net sees twice; where there is a mesh, it has to see them too and places their points.

    Args:
        net: Finds the faces.
        mesh: None where it was not fetched.
    """

    def __init__(self, net: FaceNet, mesh: FaceMesh | None = None) -> None:
        self._net, self._mesh = net, mesh

    def detect(self, image: Image) -> list[Face]:
        """Faces of an RGB photo (H, W, 3), the largest first; a photo without any may lie on its side or head."""
        found = self._upright(image)
        if not found:
            turns = [self._lying(image, quarters) for quarters in (1, 2, 3)]
            found = max(turns, key=lambda faces: max((face.score for face in faces), default=0.0))
        return sorted(found, key=lambda face: -face.side)

    def _upright(self, image: Image) -> list[Face]:
        found: list[Face] = []
        for face in self._net.search(image):
            if face.lies or not _is_new(face, found):
                continue
            if (better := self._confirmed(image, face)) and _is_new(better, found):
                found.append(better)
        return found

    def _lying(self, image: Image, quarters: int) -> list[Face]:
        """Faces of a photo that was turned, counter-clockwise."""
        height, width = image.shape[:2]
        back = {
            1: [[0, -1, width - 1], [1, 0, 0]],
            2: [[-1, 0, width - 1], [0, -1, height - 1]],
            3: [[0, 1, 0], [-1, 0, height - 1]],
        }
        turned = self._upright(np.ascontiguousarray(np.rot90(image, quarters)))
        large = [face for face in turned if face.side >= _LYING * min(height, width)]
        return [_mapped(face, np.array(back[quarters], np.float64)) for face in large]

    def _confirmed(self, image: Image, face: Face) -> Face | None:
        """The face with better points; None where it is none."""
        seen = self._refined(image, face)
        if seen is None or self._mesh is None:
            return seen
        landmarks = self._mesh.landmarks(image, seen)
        return replace(seen, points=landmarks.five, landmarks=landmarks) if landmarks.is_face else None

    def _refined(self, image: Image, face: Face) -> Face | None:
        """The face, turned upright by what was found, looked at again larger, and so on.

        Detectors draw the points of a tilted face too level, the more so the smaller it is. What is not seen again was
        no face.
        """
        import cv2

        for _ in range(_ROUNDS):
            quad = ffhq_quad(face.points)
            wider = quad.mean(0) + _AROUND * (quad - quad.mean(0))
            matrix = Crop(corners(wider), image.shape[1], image.shape[0], _UPRIGHT).to_photo()
            flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
            upright = cv2.warpAffine(image, matrix, (_UPRIGHT, _UPRIGHT), flags=flags)
            again = [
                Face(face.box, one.score, apply(matrix, one.points))
                for one in self._net.look(np.asarray(upright, np.uint8))
            ]
            nearest = min(again, key=lambda one: distance(one, face), default=None)
            if nearest is None or distance(nearest, face) > face.side / 4:
                return None
            moved = float(np.abs(nearest.points - face.points).max())
            face = nearest
            if moved < 0.005 * face.side:
                break
        return face


def open_detector(name: DetectorName | None = None) -> FaceDetector:
    """The face detector for photographs, with the mesh where that was fetched.

    Args:
        name: `auto` takes YuNet where it was fetched, else BlazeFace, else the embedded net, which was trained on
            renders alone; None: that of configs/default.yaml, or `auto`.

    Raises:
        MissingWeights: The named one is not here, or not the declared file; names the command that fetches it.
    """
    name = name or packaged("default.yaml").get("detector", "auto")
    return FaceDetector(_open_net(name), open_face_mesh())


def _open_net(name: DetectorName) -> FaceNet:
    if name == "yunet" or (name == "auto" and is_fetched("detector")):
        return YuNet(net_file("detector"))
    if name == "blaze-face" or is_fetched("detector-short-range"):
        return BlazeFace(net_file("detector-short-range"))
    return open_embedded_net()


def _mapped(face: Face, matrix: Points) -> Face:
    x, y, width, height = face.box
    ends = apply(matrix, [(x, y), (x + width, y + height)])
    (left, top), (right, bottom) = ends.min(0), ends.max(0)
    box = float(left), float(top), float(right - left), float(bottom - top)
    landmarks = face.landmarks and face.landmarks.mapped(matrix)
    return Face(box, face.score, apply(matrix, face.points), landmarks)


def _is_new(face: Face, others: list[Face]) -> bool:
    return all(distance(face, other) > min(face.side, other.side) / 4 for other in others)
