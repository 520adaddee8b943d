"""Augmentation of renders towards photographs: colour, noise, blur, JPEG, mirroring and affine placement."""

from __future__ import annotations

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.core.tensors import to_tensor
from pipeline.core.types import Floats, Image
from pipeline.training.synthetic_occlusions import obstruct
from postprocess.labels import MIRRORED, Labels


def flip_labels(labels: Labels, mirrored: Labels = MIRRORED) -> Labels:
    """Mirror label maps (..., H, W) left to right, swapping left and right parts by the table `mirrored`."""
    return np.ascontiguousarray(mirrored[labels[..., ::-1]])


def flip_some(
    images: Image, labels: Labels, rng: np.random.Generator, mirrored: Labels = MIRRORED
) -> tuple[Image, Labels]:
    """Mirror about half of a batch: images (B, H, W, 3), labels (B, H, W); `mirrored` as in `flip_labels`."""
    images, labels = images.copy(), labels.copy()
    which = rng.random(len(images)) < 0.5
    images[which] = images[which][:, :, ::-1]
    labels[which] = flip_labels(labels[which], mirrored)
    return images, labels


def _uniform(rng: np.random.Generator, low: float, high: float, shape: tuple[int, ...]) -> Tensor:
    return torch.from_numpy(rng.uniform(low, high, shape).astype(np.float32))


def colour(x: Tensor, rng: np.random.Generator, strength: float = 1.0) -> Tensor:
    """Random gain, offset and tint per image; x (B, 3, H, W) in -1..1."""
    b = len(x)
    gain = 1 + strength * (_uniform(rng, -0.25, 0.25, (b, 1, 1, 1)) + _uniform(rng, -0.08, 0.08, (b, 3, 1, 1)))
    return (x * gain + strength * _uniform(rng, -0.2, 0.2, (b, 1, 1, 1))).clamp(-1, 1)


def noise(x: Tensor, rng: np.random.Generator, most: float = 0.08) -> Tensor:
    """White noise with a standard deviation of 0..`most` per image, on half of the images; x in -1..1."""
    sigma = _uniform(rng, -most, most, (len(x), 1, 1, 1)).clamp_(min=0)
    white = torch.from_numpy(rng.standard_normal(x.shape, dtype=np.float32))
    return (x + sigma * white).clamp(-1, 1)


def jpeg(images: Image, rng: np.random.Generator, share: float = 0.3, lowest: int = 30) -> Image:
    """Compress a share of the images with a random JPEG quality from `lowest` to 95; images (B, H, W, 3)."""
    out = images.copy()
    for i in np.flatnonzero(rng.random(len(images)) < share):
        quality = int(rng.integers(lowest, 96))
        _, data = cv2.imencode(".jpg", images[i], [cv2.IMWRITE_JPEG_QUALITY, quality])
        out[i] = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return out


def grey(images: Image, rng: np.random.Generator, share: float = 0.1) -> Image:
    """Take the colours of a share of the images (B, H, W, 3): all channels get their mean."""
    out = images.copy()
    for i in np.flatnonzero(rng.random(len(images)) < share):
        out[i] = images[i].mean(2, keepdims=True).astype(np.uint8)
    return out


