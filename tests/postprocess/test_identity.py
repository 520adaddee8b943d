"""SFace behind the interface of the embedded net, without its weights: alignment, channels, length of the rows."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from pipeline.core.crop import FFHQ_512
from pipeline.core.errors import MissingWeights
from postprocess.identity import SFace, distance
from tests.support.yunet import yunet_path

ARCFACE = np.array([(38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041)])
"""Where SFace expects eyes, nose and mouth in 112 x 112 pixels."""


class Recogniser:
    """Stands where OpenCV's recogniser stands: keeps what it is given, answers with the mean colour."""

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []

    def alignCrop(self, image: np.ndarray, face: np.ndarray) -> np.ndarray:
        self.seen.append(face)
        return image

    def feature(self, aligned: np.ndarray) -> np.ndarray:
        return aligned.mean((0, 1), dtype=np.float32)[None]


def picture(colour: tuple[int, int, int], size: int = 64) -> np.ndarray:
    return np.full((size, size, 3), colour, np.uint8)


def test_rows_have_length_one_and_tell_people_apart() -> None:
    rows = SFace(Recogniser(), FFHQ_512).embed([picture((200, 10, 10)), picture((100, 5, 5)), picture((0, 0, 90))])
    assert rows.shape == (3, 3) and rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-6)
    same, other = distance(rows[:1], rows[1:2])[0], distance(rows[:1], rows[2:])[0]
    assert same == pytest.approx(0, abs=1e-3) and other > 0.5


def test_opencv_gets_blue_first() -> None:
    assert SFace(Recogniser(), FFHQ_512).embed([picture((255, 0, 0))])[0].argmax() == 2


@pytest.mark.parametrize("size", [64, 256, 1024])
def test_points_follow_the_size(size: int) -> None:
    recogniser = Recogniser()
    SFace(recogniser, FFHQ_512).embed([picture((1, 2, 3), size)])
    (face,) = recogniser.seen
    assert face.shape == (1, 15) and face.dtype == np.float32
    np.testing.assert_allclose(face[0, :4], [0, 0, size, size])
    np.testing.assert_allclose(face[0, 4:14].reshape(5, 2) / size, FFHQ_512, rtol=1e-6)


def test_an_aligned_face_lands_where_sface_was_trained() -> None:
    """OpenCV's own alignment of dots at the template's points; any net can carry it."""
    real = cv2.FaceRecognizerSF.create(str(yunet_path()), "")
    aligned: list[np.ndarray] = []

    def feature(image: np.ndarray) -> np.ndarray:
        aligned.append(image)
        return np.ones((1, 128), np.float32)

    dots = np.zeros((512, 512, 3), np.uint8)
    for x, y in 512 * np.asarray(FFHQ_512):
        cv2.circle(dots, (round(x), round(y)), 6, (255, 255, 255), -1)
    SFace(SimpleNamespace(alignCrop=real.alignCrop, feature=feature), FFHQ_512).embed([dots])
    (found,) = aligned
    assert found.shape == (112, 112, 3)
    number, _, _, centres = cv2.connectedComponentsWithStats((found[..., 0] > 100).astype(np.uint8))
    assert number == 6
    for point in ARCFACE:
        assert np.linalg.norm(centres[1:] - point, axis=1).min() < 3


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "face_recognition_sface_2021dec.onnx"
    path.write_bytes(b"no net")
    with pytest.raises(MissingWeights, match="`face-edit models fetch faces`"):
        SFace.open(path, FFHQ_512)
