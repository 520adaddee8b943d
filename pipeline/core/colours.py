"""Colours of photographs: conversion between an ICC profile and sRGB, and to L*a*b* and back; luma."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.types import Floats, Image

if TYPE_CHECKING:
    from PIL import ImageCms

GREY = 8
"""Largest difference of the channels of black-and-white pictures, grey levels of 255: compression tints them."""
TOLERANCE = 2
"""Largest difference, in grey levels of 255, of a profile that is treated as sRGB."""
BT601 = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the luma of ITU-R BT.601."""


def luma(image: Image | Floats) -> Floats:
    """BT.601 luma (H, W) of RGB (H, W, 3), float32 in the units of the image."""
    return np.asarray(image, np.float32) @ BT601


def to_lab(image: Image) -> Floats:
    """CIE L*a*b* (H, W, 3), float32, of an sRGB image, uint8 (H, W, 3)."""
    import cv2

    return np.asarray(cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def from_lab(lab: Floats) -> Image:
    """The sRGB image, uint8 (H, W, 3), nearest to CIE L*a*b* (H, W, 3)."""
    import cv2

    rgb = cv2.cvtColor(np.asarray(lab, np.float32), cv2.COLOR_LAB2RGB)
    return np.asarray(np.rint(np.clip(255 * rgb, 0, 255)), np.uint8)


def to_srgb(image: Image, icc: bytes | None) -> Image:
    """RGB uint8 (H, W, 3) with the colour profile `icc`, as sRGB; colours outside its gamut are clipped.

    The image itself is returned for no profile, and for one that is broken, not of RGB, or sRGB.
    """
    transforms = _transforms(icc) if icc else None
    return image if transforms is None else _applied(transforms[0], image)


def from_srgb(image: Image, icc: bytes | None) -> Image:
    """RGB uint8 (H, W, 3) in sRGB, in the colours of the profile `icc`: the inverse of `to_srgb`."""
    transforms = _transforms(icc) if icc else None
    return image if transforms is None else _applied(transforms[1], image)


@lru_cache(maxsize=8)
def _transforms(icc: bytes) -> "tuple[ImageCms.ImageCmsTransform, ImageCms.ImageCmsTransform] | None":
    """Transforms to sRGB and from it; None if no conversion is needed."""
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
    differs = np.abs(_applied(there, probe).astype(int) - probe).max() > TOLERANCE
    return (there, back) if differs else None


def _applied(transform: "ImageCms.ImageCmsTransform", image: Image) -> Image:
    from PIL import Image as pillow
    from PIL import ImageCms

    converted = ImageCms.applyTransform(pillow.fromarray(np.ascontiguousarray(image)), transform)
    return np.array(converted, np.uint8)


def is_colourless(image: Image) -> bool:
    """Whether a picture, uint8 (H, W, 3), is black and white: no pixel's channels differ by more than `GREY` levels."""
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]  # a reduction over an axis of three is slow
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return bool((most - least).max(initial=0) <= GREY)


def grey_change(change: Floats) -> Floats:
    """BT.601 luma of an RGB difference (H, W, 3), float32 (H, W, 1)."""
    return luma(change)[:, :, None]
