"""What the user gives, whatever it is, becomes crops: files, links of a browser, pixels. For the import thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.types import Image

if TYPE_CHECKING:
    from pipeline.detector import Face
    from projection.crop import Crop

Detect = Callable[[Image], "list[Face]"]

CENTRED, FILLED = 0.12, (0.75, 1.35)
"""How far, as a share of its side, the middle of a crop may be from that of its face's aligned square, and how wide
that square may be: what differs more is a photo, whose face is aligned anew."""
MOST_BYTES, PATIENCE = 50_000_000, 20.0
"""Size of a picture from the web, and seconds that its server may be silent."""


@dataclass(frozen=True, eq=False)
class Photograph:
    """A picture that was read, uint8 (H, W, 3). faces: found in it, the largest first, none in a crop"""

    name: str
    image: Image
    path: Path
    faces: Sequence[Face] = ()

    def problem(self, number: int) -> str:
        """Why face `number` (1 = the largest) cannot be edited; empty when it can."""
        from pipeline.faces import choose_face

        try:
            choose_face(self.faces, self.path.name, number)
        except BadInput as error:
            return str(error)
        return ""

    @property
    def usable(self) -> list[int]:
        """Numbers of the faces that can be edited."""
        return [number for number in range(1, len(self.faces) + 1) if not self.problem(number)]

    def cut(self, number: int, size: int) -> tuple[Image, Crop]:
        """The aligned crop of a face, uint8 (size, size, 3), and where it lies; BadInput when it cannot be edited."""
        from pipeline.faces import choose_face, crop_face

        return crop_face(self.image, choose_face(self.faces, self.path.name, number), size)


def look(path: Path, detect: Detect) -> Photograph:
    """Read a picture and find its faces; a square that shows one as FFHQ would is a crop already, and has none.

    Without the detector, when `detect` raises MissingWeights, every square is a crop. Raises BadInput for what cannot
    be read or shows nobody, MissingWeights, naming the command, for other photos.
    """
    from pipeline.core.images import read_image
    from pipeline.faces import choose_face
    from pipeline.latents import read_crop

    image = read_image(path)
    square = image.shape[0] == image.shape[1]
    try:
        faces = detect(image)
    except MissingWeights as error:
        if not square:
            raise MissingWeights(
                f"Only square crops open without the face detector, and {path.name} is none. {error}"
            ) from error
        faces = []
    if square and (not faces or _fills(faces[0], len(image))):
        return Photograph(path.stem, read_crop(path), path)
    found = Photograph(path.stem, image, path, faces)
    if not found.usable:
        choose_face(faces, path.name)
    return found


def keep(image: Image, folder: Path) -> Path:
    """Write pixels that are in no file, so that edits can be put back into them another time; returns where."""
    import hashlib

    from pipeline.core.images import write_image

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"pasted {hashlib.sha256(image.tobytes()).hexdigest()[:8]}.png"
    if not path.is_file():
        write_image(path, image)
    return path


def fetch(link: str, folder: Path) -> Path:
    """Get a picture that a browser shows (http, https or data); returns where it is. BadInput when there is none."""
    import hashlib
    from urllib.parse import unquote, urlsplit
    from urllib.request import Request, urlopen

    from pipeline.core.files import write_atomic

    parts = urlsplit(link)
    if parts.scheme not in ("http", "https", "data"):
        raise BadInput(f"Pictures are not fetched by {parts.scheme or 'such a link'}: save it, and open the file.")
    whose = parts.hostname or "the browser"
    try:
        with urlopen(Request(link, headers={"User-Agent": "face-edit"}), timeout=PATIENCE) as answer:
            content = answer.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise BadInput(f"The picture cannot be got from {whose} ({error}): save it, and open the file.") from error
    if len(content) > MOST_BYTES:
        raise BadInput(f"The picture at {whose} is larger than {MOST_BYTES // 1_000_000} MB: save it, and shrink it.")
    digest = hashlib.sha256(content).hexdigest()[:8]
    stem = Path(unquote(parts.path)).stem if parts.hostname else "picture"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_plain(stem) or 'picture'} {digest}"
    write_atomic(path, content)
    return path


def _plain(stem: str) -> str:
    return "".join(letter for letter in stem if letter.isalnum() or letter in " -_")[:60].strip()


def _fills(face: Face, side: int) -> bool:
    """Whether a square picture of this side shows the face about as FFHQ would."""
    import numpy as np

    from projection.crop import ffhq_quad

    middle = ffhq_quad(face.points).mean(0) / side - 0.5
    return float(np.abs(middle).max()) <= CENTRED and FILLED[0] <= face.side / side <= FILLED[1]
