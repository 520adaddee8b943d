"""Faces in photographs made more beautiful: found, cut out, retouched and put back.

In a program: `enhancer = Enhancer(); rgb = enhancer(bgr)`; for photographs with all that they are, `Beautician`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml
from numpy.typing import NDArray

from pipeline.config import RunConfig
from pipeline.core.errors import BadConfig, BadInput, MissingWeights
from pipeline.core.types import Image
from pipeline.core.weights import locate, model_set
from pipeline.job import nearest

if TYPE_CHECKING:
    from pipeline.faces import FaceDetector
    from pipeline.photos import Photo
    from postprocess.beautify import Settings
    from projection.crop import Crop

Parse = Callable[[Image], NDArray[np.uint8]]
"""RGB uint8 (H, W, 3) to the 11 classes of LaPa, uint8 (H, W)."""

EMBEDDED, PHOTOGRAPHS = "demo", "ffhq-stylegan2"
"""Model sets of the parser that is always here, and of the one that knows photographs."""

SMALLEST, LARGEST = 256, 1024
"""Side of the picture in which a face is retouched, pixels."""

LEAST_SKIN = 0.02
"""Share of a picture that is skin if its parsing is to pass for a face."""


def looks() -> dict[str | None, dict[str, Any]]:
    """The looks of configs/beauty.yaml: settings by name."""
    return dict(yaml.safe_load((package_files("configs") / "beauty.yaml").read_text("utf-8")))


def settings_of(look: str | None, changes: Mapping[str, Any] | None = None) -> "Settings":
    """Settings of a look, or of none, some of them changed; BadConfig for a look or a setting that there is not."""
    from postprocess.beautify import EFFECTS

    known: Mapping[str | None, dict[str, Any]] = {None: {}} if look is None else looks()
    if look not in known:
        names = [str(name) for name in known]
        hint = nearest(str(look), names) or f"; known are {', '.join(names)}."
        raise BadConfig(f"There is no look {look}{hint}")
    values = dict.fromkeys(EFFECTS, 0.0) | known[look] | dict(changes or {})
    settings: Settings = RunConfig.model_validate({"steps": [{"beautify": values}]}).step_settings()["beautify"]
    return settings


def best_parser() -> str:
    """The model set whose parser is taken where none is named: that for photographs, if it was fetched."""
    try:
        locate(model_set(PHOTOGRAPHS), "parser")
    except MissingWeights:
        return EMBEDDED
    return PHOTOGRAPHS


def open_parser(name: str, device: str = "auto") -> Parse:
    """The parser of a model set, of 19 classes or of LaPa's 11; MissingWeights where it has none or it is not here."""
    declared = model_set(name)
    path = locate(declared, "parser")
    if path.suffix == ".onnx":
        from postprocess.phone_parser import PhoneParser

        return PhoneParser.open(path, declared.files["parser"].config).parse
    from pipeline.models import Models
    from postprocess.phone_parser import to_lapa

    parser = Models(name, device).parser
    return lambda image: to_lapa(parser.labels([image])[0])


@dataclass(frozen=True)
class Beautician:
    """Retouches faces as `settings` say, by what `parse` sees; a detector finds them, none if pictures are crops."""

    settings: "Settings"
    parse: Parse
    detector: "FaceDetector | None" = None

    def crop(self, image: Image) -> Image:
        """A face that fills its RGB picture (H, W, 3), retouched."""
        from postprocess.beautify import retouch

        return retouch(image, self.parse(image), self.settings)

    def photo(self, photo: "Photo") -> tuple["Photo", list[str]]:
        """The photo with all its faces retouched, and a note about each one that was not, or about none being there.

        Only the difference is put back, so that pixels outside the faces are the photo's, bit by bit. Where the
        detector finds nobody, but the parser sees a face, it is retouched by what that sees.
        """
        from pipeline.faces import put_back

        seen = photo.rgb
        crops, notes = self._crops(photo.name, seen)
        result = photo
        for image, crop in crops:
            result = replace(result, pixels=put_back(result, crop, image, self.crop(image)))
        if crops:
            done = {name: value for name, value in self.settings.model_dump().items() if value}
            result = replace(result, recipe={"beauty": done, "faces": len(crops)})
        return result, notes

    def _crops(self, name: str, seen: Image) -> "tuple[list[tuple[Image, Crop]], list[str]]":
        from pipeline.faces import choose_face, crop_face
        from projection.crop import cut

        whole = around(seen)
        if self.detector is None:
            return [(cut(seen, whole), whole)], []
        found, notes = [], []
        faces = self.detector.detect(seen)
        for number in range(1, len(faces) + 1):
            try:
                face = choose_face(faces, name, number)
                size = int(np.clip(np.ceil(face.side), SMALLEST, LARGEST))
                found.append(crop_face(seen, face, size))
            except BadInput as error:
                notes.append(f"face {number} stays as it is: {error}")
        if faces:
            return found, notes
        image = cut(seen, whole)
        if is_face(self.parse(image)):
            return [(image, whole)], ["no landmarks are found, so the face is retouched by what the parser sees"]
        return [], ["there is no face, so it stays as it is"]


def around(image: Image) -> "Crop":
    """The square around a whole picture (H, W, 3)."""
    from projection.crop import Crop, corners

    height, width = image.shape[:2]
    side = max(width, height)
    centre = np.array([width / 2, height / 2]) - 0.5
    signs = np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]])
    return Crop(corners(centre + signs * side / 2), width, height, int(np.clip(side, SMALLEST, LARGEST)))


def is_face(labels: NDArray[np.uint8]) -> bool:
    """Whether labels (H, W) of LaPa show a face: enough skin, a nose, an eye above and a mouth below it."""
    from postprocess.beauty.zones import EYES, LIPS, MOUTH, NOSE, SKIN, part

    rows = [np.flatnonzero(part(labels, *classes).any(1)) for classes in (EYES, (NOSE,), (*LIPS, MOUTH))]
    if not all(map(len, rows)) or part(labels, SKIN).mean() < LEAST_SKIN:
        return False
    eyes, nose, mouth = (float(np.median(each)) for each in rows)
    return eyes < nose < mouth


class Enhancer:
    """`enhancer(image)`: a picture as OpenCV reads it, uint8 (H, W, 3) BGR, to the enhanced one in RGB.

    look: name in configs/beauty.yaml, or settings · parser: model set whose parser is used, by default the best one
    that is here · aligned: every picture is one face, cut out already · device: auto, cpu, cuda, cuda:N or mps
    """

    def __init__(
        self,
        look: "str | Settings" = "classic",
        parser: str | None = None,
        aligned: bool = False,
        device: str = "auto",
    ) -> None:
        from pipeline.faces import open_detector

        settings = settings_of(look) if isinstance(look, str) else look
        self._beautician = Beautician(
            settings, open_parser(parser or best_parser(), device), None if aligned else open_detector()
        )

    def __call__(self, image: Image) -> Image:
        """The picture with every face enhanced, uint8 (H, W, 3) RGB; as it is where there is none."""
        from pipeline.photos import Photo

        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise BadInput(f"The enhancer takes uint8 (H, W, 3) BGR, not {image.dtype} of shape {image.shape}.")
        photo, _ = self._beautician.photo(Photo("the picture", np.ascontiguousarray(image[:, :, ::-1])))
        return np.asarray(photo.pixels, np.uint8)
