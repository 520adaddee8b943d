"""From linear light to a picture: vignette, lens, tone curve, sharpening, noise, and the ways of cameras and prints."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.core.types import Image
from pipeline.world.anatomy import Floats
from pipeline.world.light import kelvin
from pipeline.world.person import Person
from pipeline.world.stream import Stream


def tone_curve(light: Floats) -> Floats:
    """Display values 0..1 of linear light by the curve of Narkowicz for ACES (2016), at a gamma of 2.2."""
    x = np.maximum(light, 0)
    y = x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)
    return np.asarray(np.clip(y, 0, 1) ** (1 / 2.2), np.float32)


def develop(person: Person, light: Floats) -> Image:
    """The picture (n, n, 3) of linear light (n, n, 3)."""
    r, size = person.stream("film"), light.shape[0]
    wild = person.look == "wild"
    scale = size / 256
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    light = light * (1 - (0.8 if wild else 0.35) * r.random() * (x**2 + y**2))[..., None]
    soft = float(r.uniform(0.28, 1.1) if wild else 0.32)
    light = cv2.GaussianBlur(light.astype(np.float32), (0, 0), soft * scale)
    if wild:
        light = light * kelvin(float(r.uniform(5000, 8500))) * np.float32(np.exp(r.normal(0, 0.28)))
    out = tone_curve(light)
    sharpen = r.uniform(0.1, 1.2 if wild else 0.5)
    out = out + sharpen * (out - cv2.GaussianBlur(out, (0, 0), scale))
    grain = 0.008 * r.uniform(0.2, 1)
    if wild:
        out, grain = _print(r, out), float(np.exp(r.uniform(np.log(0.002), np.log(0.05))))
    rough = r.normal(0, grain, out.shape).astype(np.float32)
    if wild and r.random() < 0.5:  # noise that a phone or a scan has smeared
        rough = cv2.GaussianBlur(rough, (0, 0), 0.7 * scale) * 1.8
    if wild and out[..., 0].std() > 0 and np.ptp(out, axis=2).max() < 1e-4:
        rough = rough.mean(2, keepdims=True)
    image = (np.clip(out + rough, 0, 1) * 255 + 0.5).astype(np.uint8)
    if wild and r.random() < 0.5:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(r.integers(35, 95))])
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return np.asarray(image, np.uint8)


def _print(r: Stream, out: Floats) -> Floats:
    """Contrast, saturation and hue of cameras, films and prints; some are black-and-white or sepia."""
    contrast, black = r.uniform(0.75, 1.25), r.uniform(-0.04, 0.08)
    out = (out - 0.45) * contrast + 0.45 + black * (1 - out)
    grey = out @ np.array([0.3, 0.59, 0.11], np.float32)
    kind = r.choice(["colour", "grey", "sepia", "faded"], p=[0.76, 0.13, 0.03, 0.08])
    if kind == "grey":
        return np.repeat(grey[..., None], 3, 2)
    if kind == "sepia":
        return np.asarray(grey[..., None] * [1.05, 0.93, 0.75] + 0.02, np.float32)
    out = grey[..., None] + (out - grey[..., None]) * r.uniform(0.5, 1.2)
    if kind == "faded":
        curve = np.exp(r.normal(0, 0.15, 3))
        out = np.clip(out, 0, 1) ** curve * 0.85 + r.uniform(0.02, 0.12, 3)
    return np.asarray(out, np.float32)
