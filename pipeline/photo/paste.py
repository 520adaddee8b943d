"""Paste-back of edited crops into their photographs; unchanged pixels keep their bits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.colours import grey_change
from pipeline.core.crop import Crop, Points, apply
from pipeline.core.errors import BadInput
from pipeline.core.types import Floats, Frame, Image, PixelMotion, Portrait
from pipeline.photo.photo import Photo, Pixels

if TYPE_CHECKING:
    from pipeline.core.model_sets import ModelSet


Box = tuple[int, int, int, int]
"""Left, top, right and bottom in a photo, pixels."""
FEATHER, EDGE = 6.0, 32.0
"""Widths, pixels at 512, over which an edit fades in from the border of its support and from the crop's edge."""


def put_back(
    photo: Photo,
    crop: Crop,
    original_crop: Image,
    edited_crop: Image,
    support: Floats | None = None,
    motion: PixelMotion | None = None,
) -> Pixels:
    """`paste_back` of sRGB crops, converted to the photo's colour profile; raises BadInput as it does."""
    original, edited = photo.own(original_crop), photo.own(edited_crop)
    return paste_back(photo.pixels, crop, original, edited, support, motion, photo.colourless)


def put_back_all(photo: Photo, original: Image, edited: Image) -> Pixels:
    """Pixels of the photo with an edit of the whole photo, which does not fade towards the edges.

    Args:
        original: The photo's sRGB image at any size.
        edited: The same image edited; their difference is resized to the photo.
    """
    import cv2

    result, rows = photo.pixels.copy(), slice(None)
    if original.shape[:2] == result.shape[:2]:  # faces take a part of a photo
        changed = np.flatnonzero((original != edited).any(axis=(1, 2)))
        if not len(changed):
            return result
        rows = slice(changed[0], changed[-1] + 1)
    change = photo.own(edited[rows]).astype(np.float32) - photo.own(original[rows]).astype(np.float32)
    if original.shape[:2] != result.shape[:2]:
        method = cv2.INTER_AREA if len(change) > len(result) else cv2.INTER_CUBIC
        change = np.asarray(cv2.resize(change, result.shape[1::-1], interpolation=method), np.float32)
    _add(result[rows], change, photo.colourless)
    return result


