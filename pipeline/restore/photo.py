"""One photo of a restoration: faces cropped for the net, and pasted back restored."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from pipeline.core.crop import Crop, corners, cut
from pipeline.core.errors import BadInput
from pipeline.core.images import resize
from pipeline.core.types import Image
from pipeline.photo.faces import crop_restoration_face, delivered, usable_faces
from pipeline.photo.paste import own_part, put_back, put_back_all
from pipeline.photo.photo import Photo, Pixels, read_photo
from pipeline.restore.job import Item, too_large
from pipeline.restore.nets import RestoreNets, mixed
from postprocess.sharpness import restoration_share


@dataclass(frozen=True, eq=False)
class FoundFace:
    """A face of a photo.

    Attributes:
        image: Its crop, uint8 (size, size, 3).
        crop: Its place in the photo; None if it is the whole photo.
        share: Part of the restoration that it takes, 0..1: none if it is sharp already.
    """

    image: Image
    crop: Crop | None
    share: float = 1.0


@dataclass(frozen=True, eq=False)
class PhotoFaces:
    """A photo and the faces to restore in it.

    Attributes:
        found: Number of detected faces, including those in profile or cut off, which are not restored.
        notes: Sentences about faces that are not restored, or not fully.
    """

    item: Item
    photo: Photo
    faces: tuple[FoundFace, ...]
    found: int
    notes: tuple[str, ...] = ()

    @property
    def restored(self) -> int:
        """Number of faces that a net restores."""
        return sum(face.share > 0 for face in self.faces)


def prepare(item: Item, nets: RestoreNets, upscale: int = 1, only: int | None = None) -> PhotoFaces:
    """Read a photo, detect its faces and see how sharp they are.

    Args:
        upscale: Factor by which the photo will be enlarged.
        only: Number of the face to restore, 1 = the largest; None: all.

    Raises:
        BadInput: The photo cannot be used, or lacks the face that is asked for.
    """
    if reason := too_large(item):
        raise BadInput(reason)
    photo, size = read_photo(item.path), nets.restorer.size
    rgb = photo.rgb
    if nets.detector is None:
        if rgb.shape[0] != rgb.shape[1]:
            raise BadInput(
                f"{item.path} is {rgb.shape[1]} x {rgb.shape[0]} pixels, but an aligned face is square: "
                "use --face-detector yunet for photographs."
            )
        share = restoration_share(resize(rgb, min(len(rgb) * upscale, size)))
        faces = (FoundFace(resize(rgb, size), None, share),)
        return PhotoFaces(item, photo, faces, 1, tuple(_sharp(share, photo.name)))
    seen, found = nets.detector.detect(rgb), []
    numbers, notes = usable_faces(rgb, seen, photo.name, smallest=1, only=only)
    for number in numbers:
        image, crop = crop_restoration_face(rgb, seen[number - 1], size)
        share = restoration_share(cut(rgb, delivered(crop, upscale)))
        found.append(FoundFace(image, crop, share))
        notes += _sharp(share, photo.name, number if len(seen) > 1 else None)
    return PhotoFaces(item, photo, tuple(found), len(seen), tuple(notes))


def enlarged(photo: Photo, upscale: int, nets: RestoreNets) -> Photo:
    """The photo at `upscale` times its size, by the upscaling net if there is one, else by Lanczos."""
    import cv2

    if upscale == 1:
        return photo
    height, width = photo.pixels.shape[:2]
    size = (width * upscale, height * upscale)
    large = replace(photo, pixels=cast(Pixels, cv2.resize(photo.pixels, size, interpolation=cv2.INTER_LANCZOS4)))
    if nets.upscaler is None:
        return large
    drawn = nets.upscaler.enlarge(photo.rgb)
    if drawn.shape[:2] != (size[1], size[0]):
        method = cv2.INTER_AREA if nets.upscaler.scale > upscale else cv2.INTER_LANCZOS4
        drawn = np.asarray(cv2.resize(drawn, size, interpolation=method), np.uint8)
    return replace(large, pixels=put_back_all(large, large.rgb, drawn))


def finished(
    subject: PhotoFaces, large: Photo, restored: Sequence[Image], recipe: dict[str, Any] | None, drawn: bool = False
) -> Photo:
    """The enlarged photo with the restored faces; pixels outside their squares are unchanged.

    Args:
        large: Result of `enlarged`.
        restored: uint8 (size, size, 3), one for each face of the subject.
        recipe: Stored in the photo's metadata; None if no net changed the photo.
        drawn: Whether a net enlarged the photo: restored faces then replace what it drew.
    """
    scale = large.pixels.shape[0] // subject.photo.pixels.shape[0]
    crops = [None if face.crop is None else scaled_up(face.crop, scale) for face in subject.faces]
    seen = large.rgb if drawn else None
    result = large
    for face, crop, edited in zip(subject.faces, crops, restored, strict=True):
        if not face.share:
            continue
        before = face.image
        if seen is not None:
            there = resize(seen, len(edited)) if crop is None else cut(seen, crop)
            before = mixed(before, there, face.share)
        if crop is None:
            pixels = put_back_all(result, before, edited)
        else:
            pixels = put_back(result, crop, before, edited, own_part(crop, crops))
        result = replace(result, pixels=pixels)
    return replace(result, recipe=recipe)


def scaled_up(crop: Crop, scale: int) -> Crop:
    """The same square in the enlarged photo."""
    quad = (np.asarray(crop.quad) + 0.5) * scale - 0.5
    return Crop(corners(quad), crop.width * scale, crop.height * scale, crop.size)


def _sharp(share: float, name: str, number: int | None = None) -> list[str]:
    """A sentence about a face that is not restored fully, or none."""
    if share == 1:
        return []
    how = f"is rather sharp: it was restored by {share:.0%}" if share else "is sharp already: it was left as it is"
    return [f"{'The face' if number is None else f'Face {number}'} in {name} {how}."]
