"""Recipe of the face restorer: a NAFNet that undoes what old and small photographs of faces suffer, all at once."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.tensors import UNIT, to_tensor, to_uint8
from pipeline.training import augment
from pipeline.training.recipe import Batch, Moment, PartRecipe
from postprocess.labels import CLASSES, FEATURES, CelebAMask

# A step sees crops or, a quarter as many, whole portraits: crops alone do not teach where a face's parts lie.
CROP, CROP_SHARE = 128, 0.6
# By class of CelebAMask-HQ: what people look at counts more, nose and hair a little.
WEIGHTS = np.ones(len(CLASSES), np.float32)
WEIGHTS[[*FEATURES, CelebAMask.GLASSES]] = 4
WEIGHTS[[CelebAMask.NOSE, CelebAMask.HAIR]] = 1.5


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A poor copy of an image (S, S, 3): blurred, shrunk, noisy, compressed, each of them with a chance of its own.

    Blur and noise are in pixels and grey levels at 256. About one in twenty stays as it is.
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


def _grain(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    shape = image.shape if rng.random() < 0.6 else (*image.shape[:2], 1)
    noise = rng.uniform(1, 24) * rng.standard_normal(shape, dtype=np.float32)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def _compressed(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return augment.jpeg(image[None], rng, share=1.0, lowest=25)[0]


def moved(image: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """An image (S, S, 3) and its labels (S, S), half of the time mirrored, and half of the time turned, shifted, scaled
    by 0.8 to 1.25: photos are aligned by a detector, and faces fill a little more or less of their square."""
    if rng.random() < 0.5:
        image, labels = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(labels[:, ::-1])
    if rng.random() < 0.5:
        return image, labels
    size = len(image)
    matrix = cv2.getRotationMatrix2D(((size - 1) / 2,) * 2, rng.uniform(-8, 8), float(np.exp(rng.uniform(-0.22, 0.22))))
    matrix[:, 2] += rng.uniform(-0.08, 0.08, 2) * size
    place, edge = (size, size), cv2.BORDER_REFLECT
    image = cv2.warpAffine(image, matrix, place, flags=cv2.INTER_CUBIC, borderMode=edge)
    return image, cv2.warpAffine(labels, matrix, place, flags=cv2.INTER_NEAREST, borderMode=edge)


class FaceRestorerRecipe(PartRecipe):
    """L1 and gradient loss, both heavier where people look."""

    rate = 1e-3
    batch_size = 16
    minutes = 45.0
    memory_format = torch.contiguous_format  # as of the restorer

    def build(self) -> nn.Module:
        """The NAFNet at half size: RGB in 0..1, folded by `at_half_size`, to RGB in 0..1."""
        from postprocess.restoration import build_face_restorer

        net: nn.Module = build_face_restorer()
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Poor and clean images, both (B, 3, S, S) in -1..1, and pixel weights (B, 1, S, S); S a crop's or all."""
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
        pictures = (to_tensor(images) for images in (poor, clean))
        return *pictures, torch.from_numpy(np.stack(weight))[:, None]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Weighted L1 plus that of the gradients, of images in 0..1."""
        from postprocess.restoration import at_half_size

        poor, clean, weight = batch
        error = at_half_size(net, poor / 2 + 0.5) - (clean / 2 + 0.5)
        across = (error.diff(dim=3) * weight[:, :, :, 1:]).abs().mean()
        down = (error.diff(dim=2) * weight[:, :, 1:]).abs().mean()
        return ((error * weight).abs().mean() + across + down) / weight.mean()

    @torch.inference_mode()
    def metrics(self, net: nn.Module) -> dict[str, float]:
        """PSNR (dB) before and after on degraded and clean pictures, and the share of the degraded that gained."""
        from pipeline.core.images import psnr

        rng = np.random.default_rng(1)
        clean = np.asarray(self.context.held_out.rgb[:64])
        poor = np.stack([degrade(image, rng) for image in clean])
        figures: dict[str, float] = {}
        for name, images in {"degraded": poor, "clean": clean}.items():
            before = [psnr(a, b) for a, b in zip(images, clean, strict=True)]
            after = [psnr(self._restored(net, a), b) for a, b in zip(images, clean, strict=True)]
            figures |= {f"psnr_{name}_before": float(np.mean(before)), f"psnr_{name}_after": float(np.mean(after))}
            if name == "degraded":
                figures["better_share"] = float(np.mean(np.array(after) >= before))
        return figures

    def _restored(self, net: nn.Module, image: np.ndarray) -> np.ndarray:
        from postprocess.restoration import at_half_size

        x = to_tensor([image], None, self.context.device, UNIT)
        return np.asarray(to_uint8(at_half_size(net, x), UNIT)[0])
