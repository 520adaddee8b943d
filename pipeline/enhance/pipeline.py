"""Pipeline of the three services: `Pipeline(image_path, response_path).run()`."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pipeline.core.errors import BadConfig, BadRequest
from pipeline.core.files import write_atomic
from pipeline.core.model_sets import embedded_note
from pipeline.core.types import Image
from pipeline.core.version import package_version
from pipeline.enhance.documents import read_analysis
from pipeline.enhance.inference import Enhanced, Nets, infer
from pipeline.enhance.postprocess import postprocess, separate
from pipeline.enhance.preprocess import Found, Prepared, preprocess
from pipeline.enhance.schema import (
    AnalyserResponse,
    Blending,
    EngineReport,
    FaceReport,
    Request,
    Response,
    Seconds,
    Settings,
)
from pipeline.photo.detector import FaceDetector
from pipeline.photo.paste import put_back_all
from pipeline.photo.photo import Photo, encode_png

OUTPUT_FOLDER = Path("enhanced")
_L = TypeVar("_L")


class Pipeline:
    """Enhancement of the faces of one photo.

    Args:
        image_path: Photo, read only.
        response_path: JSON response of the face analyser; None: our own detector.
        output_dir: Folder of the images, if the settings ask for files.
        debug: Whether the response has the time of each stage.
    """

    def __init__(
        self,
        image_path: Path | str,
        response_path: Path | str | None = None,
        settings: Settings | None = None,
        output_dir: Path | str = OUTPUT_FOLDER,
        debug: bool = False,
    ) -> None:
        self.image_path, self.response_path = Path(image_path), response_path
        self.settings, self.output_dir, self.debug = settings or Settings(), Path(output_dir), debug

    def run(self) -> dict[str, object]:
        """Write the images and return the response, see configs/enhance/response.schema.json.

        Raises:
            BadRequest: Invalid input; the error names the field.
            MissingWeights: A file of the nets is missing.
        """
        nets = open_nets(self.settings)
        analysis = None if self.response_path is None else read_analysis(self.response_path)
        work = EnhancedPhoto(self.image_path, analysis, nets, self.settings)
        response = Response(
            input_image_1=str(self.image_path),
            temp_vision_frame=self._output("enhanced", work.frame_png, work.frame_lists),
            temp_vision_frame_mask=self._output("mask", work.mask_png, work.mask_lists),
            faces=work.reports,
            left_out=work.prepared.left_out,
            settings=_blending(self.settings),
            engine=report(nets),
            seconds=work.seconds if self.debug else None,
        )
        return response.model_dump(mode="json", by_alias=True, exclude_none=True)

    def _output(self, suffix: str, content: Callable[[], bytes], lists: Callable[[], _L]) -> str | _L:
        """An image of the response in the form of the settings: path of a file, base64 of a PNG, or nested lists."""
        if self.settings.images == "lists":
            return lists()
        if self.settings.images == "base64":
            return base64.b64encode(content()).decode("ascii")
        target = self.output_dir / f"{self.image_path.stem}_{suffix}.png"
        if target.resolve() == self.image_path.resolve():
            raise BadRequest("args.output_image_data", f"{target} is the photo itself: choose another folder.")
        write_atomic(target, content())
        return str(target)


class EnhancedPhoto:
    """A photo processed by the three services.

    Attributes:
        photo: The photo with its faces enhanced; its depth, channels, profile and other pixels are unchanged.
        mask: Of all faces, float32 (H, W) in 0..1.
    """

    def __init__(
        self,
        image_path: Path,
        analysis: AnalyserResponse | None,
        nets: Nets,
        settings: Blending,
        detector: FaceDetector | None = None,
    ) -> None:
        clock = [time.perf_counter()]
        self.prepared: Prepared = preprocess(image_path, analysis, detector, only=settings.face)
        clock.append(time.perf_counter())
        image = self.prepared.image
        faces = infer(image, [face.points for face in self.prepared.faces], nets, settings)
        clock.append(time.perf_counter())
        placed = [(face.image, face.mask, face.matrix) for face in faces]
        blends = [settings.blend * face.share for face in faces]
        edited, self.mask = postprocess(image, separate(placed, *image.shape[1::-1]), blends)
        self.photo = as_edited(self.prepared.photo, image, edited, settings)
        clock.append(time.perf_counter())
        self.reports = [_report(*pair) for pair in zip(self.prepared.faces, faces, strict=True)]
        first, second, third = np.diff(clock).round(4).tolist()
        self.seconds = Seconds(preprocess=first, inference=second, postprocess=third)

    def frame_png(self) -> bytes:
        """The photo as PNG, without the place where it was taken."""
        return encode_png(self.photo)

    def frame_lists(self) -> list[list[Any]]:
        """The photo as lists of rows of sRGB pixels, 0..255."""
        return self.photo.rgb.tolist()

    def mask_png(self) -> bytes:
        """The mask as grey PNG."""
        return encode_png(Photo("mask", np.rint(self.mask * 255).astype(np.uint8)))

    def mask_lists(self) -> list[list[float]]:
        """The mask as lists of rows of weights, 0..1."""
        return [[round(float(value), 4) for value in row] for row in self.mask]


def answer(request: Request, response_path: Path | str | None = None, output_dir: Path | None = None) -> Path:
    """Carry out a request and write its response as JSON; raises as `Pipeline.run`, and then writes nothing.

    Args:
        output_dir: Folder of all output; by default that of `output_image_data`, or else `enhanced`.

    Returns:
        Path of the response.
    """
    for name, value in request.args:
        if value is not None and "\0" in value:
            raise BadRequest(f"args.{name}", "it holds a zero character, which no file's name can have.")
    image, wanted = Path(request.args.input_image_1), request.args.output_image_data
    place = Path(wanted) if wanted is not None else OUTPUT_FOLDER / f"{image.stem}.json"
    target = place if output_dir is None else output_dir / place.name
    if target.resolve() == image.resolve():
        raise BadRequest("args.output_image_data", f"{target} is the photo itself: choose another name.")
    response = Pipeline(image, response_path, request.settings, target.parent, request.debug).run()
    write_atomic(target, (json.dumps(response, indent=2) + "\n").encode())
    return target


def open_nets(settings: Settings) -> Nets:
    """Open the nets of the settings; raises BadRequest for an unknown set or role, else as `Nets`."""
    try:
        return Nets(settings)
    except BadConfig as error:
        raise BadRequest("settings.models", str(error)) from error


def report(nets: Nets) -> EngineReport:
    """Description of the nets and their execution providers."""
    providers = list(nets.restorer.get_providers())
    note = embedded_note("enhancer", nets.set.name, nets.role)
    return EngineReport(
        models=nets.set.name,
        model=nets.role,
        file=nets.path.name,
        size=nets.size,
        provider=providers[0],
        providers=providers,
        version=package_version(),
        note=note and f"{note} Then choose it with models=enhancer.",
    )


def as_edited(photo: Photo, before: Image, after: Image, settings: Blending) -> Photo:
    """The photo with the difference of two sRGB images of it, uint8 (H, W, 3), and with the settings as its recipe."""
    recipe = {"enhanced": _blending(settings).model_dump(exclude_none=True)}
    return replace(photo, pixels=put_back_all(photo, before, after), recipe=recipe)


def _blending(settings: Blending) -> Blending:
    return Blending(**settings.model_dump(include=set(Blending.model_fields)))


def _report(found: Found, face: Enhanced) -> FaceReport:
    return FaceReport.model_validate(
        {
            "number": found.number,
            "landmark_set": {"5": found.points.tolist(), "68": found.given.landmark_set.sixty_eight},
            "bounding_box": found.given.bounding_box,
            "score_set": found.given.score_set,
            "affine_matrix": face.matrix.tolist(),
            "visible": float(face.mask.mean()),
            "share": face.share,
        }
    )
