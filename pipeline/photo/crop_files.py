"""Aligned crops on disk, each with a JSON note of its photo and its square in it."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.crop import Crop
from pipeline.core.errors import BadInput
from pipeline.core.files import json_bytes, remove, write_atomic
from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.photo.faces import choose_face, crop_face
from pipeline.photo.photo import Photo

Corner = tuple[float, float]


class CropInfo(BaseModel):
    """The note `NAME.json` of a crop `NAME.png`; the other fields are those of `Crop`.

    Attributes:
        photo: Path of the photo.
        sha256: Hash of the photo's file.
        face: Number of the face, 1 = the largest.
        of: Number of faces in the photo.
        score: Confidence of the detector, 0..1.
        inside: Share of the crop inside the photo, 0..1; the rest is mirrored.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    photo: str
    sha256: str
    face: int
    of: int
    score: float
    inside: float
    quad: tuple[Corner, Corner, Corner, Corner]
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    size: int = Field(gt=0)

    @property
    def crop(self) -> Crop:
        """Position of the crop in the photo."""
        return Crop(self.quad, self.width, self.height, self.size)


def align(photo: Photo, source: Path, faces: Sequence[Face], size: int, number: int = 1) -> tuple[Image, CropInfo]:
    """The aligned crop of a face, uint8 (size, size, 3), and its note.

    Args:
        source: The photo's file.
        faces: Faces found in the photo.
        size: Side of the crop, pixels.
        number: Number of the face, 1 = the largest.

    Raises:
        BadInput: The face cannot be used.
    """
    rgb = photo.rgb
    face = choose_face(rgb, faces, source.name, number)
    image, crop = crop_face(rgb, face, size)
    return image, CropInfo(
        photo=str(source.resolve()),
        sha256=photo.digest,
        face=number,
        of=len(faces),
        score=round(face.score, 4),
        inside=round(float(crop.validity().mean()), 4),
        **vars(crop),
    )


def store_crop(path: Path, image: Image, note: CropInfo) -> None:
    """Write a crop, `path` (PNG), then its note: a crop with a note is complete. Raises BadInput if that fails."""
    remove(path.with_suffix(".json"))
    write_image(path, image)
    write_atomic(path.with_suffix(".json"), json_bytes(note.model_dump(mode="json"), indent=2))


def read_note(path: Path) -> CropInfo:
    """The note of the crop `path`; raises BadInput for a missing or damaged one."""
    beside = path.with_suffix(".json")
    try:
        return CropInfo.model_validate(json.loads(beside.read_bytes()))
    except OSError as error:
        raise BadInput(f"{path} has no {beside.name} beside it: make it with `face-edit align`.") from error
    except ValueError as error:  # of JSON or of the model
        raise BadInput(f"{beside} is damaged: make it again with `face-edit align`.") from error
