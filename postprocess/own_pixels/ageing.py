"""Age on the portrait's own pixels: skin takes the mean shading of old skin where rendered people have it; to become
younger it loses that, and its own lines."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from pipeline.core.types import Floats, Image, Portrait, Translation
from pipeline.core.weights import load_state, read_metadata
from postprocess.guided_filter import guided, matte
from postprocess.labels import CelebAMask, Labels
from postprocess.masks import scaled
from postprocess.own_pixels.face_frame import places
from postprocess.own_pixels.motions import moved, origins

CODE = "A"
BOX = (0.16, 0.84, 0.14, 0.98)
"""Left, right, top and bottom of the shading in the mean face, shares of the side."""
STEP = 1 / 200
"""Log ratio of luminance that a unit of the stored shading stands for."""
SKIN = (CelebAMask.SKIN, CelebAMask.NOSE)
YOUNGEST, OLDEST = -0.5, 1.3
"""Farthest positions on the way from young to old: latents are hesitant, so that 0 is not enough for old people."""
SURER = 3.0
"""How many times farther from the middle between men and women latents are taken to be: they are hesitant there too."""
PHOTOGRAPHS = 2.2
"""Factor of the shading in photographs: their skin has lines of its own, and less is not seen."""
SMOOTHER = 1.2
"""Share of the lines that is smoothed per way from old to young, at most all of them."""
RADIUS, CREASE, PORES = 7.0, 0.3, 0.5
"""Radius in pixels at 512 and log ratio of light up to which lines are smoothed, and sigma of the pores, which stay."""
SEEN = 0.02
"""Share of skin, and pixels of motion at 256, up to which the picture stays as it is."""
BLACK = 0.004
"""Linear light added before ratios are taken: those of shadows would be noise."""


@dataclass(frozen=True, eq=False)
class Ageing:
    """What age does to rendered people.

    Attributes:
        shading: Mean log ratio of linear RGB of old to young skin, float32 (n, n, 3), over BOX; 0 where no skin is.
        motions: Mean motion of men and women from young to old, float32 (2, m, m, 2) in shares of the side.
        mean: Anchors of the mean face, see `face_frame`.
        axes: Of latents, float32 (2, dim): from young to old, from men to women; both 0 to 1 after `origin` (2,).
        power: Of the position between young and old, how much of the whole change is there; below 0, of its opposite.
    """

    shading: Floats
    motions: Floats
    mean: Floats
    axes: Floats
    origin: Floats
    power: float

    def amount(self, portrait: Portrait, move: Translation, strength: float) -> float:
        """Share of the whole way from young to old that a move goes, negative towards young.

        In photographs it does not depend on how old the person is: latents do not know it there.
        """
        step = self._step(move, strength)
        if portrait.crop is not None:
            return PHOTOGRAPHS * step
        start = self.position(portrait)[0]
        return self._share(start + step) - self._share(start)

    def smoothing(self, portrait: Portrait, move: Translation, strength: float) -> float:
        """Share of its own lines, 0..1, that a portrait loses by a move towards young.

        Unlike `amount` it has no end where the portrait seems to be young: what its latent does not know is smoothed.
        """
        younger = -self._step(move, strength)
        return float(np.clip(SMOOTHER * (PHOTOGRAPHS if portrait.crop is not None else 1) * younger, 0, 1))

    def position(self, portrait: Portrait) -> Floats:
        """Of a portrait with a latent: how old, 0 young to 1 old, and how far from men to women; float32 (2,)."""
        assert portrait.latent is not None
        return np.asarray(self.axes @ portrait.latent.mean(0) - self.origin, np.float32)

    def woman(self, portrait: Portrait) -> float:
        """How much a portrait with a latent moves as women do, 0..1; the rest as men."""
        return float(np.clip(0.5 + SURER * (self.position(portrait)[1] - 0.5), 0, 1))

    def _step(self, move: Translation, strength: float) -> float:
        """How far a move goes from young (0) to old (1)."""
        return float(self.axes[0] @ move.displacement(strength).mean(0))

    def _share(self, position: float) -> float:
        held = float(np.clip(position, YOUNGEST, OLDEST))
        return float(np.copysign(abs(held) ** self.power, held))

    def on(self, labels: Labels) -> Floats | None:
        """The shading (S, S, 3) on a face of classes (S, S), with edges still hard; None where it is hardly seen."""
        import cv2

        found = places(labels, self.mean)
        if found is None:
            return None
        left, right, top, bottom = BOX
        x, y = (found[0] - left) / (right - left), (found[1] - top) / (bottom - top)
        x, y = (np.asarray(each * len(self.shading) - 0.5, np.float32) for each in (x, y))
        return np.asarray(cv2.remap(self.shading, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT), np.float32)

    def of(self, portrait: Portrait, labels: Labels) -> Floats | None:
        """`on` the classes (S, S) of a portrait, computed once for each size."""
        return portrait.maps.get(f"ageing {len(labels)}", lambda: self.on(labels))


class HasAgeing(Protocol):
    """Opened models with what age does; None for a set that does not know it."""

    @property
    def ageing(self) -> Ageing | None: ...


def load_ageing(path: Path) -> Ageing:
    """Ageing from a file; raises MissingWeights for an unreadable one."""
    import cv2

    state = {name: each.float().numpy() for name, each in load_state(path).items()}
    more = json.loads(read_metadata(path)["ageing"])
    luminance = state["luminance"] * np.float32(STEP)
    colour = cv2.resize(state["colour"], luminance.shape, interpolation=cv2.INTER_CUBIC)
    origin = np.asarray(more["origin"], np.float32)
    shading = np.asarray(luminance[:, :, None] + colour, np.float32)
    return Ageing(shading, state["motions"], state["mean"], state["axes"], origin, float(more["power"]))


def shaded(image: Image, labels: Labels, shading: Floats, amount: float) -> tuple[Image, Floats]:
    """A face whose skin is shaded.

    Args:
        image: uint8 (S, S, 3).
        labels: Its classes (S, S).
        shading: Log ratio of linear RGB (S, S, 3), see `Ageing.on`.
        amount: Factor of it.

    Returns:
        uint8 (S, S, 3), and where it is new, float32 (S, S), 0 or 1.
    """
    skin = matte(np.isin(labels, SKIN), image)
    change = np.float32(amount) * skin[:, :, None] * shading
    new = (skin > SEEN) & (shading != 0).any(2) & (amount != 0)
    light = np.clip((linear(image) + np.float32(BLACK)) * np.exp(change) - np.float32(BLACK), 0, 1)
    return np.where(new[:, :, None], encoded(light), image), new.astype(np.float32)


def smoothed(image: Image, labels: Labels, share: float) -> tuple[Image, Floats]:
    """A face with smoother skin: a younger one has neither the mean lines nor its own.

    Args:
        image: uint8 (S, S, 3).
        labels: Its classes (S, S).
        share: How much of the lines is lost, 0..1.

    Returns:
        uint8 (S, S, 3), and where it is new, float32 (S, S), 0 or 1.
    """
    import cv2

    seen = np.isin(labels, SKIN)
    weight = np.float32(share) * matte(seen, image)
    light = np.log(linear(image) + np.float32(BLACK))
    low = cv2.GaussianBlur(light, (0, 0), scaled(PORES, labels.shape))
    even = guided(low / np.float32(CREASE), seen.astype(np.float32), scaled(RADIUS, labels.shape), 1.0)
    change = weight[:, :, None] * (np.float32(CREASE) * even - low)
    new = weight > SEEN
    result = encoded(np.clip(np.exp(light + change) - np.float32(BLACK), 0, 1))
    return np.where(new[:, :, None], result, image), new.astype(np.float32)


def shifted(image: Image, motion: Floats) -> tuple[Image, Floats]:
    """A face (S, S, 3) whose pixels move by (m, m, 2) in shares of the side, and where it is new, (S, S), 0 or 1."""
    import cv2

    side = len(image)
    field = cv2.resize(motion, (side, side), interpolation=cv2.INTER_CUBIC) * np.float32(side)
    came = origins(np.asarray(field, np.float32))
    new = np.hypot(came[..., 0], came[..., 1]) * 256 / side > SEEN
    return np.where(new[:, :, None], moved(image, came), image), new.astype(np.float32)


def linear(image: Image) -> Floats:
    """Linear light (H, W, 3), 0..1, of an sRGB image (IEC 61966-2-1)."""
    levels = np.arange(256, dtype=np.float64) / 255
    table = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return np.asarray(table.astype(np.float32)[image], np.float32)


def encoded(light: Floats) -> Image:
    """The sRGB image (H, W, 3) of linear light, 0..1."""
    value = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * value), np.uint8)
