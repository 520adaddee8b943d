"""Photographs for tests and documentation: rendered portraits that hang on a wall, turned and scaled."""

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.core.crop import Crop, corners
from pipeline.core.types import Image
from pipeline.photo.detector import FaceDetector

YUNET = "face_detection_yunet_2023mar.onnx"
FOLDERS = (os.environ.get("FACE_EDIT_WEIGHTS"), Path(__file__).parents[3] / "shared" / "weights")


def yunet_path() -> Path:
    """The real detector's file; the test is skipped where it is not."""
    for folder in filter(None, FOLDERS):
        if (Path(folder) / YUNET).is_file():
            return Path(folder) / YUNET
    pytest.skip(f"{YUNET} is not on this machine (`face-edit models fetch faces`)")


def yunet() -> FaceDetector:
    """The real detector, or the test is skipped."""
    return FaceDetector(yunet_path())


def wall(width: int, height: int) -> Image:
    """A wall with a little light and grain, uint8 (height, width, 3)."""
    y, x = np.mgrid[0:height, 0:width]
    light = 40 * np.exp(-(((x / width - 0.3) / 0.5) ** 2) - ((y / height - 0.2) / 0.6) ** 2)
    grain = np.random.default_rng(0).normal(0, 2.5, (height, width))
    wall = np.array([138, 148, 140]) + (light + grain - 12 * y / height)[:, :, None]
    return np.clip(np.rint(wall), 0, 255).astype(np.uint8)


def hang(photo: Image, portrait: Image, centre: tuple[float, float], side: float, turn: float) -> Crop:
    """Draw a portrait in a wooden frame onto a photo, `side` pixels wide, turned by degrees; returns where it is."""
    angle = np.radians(turn)
    x = np.array([np.cos(angle), np.sin(angle)]) * side / 2
    y = np.array([-x[1], x[0]])
    middle = np.asarray(centre)
    quad = np.stack([middle - x - y, middle - x + y, middle + x + y, middle + x - y])
    height, width = photo.shape[:2]
    for growth, colour in ((1.16, (70, 48, 32)), (1.1, (112, 78, 50)), (1.03, (232, 228, 216))):
        outline = middle + growth * (quad - middle)
        cv2.fillConvexPoly(photo, np.rint(outline * 16).astype(np.int32), colour, cv2.LINE_AA, 4)
    small = max(round(side), 1)
    picture = cv2.resize(
        portrait, (small, small), interpolation=cv2.INTER_AREA if small < len(portrait) else cv2.INTER_CUBIC
    )
    place = Crop(corners(quad), width, height, small)
    drawn = cv2.warpAffine(picture, place.to_crop(), (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    inside = cv2.warpAffine(
        np.ones((small, small), np.float32),
        place.to_crop(),
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
    )[:, :, None]
    photo[:] = np.rint(inside * drawn + (1 - inside) * photo)
    return place


def rendered(count: int, size: int = 512) -> Image:
    """Portraits that no net was trained on, uint8 (count, size, size, 3)."""
    from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
    from pipeline.world.render import render

    return np.asarray(render(Parameters.from_z(sample_z(count, HELD_OUT_SEED)), size).rgb)
