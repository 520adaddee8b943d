"""Recipe of the face restorer: a NAFNet against the combined degradations of old and small photographs."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.tensors import to_tensor
from pipeline.core.types import Image
from pipeline.training import augment
from pipeline.training.data import RenderSet
from pipeline.training.recipe import Batch, Moment, PartRecipe
from pipeline.training.restorer import psnr_gain
from postprocess.labels import CLASSES, FEATURES, CelebAMask, Labels
from postprocess.restoration import at_half_size, build_face_restorer

# A batch holds crops or, a quarter as many, whole portraits: crops alone do not show the layout of a face.
CROP, CROP_SHARE = 128, 0.6
# Pixel weights by class of CelebAMask-HQ: more for the features.
WEIGHTS = np.ones(len(CLASSES), np.float32)
WEIGHTS[[*FEATURES, CelebAMask.GLASSES]] = 4
WEIGHTS[[CelebAMask.NOSE, CelebAMask.HAIR]] = 1.5


def degrade(image: Image, rng: np.random.Generator) -> Image:
    """A copy of an image (S, S, 3), blurred, shrunk, noisy and compressed, each at random; one in twenty unchanged.

    Blur is in pixels at 256, noise in grey levels.
    """
    size = len(image)
    if rng.random() < 0.05:
        return image
    if rng.random() < 0.75:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 2.5)) * size / 256)
    if rng.random() < 0.75:
        less = int(size / rng.uniform(1.2, 4.0))
        image = cv2.resize(image, (less, less), interpolation=cv2.INTER_AREA)
    before = rng.random() < 0.75
    if before:
        image = _grain(image, rng)
    if rng.random() < 0.3:
        image = _compressed(image, rng)
    if len(image) != size:
        method = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4)[int(rng.integers(3))]
        image = cv2.resize(image, (size, size), interpolation=method)
    if not before and rng.random() < 0.5:
        image = _grain(image, rng)
    return _compressed(image, rng) if rng.random() < 0.5 else image


def _grain(image: Image, rng: np.random.Generator) -> Image:
    return augment.grain(image, rng, 1, 24, channels=3 if rng.random() < 0.6 else 1)


def _compressed(image: Image, rng: np.random.Generator) -> Image:
    return augment.jpeg(image[None], rng, share=1.0, lowest=25)[0]


def moved(image: Image, labels: Labels, rng: np.random.Generator) -> tuple[Image, Labels]:
    """An image (S, S, 3) and its labels (S, S), half of the time mirrored, half of the time misaligned.

    Misaligned means turned by up to 8 degrees, shifted by up to 8 % and scaled by 0.8 to 1.25, as detectors align.
    """
    if rng.random() < 0.5:
        image, labels = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(labels[:, ::-1])
    if rng.random() < 0.5:
        return image, labels
    size = len(image)
    matrix = cv2.getRotationMatrix2D(((size - 1) / 2,) * 2, rng.uniform(-8, 8), float(np.exp(rng.uniform(-0.22, 0.22))))
    matrix[:, 2] += rng.uniform(-0.08, 0.08, 2) * size
    place, edge = (size, size), cv2.BORDER_REFLECT
    image = np.asarray(cv2.warpAffine(image, matrix, place, flags=cv2.INTER_CUBIC, borderMode=edge), np.uint8)
    labels = np.asarray(cv2.warpAffine(labels, matrix, place, flags=cv2.INTER_NEAREST, borderMode=edge), np.uint8)
    return image, labels


class FaceRestorerRecipe(PartRecipe):
    """L1 and gradient loss, both with larger weights on the features."""

    rate = 1e-3
    minutes = 45.0
    memory_format = torch.contiguous_format  # see RestorerRecipe
    photographs = True

    def build(self) -> nn.Module:
        """The NAFNet at half size: RGB in 0..1, folded by `at_half_size`, to RGB in 0..1."""
        return build_face_restorer()

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Poor and clean images, both (B, 3, S, S) in -1..1, and pixel weights (B, 1, S, S); S is CROP or full size."""
        full = self.data.rgb.shape[1]
        size = CROP if rng.random() < CROP_SHARE else full
        count = max(round(self.batch_size * (CROP / size) ** 2), 1)
        poor, clean, weight = [], [], []
        for i in np.sort(rng.integers(0, len(self.data), count)):
            image, labels = moved(np.array(self.data.rgb[i]), np.array(self.data.labels[i]), rng)
            top, left = rng.integers(0, full - size + 1, 2)
            window = (slice(top, top + size), slice(left, left + size))
            poor.append(degrade(image, rng)[window])
            clean.append(image[window])
            weight.append(WEIGHTS[labels[window]])
        return to_tensor(poor), to_tensor(clean), torch.from_numpy(np.stack(weight))[:, None]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Weighted L1 of the images in 0..1 plus that of their gradients."""
        poor, clean, weight = batch
        error = at_half_size(net, poor / 2 + 0.5) - (clean / 2 + 0.5)
        across = (error.diff(dim=3) * weight[:, :, :, 1:]).abs().mean()
        down = (error.diff(dim=2) * weight[:, :, 1:]).abs().mean()
        return ((error * weight).abs().mean() + across + down) / weight.mean()

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """PSNR (dB) before and after on degraded and clean images, and the share of degraded ones without a loss."""
        return {
            f"{prefix}{name}": value
            for prefix, held in self.held_out.items()
            for name, value in self._figures(net, held).items()
        }

    def _figures(self, net: nn.Module, held: RenderSet) -> dict[str, float]:
        rng = np.random.default_rng(1)
        clean = np.asarray(held.rgb[:64])
        poor = np.stack([degrade(image, rng) for image in clean])
        figures: dict[str, float] = {}
        for name, images in {"degraded": poor, "clean": clean}.items():
            before, after = psnr_gain(lambda x: at_half_size(net, x), images, clean, self.context.device, 1)
            figures |= {f"psnr_{name}_before": float(np.mean(before)), f"psnr_{name}_after": float(np.mean(after))}
            if name == "degraded":
                figures["better_share"] = float(np.mean(np.array(after) >= before))
        return figures
