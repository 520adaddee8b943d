"""Photographs that suffered what old ones do, for tests and documentation."""

import cv2
import numpy as np

from pipeline.core.types import Image


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