def paste_back(
    photo: Pixels,
    crop: Crop,
    original_crop: Image,
    edited_crop: Image,
    support: Floats | None = None,
    motion: PixelMotion | None = None,
    colourless: bool = False,
) -> Pixels:
    """A copy of the photo with the edit of its crop: photo + mask * (edited crop - original crop), warped back.

    The photo keeps the sharpness that its crop lost, which is not in the difference. Where pixels of the crop have
    moved, those of the photo move as far, and the rest of the difference is added: else fine detail would stay behind.
    Pixels without a change, and those outside the support, keep their bits.

    Args:
        photo: uint8 or uint16, any channels.
        crop: Position of the crop in the photo.
        original_crop: uint8 (S, S, 3) at any size.
        edited_crop: uint8 (S, S, 3).
        support: float32 (S, S) in 0..1, where the edit may differ; None: everywhere.
        motion: Of the crop's pixels, (S, S, 2), see `Frame`.

    Raises:
        BadInput: A photo of another size than the crop's, or crops of two sizes.
    """
    import cv2

    from postprocess.own_pixels.motions import moved

    if photo.shape[:2] != (crop.height, crop.width):
        raise BadInput(
            f"The photo is {photo.shape[1]} x {photo.shape[0]} pixels, the crop was cut from one of {crop.width} x "
            f"{crop.height}: use the photo that it was cut from."
        )
    if original_crop.shape != edited_crop.shape:
        raise BadInput(f"The crop has the shape {original_crop.shape}, its edit {edited_crop.shape}: use one size.")
    change = edited_crop.astype(np.float32) - original_crop.astype(np.float32)
    support = np.ones(change.shape[:2], np.float32) if support is None else support
    weight = feathered(support)
    quad, result = np.asarray(crop.quad), photo.copy()
    left, top = np.maximum(np.floor(quad.min(0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(quad.max(0)).astype(int) + 1, (crop.width, crop.height))
    if left >= right or top >= bottom:
        return result
    box = int(left), int(top), int(right), int(bottom)
    # Averages reach beyond the support and the crop's edge.
    whole = _warped((support > 0).astype(np.float32), crop, box, cv2.INTER_NEAREST)
    mask = _warped(weight, crop, box, cv2.INTER_LINEAR) * whole
    change = _warped(change, crop, box, cv2.INTER_CUBIC) * mask[:, :, None]
    if motion is not None:
        field = _shift(motion, np.minimum(support, weight))
        along = moved(original_crop, field).astype(np.float32) - original_crop
        own = _moved_photo(photo, crop, box, field) - _warped(along, crop, box, cv2.INTER_CUBIC)
        change += own * whole[:, :, None]
    _add(result[top:bottom, left:right], change, colourless)
    return result


def _warped(values: Floats, crop: Crop, box: Box, method: int) -> Floats:
    """Values of a crop, (S, S) or (S, S, k), at the pixels of a box of its photo; single ones are 0 beyond the crop."""
    import cv2

    size = min(len(values), max(int(np.ceil(crop.side)), 1))
    if size < len(values) and method != cv2.INTER_NEAREST:  # averaged first: a warp alone would skip pixels
        values = np.asarray(cv2.resize(values, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    matrix = crop.to_crop(len(values))
    matrix[:, 2] += matrix[:, :2] @ box[:2]
    border = cv2.BORDER_CONSTANT if values.ndim == 2 else cv2.BORDER_REPLICATE
    place, flags = (box[2] - box[0], box[3] - box[1]), method | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(values, matrix, place, flags=flags, borderMode=border), np.float32)


def _shift(motion: PixelMotion, share: Floats) -> Floats:
    """A motion, (S, S, 2), as far as it is seen and has a share (S, S): it ends without an edge."""
    from postprocess.own_pixels.motions import moving

    field = motion.astype(np.float32)
    return np.asarray(field * np.minimum(moving(field), share)[:, :, None], np.float32)


def _moved_photo(photo: Pixels, crop: Crop, box: Box, field: Floats) -> Floats:
    """What a motion (S, S, 2) of the crop's pixels changes in a box of the photo, (h, w, 3) or (h, w, 1), 0..255."""
    import cv2

    shift = _warped(field, crop, box, cv2.INTER_LINEAR) @ crop.to_photo(len(field))[:, :2].T.astype(np.float32)
    left, top, right, bottom = box
    margin = int(np.ceil(np.abs(shift).max())) + 2
    first = max(left - margin, 0), max(top - margin, 0)
    around = photo[first[1] : bottom + margin, first[0] : right + margin]
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    x, y = x - shift[..., 0] - first[0], y - shift[..., 1] - first[1]
    came = cv2.remap(around, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    change = came.astype(np.float32) - photo[top:bottom, left:right]
    change = change if change.ndim == 3 else change[:, :, None]
    return change[:, :, : _colours(photo)] * np.float32(255 / np.iinfo(photo.dtype).max)


def feathered(support: Floats) -> Floats:
    """Weight of an edit's difference, float32 (S, S): 0 outside the support and at the crop's edge, rising to 1 inside.

    The values of the support itself are already in the edited crop.
    """
    from postprocess.masks import alpha_from_distance, distance_to, scaled

    # Interpolated weights must be 0 where the nearest pixel is outside the support or beyond the edge.
    inside = np.maximum(distance_to(support <= 0) - np.float32(1.5), 0)
    places = np.arange(len(support), dtype=np.float32)
    edge = np.minimum(places, places[::-1])
    frame = np.minimum(edge[:, None], edge[None, :])
    alpha = alpha_from_distance(inside, scaled(FEATHER, support.shape))
    return np.asarray(alpha * alpha_from_distance(frame, scaled(EDGE, support.shape)), np.float32)


def own_part(crop: Crop, crops: Sequence[Crop | None]) -> Floats | None:
    """Mask of the pixels nearer to this face than to any other, float32 (size, size) of 0 and 1; None: everywhere.

    Distances are in widths of the faces, so that a small face in front of a large one keeps its pixels.
    """
    others = [other for other in crops if other is not None and other is not crop]
    if not others:
        return None
    places = np.arange(crop.size)
    points = apply(crop.to_photo(), np.stack(np.meshgrid(places, places), -1).reshape(-1, 2))
    nearest = np.min([_distance(points, other) for other in others], axis=0)
    return np.asarray(_distance(points, crop) <= nearest, np.float32).reshape(crop.size, crop.size)


def _distance(points: Points, crop: Crop) -> Points:
    return np.asarray(np.hypot(*(points - np.mean(crop.quad, axis=0)).T) / crop.side)


def _add(pixels: Pixels, change: Floats, colourless: bool) -> None:
    """Add an RGB difference (0..255) to pixels of any depth, in place; a photo without colour takes its luma."""
    most, colours = np.iinfo(pixels.dtype).max, _colours(pixels)
    own = pixels if pixels.ndim == 3 else pixels[:, :, None]
    if colours == 1 or colourless:
        change = grey_change(change)
    sum_ = own[:, :, :colours] + change * np.float32(most / 255)
    own[:, :, :colours] = np.clip(np.rint(sum_), 0, most).astype(pixels.dtype)


def _colours(pixels: Pixels) -> int:
    """Number of colour channels, 1 or 3."""
    return 1 if pixels.ndim == 2 or pixels.shape[2] == 2 else 3


def paste(photo: Photo, frame: Frame, recipe: Mapping[str, Any]) -> Photo:
    """The photo with a finished frame of its crop, and with `recipe` and the edit's moves as its recipe."""
    crop = crop_of(frame.portrait)
    pixels = put_back(photo, crop, frame.portrait.image, frame.image, frame.support, frame.motion)
    moves = {move.name: round(float(strength), 4) for move, strength in frame.edit.moves}
    return replace(photo, pixels=pixels, recipe={**recipe, "edits": moves})


def crop_of(portrait: Portrait) -> Crop:
    """Position of a portrait in its photo; raises BadInput for one that was not cut from a photo."""
    if not isinstance(portrait.crop, Crop):
        raise BadInput(f"{portrait.name} was not cut from a photo.")
    return portrait.crop


def recipe_of(model_set: "ModelSet", steps: Iterable[str]) -> dict[str, Any]:
    """Recipe of an edited photo, without its edits: model set, latent space, names of the steps."""
    return {"models": model_set.name, "space": model_set.space, "steps": list(steps)}
