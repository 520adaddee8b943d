"""Colours of photographs whose profile is another than sRGB, to sRGB, which nets and screens know, and back."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.types import Floats, Image

if TYPE_CHECKING:
    from PIL import ImageCms

GREY = 8
"""Grey levels (of 255) by which the channels of black-and-white pictures differ at most: compression tints them."""
SAME = 2
"""Grey levels (of 255) by which a profile may differ from sRGB and still pass for it."""


def to_srgb(image: Image, icc: bytes | None) -> Image:
    """RGB uint8 (H, W, 3) with the colour profile `icc`, as sRGB; what is more vivid than sRGB can be is clipped.

    Returned as it is without a profile, and with one that is broken, not of RGB, or sRGB itself.
    """
    transforms = _transforms(icc) if icc else None
    return image if transforms is None else _applied(transforms[0], image)


def from_srgb(image: Image, icc: bytes | None) -> Image:
    """RGB uint8 (H, W, 3) in sRGB, as the colour profile `icc` has it: the way back of `to_srgb`."""
    transforms = _transforms(icc) if icc else None
    return image if transforms is None else _applied(transforms[1], image)


@lru_cache(maxsize=8)
def _transforms(icc: bytes) -> "tuple[ImageCms.ImageCmsTransform, ImageCms.ImageCmsTransform] | None":
    """From the profile to sRGB, and back; none where nothing is to be converted."""
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        if own.profile.xcolor_space.strip() != "RGB":
            return None
        srgb = ImageCms.createProfile("sRGB")
        intent, flags = ImageCms.Intent.RELATIVE_COLORIMETRIC, ImageCms.Flags.BLACKPOINTCOMPENSATION
        there = ImageCms.buildTransform(own, srgb, "RGB", "RGB", intent, flags)
        back = ImageCms.buildTransform(srgb, own, "RGB", "RGB", intent, flags)
    except (ImageCms.PyCMSError, OSError):
        return None
    levels = np.arange(0, 256, 51, dtype=np.uint8)
    probe = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    differs = np.abs(_applied(there, probe).astype(int) - probe).max() > SAME
    return (there, back) if differs else None


def _applied(transform: "ImageCms.ImageCmsTransform", image: Image) -> Image:
    from PIL import Image as pillow
    from PIL import ImageCms

    converted = ImageCms.applyTransform(pillow.fromarray(np.ascontiguousarray(image)), transform)
    return np.array(converted, np.uint8)


def is_colourless(image: Image) -> bool:
    """Whether a picture, uint8 (H, W, 3), is black and white: no pixel's channels differ by more than `GREY` levels."""
    return bool((image.max(axis=2) - image.min(axis=2)).max(initial=0) <= GREY)


def grey_change(change: Floats) -> Floats:
    """The luma (BT.601) of a change of RGB in grey levels, float32 (H, W, 1)."""
    return np.asarray(change, np.float32) @ np.array([[0.299], [0.587], [0.114]], np.float32)