def shrink_and_enlarge(image: Image, less: int) -> Image:
    """An image (S, S, 3) shrunk to `less` pixels by area and enlarged again by bilinear interpolation."""
    small = cv2.resize(image, (less, less), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def grain(image: Image, rng: np.random.Generator, least: float, most: float, channels: int = 3) -> Image:
    """White noise of a standard deviation of `least`..`most` grey levels on an image (H, W, 3); 1 channel for grey."""
    shape = (*image.shape[:2], channels)
    noisy = image + rng.uniform(least, most) * rng.standard_normal(shape, dtype=np.float32)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def soften(images: Image, rng: np.random.Generator, share: float = 0.5) -> Image:
    """Blur a share of images (B, S, S, 3): half of it by a Gaussian, half by shrinking to 35..90 % and enlarging.

    The Gaussian has a sigma of 0.3..1.6 pixels at 128.
    """
    out, size = images.copy(), images.shape[1]
    for i in np.flatnonzero(rng.random(len(images)) < share):
        if rng.random() < 0.5:
            out[i] = cv2.GaussianBlur(images[i], (0, 0), float(rng.uniform(0.3, 1.6)) * size / 128)
        else:
            out[i] = shrink_and_enlarge(images[i], max(int(size * rng.uniform(0.35, 0.9)), 8))
    return out


def shade(image: Floats, rng: np.random.Generator, strength: float = 0.35) -> Floats:
    """Uneven light on an image (S, S, 3) in 0..1: exponents of a field of 4 x 4 random values, smoothly enlarged."""
    field = cv2.resize(
        rng.normal(0, strength, (4, 4)).astype(np.float32), image.shape[1::-1], interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(image ** np.exp(field)[..., None], np.float32)


def photographed(images: Image, rng: np.random.Generator) -> Image:
    """Pictures (B, S, S, 3) as cameras, films and prints show them: tones, light, grey and brown, blur, JPEG."""
    out = images.astype(np.float32) / 255
    for i in range(len(out)):
        out[i] **= np.exp(rng.normal(0, 0.35))
        if rng.random() < 0.5:
            out[i] = shade(out[i], rng)
        if rng.random() < 0.25:
            tint = 1 + rng.uniform(0, 1) * rng.normal(0, 0.08, 3) if rng.random() < 0.5 else np.ones(3)
            out[i] = np.clip(cv2.cvtColor(out[i], cv2.COLOR_RGB2GRAY)[..., None] * tint, 0, 1)
        low, high = rng.uniform(-0.1, 0.25), rng.uniform(0.75, 1.2)
        out[i] = low + (high - low) * out[i]
    small = np.clip(np.rint(out * 255), 0, 255).astype(np.uint8)
    return jpeg(soften(small, rng, share=0.35), rng, share=0.3)


def hide_some(images: Image, labels: Labels, rng: np.random.Generator, share: float) -> tuple[Image, Labels]:
    """Put obstacles before a share of images (B, S, S, 3), which are background in their labels (B, S, S)."""
    images, labels = images.copy(), labels.copy()
    for i in np.flatnonzero(rng.random(len(images)) < share):
        images[i], covered = obstruct(images[i], rng, most=2)
        labels[i][covered > 0.5] = 0
    return images, labels


def placement(
    count: int, rng: np.random.Generator, shift: float = 0.05, scale: float = 0.06, turn: float = 4.0
) -> Tensor:
    """Random affine maps (count, 2, 3) for `warp`: shift in image widths, relative scale, turn in degrees."""
    angle = np.deg2rad(rng.uniform(-turn, turn, count))
    size = 1 + rng.uniform(-scale, scale, count)
    maps = np.zeros((count, 2, 3), np.float32)
    maps[:, 0, 0] = maps[:, 1, 1] = np.cos(angle) * size
    maps[:, 0, 1] = -np.sin(angle) * size
    maps[:, 1, 0] = np.sin(angle) * size
    maps[:, :, 2] = 2 * rng.uniform(-shift, shift, (count, 2))
    return torch.from_numpy(maps)


def warp(x: Tensor, maps: Tensor, nearest: bool = False) -> Tensor:
    """Apply the maps of `placement` to x (B, C, H, W); edges are repeated; `nearest` for labels."""
    grid = F.affine_grid(maps, list(x.shape), align_corners=False)
    mode = "nearest" if nearest else "bilinear"
    return F.grid_sample(x, grid, mode=mode, padding_mode="border", align_corners=False)


def disturb(
    images: Image, rng: np.random.Generator, strength: float = 1.0, most: float = 0.08, **limits: float
) -> tuple[Tensor, Tensor]:
    """`colour`, `placement` and `noise` of images (B, H, W, 3): (B, 3, H, W) in -1..1, and the maps for the labels."""
    x = colour(to_tensor(images), rng, strength)
    maps = placement(len(x), rng, **limits)
    return noise(warp(x, maps), rng, most), maps
