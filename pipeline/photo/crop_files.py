"""Aligned crops on disk: each has a note beside it that says which square of which photo it is."""

import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.crop import Crop
from pipeline.core.errors import BadInput
from pipeline.core.files import json_bytes, remove, write_atomic
from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.photo.detector import Face
from pipeline.photo.faces import choose_face, crop_face
from pipeline.photo.photo import Photo

Corner = tuple[float, float]


class CropInfo(BaseModel):
    """What `NAME.json` beside the crop `NAME.png` says.

    photo, sha256: the photo's file · face, of: number of the face, from the largest, and how many there are · inside:
    share of the crop that the photo shows, the rest being mirrored · quad, width, height, size: see `Crop`
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
        """Where the crop lies in the photo."""
        return Crop(self.quad, self.width, self.height, self.size)


def align(photo: Photo, source: Path, faces: Sequence[Face], size: int, number: int = 1) -> tuple[Image, CropInfo]:
    """The aligned crop of a face, uint8 (size, size, 3), and its note.

    source: the photo's file · faces: as found in it · number: which, 1 = the largest; BadInput if it cannot be used
    """
    face = choose_face(faces, source.name, number)
    image, crop = crop_face(photo.rgb, face, size)
    inside = round(float(crop.validity().mean()), 4)
    return image, CropInfo(
        photo=str(source.resolve()),
        sha256=photo.digest,
        face=number,
        of=len(faces),
        score=round(face.score, 4),
        inside=inside,
        quad=crop.quad,
        width=crop.width,
        height=crop.height,
        size=size,
    )


def store_crop(path: Path, image: Image, note: CropInfo) -> None:
    """Write a crop, `path` (PNG), and its note beside it, which comes last and says that the crop is whole."""
    remove(path.with_suffix(".json"))
    write_image(path, image)
    write_atomic(path.with_suffix(".json"), json_bytes(note.model_dump(mode="json"), indent=2))


def read_note(path: Path) -> CropInfo:
    """The note of the crop `path`; BadInput when there is none, or it is damaged."""
    beside = path.with_suffix(".json")
    try:
        return CropInfo.model_validate(json.loads(beside.read_bytes()))
    except OSError as error:
        raise BadInput(
            f"{path} has no {beside.name} beside it, so nobody knows where it belongs: make it with `face-edit align`."
        ) from error
    except ValueError as error:  # of JSON or of the model
        raise BadInput(f"{beside} is damaged: make it again with `face-edit align`.") from error
