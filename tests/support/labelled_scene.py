"""A small scene with known parsing and depth, and stand-ins for the nets, to test the steps without weights."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import torch

from pipeline.core.types import Edit, Floats, Frame, Image, Portrait, Translation

CPU = torch.device("cpu")


def labels(size: int, *, hat: bool = False, wide_hair: bool = False) -> np.ndarray:
    """A face of ellipses in the 19 classes of CelebAMask-HQ, uint8 (size, size)."""
    picture = np.zeros((8 * size, 8 * size), np.uint8)

    def ellipse(label: int, x: float, y: float, rx: float, ry: float) -> None:
        centre = (round((x + 1) * 4 * size), round((y + 1) * 4 * size))
        cv2.ellipse(picture, centre, (round(rx * 4 * size), round(ry * 4 * size)), 0, 0, 360, label, -1)

    ellipse(17, 0, -0.05, 0.78 if wide_hair else 0.62, 0.85)
    ellipse(16, 0, 1.2, 0.9, 0.3)
    ellipse(14, 0, 0.75, 0.3, 0.3)
    ellipse(1, 0, 0.1, 0.5, 0.65)
    for side in (0, 1):
        ellipse(2 + side, 0.5 * side - 0.25, -0.2, 0.12, 0.03)
        ellipse(4 + side, 0.5 * side - 0.25, -0.06, 0.1, 0.05)
    ellipse(10, 0, 0.12, 0.1, 0.18)
    ellipse(12, 0, 0.38, 0.18, 0.05)
    ellipse(13, 0, 0.43, 0.16, 0.05)
    if hat:
        ellipse(18, 0, -0.8, 0.6, 0.3)
    return picture[4::8, 4::8].copy()


def depth(classes: np.ndarray) -> np.ndarray:
    """Inverse depth of such a face: background 0.05, clothes 0.3, neck 0.4, hair 0.6, face up to 0.9 at the nose."""
    table = np.full(19, 0.75, np.float32)
    table[[0, 16, 14, 17, 10]] = 0.05, 0.3, 0.4, 0.6, 0.9
    return cv2.GaussianBlur(table[classes], (3, 3), 0)


def picture(classes: np.ndarray, seed: int) -> Image:
    """A colour per class, a gradient and some noise."""
    random = np.random.default_rng(seed)
    colours = random.integers(40, 216, (19, 3))
    slope = np.linspace(-20, 20, len(classes))[:, None, None]
    noise = random.normal(0, 4, (*classes.shape, 3))
    return np.clip(colours[classes] + slope + noise, 0, 255).astype(np.uint8)


class LeftHalf:
    """A matte whose every picture shows a person in its left half."""

    def share(self, image: Image) -> np.ndarray:
        return np.repeat(np.arange(image.shape[1])[None] < image.shape[1] // 2, len(image), 0).astype(np.float32)


@dataclass
class FakeModels:
    """Parser, depth and restorer in one: known answers for known images, `default` for all others."""

    default: np.ndarray
    known: dict[bytes, np.ndarray] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    matte: LeftHalf | None = None
    beard: Floats | None = None

    @property
    def parser(self) -> FakeModels:
        return self

    @property
    def depth(self) -> FakeModels:
        return self

    @property
    def restorer(self) -> FakeModels:
        return self

    def labels(self, images: list[Image]) -> np.ndarray:
        self.asked.append(len(images))
        return np.stack([self.known.get(image.tobytes(), self.default) for image in images])

    def inverse_depth(self, images: list[Image]) -> np.ndarray:
        return np.stack([depth(classes) for classes in self.labels(images)])

    def restore(self, images: list[Image]) -> np.ndarray:
        return np.stack([255 - image // 2 for image in images])


def edit(*names: str) -> Edit:
    """An edit of the given translations; its offsets are of no concern here."""
    return Edit("+".join(names), tuple((Translation(name, "toy", np.zeros((1, 2, 2))), 1.0) for name in names))


def scene(*names: str, size: int = 64, hat: bool = False) -> tuple[Frame, FakeModels]:
    """A raw frame of an edit that recolours everything and widens the hair, and models that know both images."""
    before, after = labels(size, hat=hat), labels(size, wide_hair=True)
    portrait = Portrait("one", picture(before, 1), None, "toy")
    frame = Frame(portrait, edit(*names), picture(after, 2), np.ones((size, size), np.float32))
    return frame, FakeModels(after, {portrait.image.tobytes(): before})
