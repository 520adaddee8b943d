"""Twenty worn portraits on a wall, and nothing but the embedded nets: what enhances and what beautifies them keeps to
the face, and the enhanced ones come nearer to the truth. Restoration is measured in restore/test_run_quality.py."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from pipeline.beautify import Retoucher, open_parser, settings_of
from pipeline.core.crop import FFHQ_512, Crop
from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image
from pipeline.enhance import Pipeline
from pipeline.enhance.schema import Settings
from pipeline.photo.face import Face
from pipeline.photo.photo import Photo
from tests.support.photos import hang, held_out, wall, worn

COUNT, SIDE = 20, 240
PHOTO = (360, 330)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was fetched, and nothing can be."""
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path / "none"))
    monkeypatch.setenv("FACE_EDIT_OFFLINE", "1")


@pytest.fixture(scope="module")
def portraits() -> list[Image]:
    return [held_out(number, 256).rgb for number in range(COUNT)]


def scene(portrait: Image, number: int) -> tuple[Image, Image, Crop]:
    """A photo of a portrait as it was, the same worn, and where it hangs."""
    clean = wall(*PHOTO)
    place = hang(clean, portrait, (PHOTO[0] / 2, PHOTO[1] / 2), SIDE, 6 * np.sin(number))
    return clean, worn(clean, number), place


def landmarks(place: Crop) -> np.ndarray:
    """The template's five points in the photo."""
    matrix = place.to_photo(SIDE)
    return np.asarray((FFHQ_512 * SIDE) @ matrix[:, :2].T + matrix[:, 2])


@pytest.mark.full
def test_enhanced_faces_come_nearer_to_the_truth_and_the_rest_stays(portraits: list[Image], tmp_path: Path) -> None:
    gains = []
    for number, portrait in enumerate(portraits):
        clean, poor, place = scene(portrait, number)
        write_image(tmp_path / "photo.png", poor)
        answer = {"output_image_data": {"landmark_set": {"5": landmarks(place).tolist()}}}
        (tmp_path / "analysis.json").write_text(json.dumps(answer))
        settings = Settings(mask_blur=0.1)
        response = Pipeline(tmp_path / "photo.png", tmp_path / "analysis.json", settings, tmp_path).run()
        after = read_image(response["temp_vision_frame"])
        mask = read_image(response["temp_vision_frame_mask"])[:, :, 0]
        assert np.array_equal(after[mask == 0], poor[mask == 0])
        face = mask > 128
        assert face.mean() > 0.05
        gains.append(np.subtract(*(peak_signal_noise_ratio(clean[face], image[face]) for image in (after, poor))))
    print(f"PSNR of the faces {np.mean(gains):+.2f} dB, {np.mean(np.array(gains) > 0):.0%} better")
    assert np.mean(np.array(gains) > 0) >= 0.9


@pytest.mark.full
def test_beautified_faces_change_and_the_rest_stays(portraits: list[Image]) -> None:
    parse, settings = open_parser("demo", "cpu"), settings_of("strong")
    for number, portrait in enumerate(portraits):
        _, poor, place = scene(portrait, number)

        class Given:
            """Sees the face that hangs there."""

            def __init__(self, points: np.ndarray) -> None:
                self.points = points

            def detect(self, _: Image) -> list[Face]:
                return [Face((0, 0, SIDE, SIDE), 0.9, self.points)]

        result, notes = Retoucher(settings, parse, Given(landmarks(place))).photo(Photo("photo", poor))  # type: ignore[arg-type]
        assert notes == []
        changed = (result.rgb != poor).any(axis=2)
        frame = cv2.fillConvexPoly(np.zeros(changed.shape, np.uint8), np.rint(place.quad).astype(int), 1) > 0
        assert changed[frame].mean() > 0.1
        assert not changed[~frame].any()
