"""Edited crops put back into their photographs; unchanged pixels stay bit by bit."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.colours import grey_change
from pipeline.core.crop import Crop
from pipeline.core.errors import BadInput
from pipeline.core.types import Floats, Frame, Image, Portrait
from pipeline.photo.photo import Photo, Pixels

if TYPE_CHECKING:
    from pipeline.core.model_sets import ModelSet


FEATHER, EDGE = 6.0, 32.0
"""Over how many pixels (of 512) an edit fades in from the border of its support, and from the crop's edge."""


def put_back(
    photo: Photo, crop: Crop, original_crop: Image, edited_crop: Image, support: Floats | None = None
) -> Pixels:
    """Pixels of the photo with the edit of its crop, see `paste_back`; the crops are sRGB, and take on its profile."""
    original, edited = photo.own(original_crop), photo.own(edited_crop)
    return paste_back(photo.pixels, crop, original, edited, support, photo.colourless)


def put_back_all(photo: Photo, original: Image, edited: Image) -> Pixels:
    """Pixels of the photo with an edit of all of it: nothing fades towards its edges.

    original, edited: the photo in sRGB, at any one size; their difference is enlarged or shrunk to the photo's.
    """
    import cv2

    result = photo.pixels.copy()
    change = photo.own(edited).astype(np.float32) - photo.own(original).astype(np.float32)
    size = result.shape[1], result.shape[0]
    if change.shape[:2] != result.shape[:2]:
        method = cv2.INTER_AREA if len(change) > len(result) else cv2.INTER_CUBIC
        change = np.asarray(cv2.resize(change, size, interpolation=method), np.float32)
    _add(result, change, photo.colourless)
    return result


def paste_back(
    photo: Pixels,
    crop: Crop,
    original_crop: Image,
    edited_crop: Image,
    support: Floats | None = None,
    colourless: bool = False,
) -> Pixels:
    """A copy of the photo with the edit of its crop: photo + mask * (edited crop - original crop), warped back.

    photo: uint8 or uint16, any channels · original_crop, edited_crop: uint8 (S, S, 3), at any one size · support: float
    (S, S) in 0..1, where the edit may differ, everywhere if none. What the crop lost of the photo's sharpness is not in
    the difference and so stays; where nothing changed, and outside the support, the pixels are the photo's, bit by bit.
    """
    import cv2

    if photo.shape[:2] != (crop.height, crop.width):
        raise BadInput(
            f"The photo is {photo.shape[1]} x {photo.shape[0]} pixels, the crop was cut from one of {crop.width} x "
            f"{crop.height}: it is another photo."
        )
    if original_crop.shape != edited_crop.shape:
        raise BadInput(f"The crop has the shape {original_crop.shape}, its edit {edited_crop.shape}: use one size.")
    change = edited_crop.astype(np.float32) - original_crop.astype(np.float32)
    support = np.ones(change.shape[:2], np.float32) if support is None else support
    weight = feathered(support)
    size = min(len(change), max(int(np.ceil(crop.side)), 1))
    if size < len(change):  # averaged first: a warp alone would only look at some of the pixels
        change, weight = (cv2.resize(each, (size, size), interpolation=cv2.INTER_AREA) for each in (change, weight))
    quad = np.asarray(crop.quad)
    left, top = np.maximum(np.floor(quad.min(0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(quad.max(0)).astype(int) + 1, (crop.width, crop.height))
    result = photo.copy()
    if left >= right or top >= bottom:
        return result
    matrix, whole = crop.to_crop(size), crop.to_crop(len(support))
    for each in (matrix, whole):
        each[:, 2] += each[:, :2] @ [left, top]
    place, back = (int(right - left), int(bottom - top)), cv2.WARP_INVERSE_MAP
    mask = cv2.warpAffine(weight, matrix, place, flags=cv2.INTER_LINEAR | back)
    # Averages reach beyond the support and the crop's edge.
    mask *= cv2.warpAffine((support > 0).astype(np.uint8), whole, place, flags=cv2.INTER_NEAREST | back)
    change = cv2.warpAffine(change, matrix, place, flags=cv2.INTER_CUBIC | back, borderMode=cv2.BORDER_REPLICATE)
    change *= mask[:, :, None]
    _add(result[top:bottom, left:right], change, colourless)
    return result


def feathered(support: Floats) -> Floats:
    """Weight of an edit's difference, float32 (S, S): 0 outside the support and at the crop's edge, soon 1 inside.

    The support's own values are not used again: the edited crop is mixed by them already.
    """
    from postprocess.masks import alpha_from_distance, distance_to, scaled

    # What is interpolated between pixels must be 0 wherever the nearest of them is outside, and beyond the edge.
    inside = np.maximum(distance_to(support <= 0) - np.float32(1.5), 0)
    places = np.arange(len(support), dtype=np.float32)
    edge = np.minimum(places, places[::-1])
    frame = np.minimum(edge[:, None], edge[None, :])
    fades = ((inside, FEATHER), (frame, EDGE))
    alphas = [alpha_from_distance(distance, scaled(margin, support.shape)) for distance, margin in fades]
    return np.asarray(alphas[0] * alphas[1], np.float32)


def _add(pixels: Pixels, change: Floats, colourless: bool) -> None:
    """Add a change of RGB in grey levels to pixels of any kind, in place; a photo without colour takes its luma."""
    most = np.iinfo(pixels.dtype).max
    colours = 1 if pixels.ndim == 2 or pixels.shape[2] == 2 else 3
    own = pixels if pixels.ndim == 3 else pixels[:, :, None]
    if colours == 1 or colourless:
        change = grey_change(change)
    sum_ = own[:, :, :colours] + change * np.float32(most / 255)
    own[:, :, :colours] = np.clip(np.rint(sum_), 0, most).astype(pixels.dtype)


def paste(photo: Photo, frame: Frame, recipe: Mapping[str, Any]) -> Photo:
    """The photo with a finished frame of its crop; `recipe` is noted, and the edit's moves with it."""
    pass

    crop = crop_of(frame.portrait)
    pixels = put_back(photo, crop, frame.portrait.image, frame.image, frame.support)
    moves = {move.name: round(float(strength), 4) for move, strength in frame.edit.moves}
    return replace(photo, pixels=pixels, recipe={**recipe, "edits": moves})


def crop_of(portrait: Portrait) -> Crop:
    """Where a portrait lies in its photo; BadInput when it is not cut from one."""
    if not isinstance(portrait.crop, Crop):
        raise BadInput(f"{portrait.name} was not cut from a photo.")
    return portrait.crop


def recipe_of(model_set: "ModelSet", steps: Iterable[str]) -> dict[str, Any]:
    """Entries of an edited photo's metadata besides its edits: model set, latent space and names of the steps."""
    return {"models": model_set.name, "space": model_set.space, "steps": list(steps)}
