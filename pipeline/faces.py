"""Faces in photos: found, cut out as aligned pictures, and put back so that only what was edited changes."""

from collections.abc import Sequence

import numpy as np

from pipeline.core.errors import BadInput
from pipeline.core.types import Floats, Image
from pipeline.detector import Face, FaceDetector, open_detector
from pipeline.photos import Photo, Pixels
from projection.crop import SIZE, Crop, corners, cut, ffhq_quad, template_quad

__all__ = [
    "Face",
    "FaceDetector",
    "choose_face",
    "crop_face",
    "crop_restoration_face",
    "feathered",
    "open_detector",
    "paste_back",
    "put_back",
    "put_back_all",
]

RESTORATION_SIZE = 512
"""Side of the aligned pictures that nets which restore faces take, pixels."""

SMALLEST = 64
"""Least side of a face's aligned square, pixels of the photo."""

LEAST_INSIDE = 0.4
"""Least share of the aligned square that the photo shows."""

FEATHER, EDGE = 6.0, 32.0
"""Over how many pixels (of 512) an edit fades in from the border of its support, and from the crop's edge."""


def choose_face(faces: Sequence[Face], name: str, number: int = 1) -> Face:
    """Face `number` of those found in the photo `name`, 1 = the largest; BadInput says why there is none to edit."""
    if not faces:
        raise BadInput(f"No face can be found in {name}: use a photo that shows one upright, from the front, in focus.")
    if not 1 <= number <= len(faces):
        many = "is 1 face" if len(faces) == 1 else f"are {len(faces)} faces"
        raise BadInput(f"There {many} in {name}, numbered from the largest: there is no face {number}.")
    face = faces[number - 1]
    if face.side < SMALLEST:
        raise BadInput(
            f"The face in {name} is too small, its square only {face.side:.0f} pixels wide instead of {SMALLEST}: "
            "use the photo at its full size, or one taken from nearer."
        )
    if face.turned:
        raise BadInput(f"The face in {name} is turned to the side: use a photo that shows both eyes.")
    return face


def crop_face(photo: Image, face: Face, size: int = SIZE) -> tuple[Image, Crop]:
    """The aligned picture of a face, uint8 (size, size, 3), and where it lies in the RGB photo (H, W, 3).

    Raises BadInput when most of it lies beyond the photo's edge.
    """
    crop = Crop(corners(ffhq_quad(face.points)), photo.shape[1], photo.shape[0], size)
    return _cut_inside(photo, crop), crop


def crop_restoration_face(photo: Image, face: Face, size: int = RESTORATION_SIZE) -> tuple[Image, Crop]:
    """The picture of a face as nets that restore faces know it, uint8 (size, size, 3), and where it lies in the photo.

    The five points come as near as they can to the template `FFHQ_512`; everything else is as in `crop_face`.
    """
    crop = Crop(corners(template_quad(face.points)), photo.shape[1], photo.shape[0], size)
    return _cut_inside(photo, crop), crop


def _cut_inside(photo: Image, crop: Crop) -> Image:
    if crop.validity().mean() < LEAST_INSIDE:
        raise BadInput("Most of the face lies beyond the photo's edge: use a photo that shows all of it.")
    return cut(photo, crop)


def put_back(
    photo: Photo, crop: Crop, original_crop: Image, edited_crop: Image, support: Floats | None = None
) -> Pixels:
    """Pixels of the photo with the edit of its crop, see `paste_back`; the crops are sRGB, and take on its profile."""
    return paste_back(photo.pixels, crop, photo.own(original_crop), photo.own(edited_crop), support)


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
    _add(result, change)
    return result


def paste_back(
    photo: Pixels, crop: Crop, original_crop: Image, edited_crop: Image, support: Floats | None = None
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
    _add(result[top:bottom, left:right], change)
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


def _add(pixels: Pixels, change: Floats) -> None:
    """Add a change of RGB in grey levels to pixels of any kind, in place; a grey photo takes its luma (BT.601)."""
    most = np.iinfo(pixels.dtype).max
    colours = 1 if pixels.ndim == 2 or pixels.shape[2] == 2 else 3
    own = pixels if pixels.ndim == 3 else pixels[:, :, None]
    if colours == 1:
        change = change @ np.array([[0.299], [0.587], [0.114]], np.float32)
    sum_ = own[:, :, :colours] + change * np.float32(most / 255)
    own[:, :, :colours] = np.clip(np.rint(sum_), 0, most).astype(pixels.dtype)
