"""Photographs for tests and documentation: rendered people hung on a wall, and pictures worn like old prints."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.core.crop import Crop, corners
from pipeline.core.images import read_image
from pipeline.core.types import Image
from pipeline.world.person import HELD_OUT_SEED, draw
from pipeline.world.portrait import Portrait
from pipeline.world.samples import Sample, samples, studio_pictures


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
    """The first of the eight sample portraits, which no net was trained on, uint8 (count, size, size, 3)."""
    pictures = [read_image(path) for path in studio_pictures()[:count]]
    assert len(pictures) == count
    method = cv2.INTER_AREA if size < len(pictures[0]) else cv2.INTER_CUBIC
    return np.stack([cv2.resize(picture, (size, size), interpolation=method) for picture in pictures])


def bare_faces() -> list[Sample]:
    """The seven sample people without glasses, which lie before the eyes."""
    return [sample for sample in samples() if sample.person.look == "studio" and not sample.attributes["Gl"]]


def held_out(number: int, size: int, **values: float) -> Portrait:
    """A person that no net was trained on, with these parameters; skips the test without the renderer."""
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    from pipeline.world.render import render

    return render(replace(draw(HELD_OUT_SEED + number), **values), size)  # type: ignore[arg-type]


def worn(photo: Image, number: int) -> Image:
    """A photo out of focus, scanned small, noisy, and stored as a poor JPEG: each of them, in another amount."""
    chance = np.random.default_rng(number)
    height, width = photo.shape[:2]
    image = cv2.GaussianBlur(photo, (0, 0), chance.uniform(0.8, 2.0) * width / 256)
    factor = chance.uniform(1.5, 3.0)
    image = cv2.resize(image, (round(width / factor), round(height / factor)), interpolation=cv2.INTER_AREA)
    grain = chance.normal(0, chance.uniform(4, 10), image.shape)
    image = np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(50, 90))])
    image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))[..., ::-1]
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
