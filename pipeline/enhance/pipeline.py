"""The three services joined: `Pipeline(image_path, response_path).run()`."""

import base64
import io
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.core.errors import BadConfig, BadRequest
from pipeline.core.files import write_atomic
from pipeline.core.types import Floats, Image
from pipeline.core.version import package_version
from pipeline.enhance.documents import read_analysis
from pipeline.enhance.inference import Enhanced, Nets, infer
from pipeline.enhance.postprocess import postprocess
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
from pipeline.photo.photo import Photo, write_photo

OUTPUT_FOLDER = Path("enhanced")


class Pipeline:
    """The faces of one photo enhanced.

    image_path: the photo, only read · response_path: JSON of the face analyser; our own detector if none · output_dir:
    for the pictures, where the settings say "files" · debug: whether the response says how long each stage took
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
        """The response, as configs/enhance/response.schema.json describes it; pictures are written before it returns.

        Raises BadRequest, naming the field, MissingWeights and BadConfig.
        """
        nets = open_nets(self.settings)
        analysis = None if self.response_path is None else read_analysis(self.response_path)
        work = EnhancedPhoto(self.image_path, analysis, nets, self.settings)
        image, mask = work.result
        response = Response(
            input_image_1=str(self.image_path),
            temp_vision_frame=self._picture(work, image),
            temp_vision_frame_mask=self._mask(mask),
            faces=work.reports,
            settings=_blending(self.settings),
            engine=report(nets),
            seconds=work.seconds if self.debug else None,
        )
        return response.model_dump(mode="json", exclude_none=True)

    def _target(self, suffix: str) -> Path:
        target = self.output_dir / f"{self.image_path.stem}_{suffix}.png"
        if target.resolve() == self.image_path.resolve():
            raise BadRequest("args.output_image_data", f"{target} is the photo itself: choose another folder.")
        return target

    def _picture(self, work: "EnhancedPhoto", image: Image) -> str | list[list[tuple[int, int, int]]]:
        if self.settings.images == "lists":
            return image.tolist()
        if self.settings.images == "base64":
            return base64.b64encode(png(image)).decode("ascii")
        target = self._target("enhanced")
        write_photo(target, as_photo(work.prepared.photo, image, self.settings))
        return str(target)

    def _mask(self, mask: Floats) -> str | list[list[float]]:
        if self.settings.images == "lists":
            return [[round(float(value), 4) for value in row] for row in mask]
        data = png(np.rint(mask * 255).astype(np.uint8))
        if self.settings.images == "base64":
            return base64.b64encode(data).decode("ascii")
        target = self._target("mask")
        write_atomic(target, data)
        return str(target)


class EnhancedPhoto:
    """One photo through the three services."""

    def __init__(
        self,
        image_path: Path,
        analysis: AnalyserResponse | None,
        nets: Nets,
        settings: Blending,
        detector: FaceDetector | None = None,
    ) -> None:
        clock = [time.perf_counter()]
        self.prepared: Prepared = preprocess(image_path, analysis, detector)
        clock.append(time.perf_counter())
        image = self.prepared.photo.rgb
        faces = infer(image, [face.points for face in self.prepared.faces], nets, settings)
        clock.append(time.perf_counter())
        self.result = postprocess(image, [(face.image, face.mask, face.matrix) for face in faces], settings.blend)
        clock.append(time.perf_counter())
        self.reports = [_report(*pair) for pair in zip(self.prepared.faces, faces, strict=True)]
        first, second, third = np.diff(clock).round(4).tolist()
        self.seconds = Seconds(preprocess=first, inference=second, postprocess=third)


def answer(request: Request, response_path: Path | str | None = None, output_dir: Path | None = None) -> Path:
    """Carry out a request and write its response as JSON; returns where.

    output_dir: for everything that is written; the folder of `output_image_data` if none, else `enhanced`. Raises as
    `Pipeline.run`; then nothing is written.
    """
    image, wanted = Path(request.args.input_image_1), request.args.output_image_data
    place = Path(wanted) if wanted is not None else OUTPUT_FOLDER / f"{image.stem}.json"
    target = place if output_dir is None else output_dir / place.name
    if target.resolve() == image.resolve():
        raise BadRequest("args.output_image_data", f"{target} is the photo itself: choose another name.")
    response = Pipeline(image, response_path, request.settings, target.parent, request.debug).run()
    write_atomic(target, (json.dumps(response, indent=2) + "\n").encode())
    return target


def open_nets(settings: Settings) -> Nets:
    """The nets that the settings name; BadRequest for a set or a role that is not known."""
    try:
        return Nets(settings)
    except BadConfig as error:
        raise BadRequest("settings.models", str(error)) from error


def report(nets: Nets) -> EngineReport:
    """What the nets are and what runs them."""
    providers = list(nets.restorer.get_providers())
    return EngineReport(
        models=nets.set.name,
        model=nets.role,
        file=nets.path.name,
        size=nets.size,
        provider=providers[0],
        providers=providers,
        version=package_version(),
    )


def as_photo(photo: Photo, image: Image, settings: Blending) -> Photo:
    """The picture, which is sRGB whatever the photo was, with what the photo says about itself, marked as edited."""
    about = replace(photo.metadata, icc=None)
    return replace(photo, pixels=image, metadata=about, recipe={"enhanced": _blending(settings).model_dump()})


def png(pixels: np.ndarray) -> bytes:
    """A PNG of grey (H, W) or RGB (H, W, 3) uint8 pixels."""
    from PIL import Image as pillow

    buffer = io.BytesIO()
    pillow.fromarray(np.ascontiguousarray(pixels)).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _blending(settings: Blending) -> Blending:
    return Blending(**settings.model_dump(include=set(Blending.model_fields)))


def _report(found: Found, face: Enhanced) -> FaceReport:
    return FaceReport.model_validate(
        {
            "landmark_set": {"5": found.points.tolist()},
            "bounding_box": found.given.bounding_box,
            "score_set": found.given.score_set,
            "affine_matrix": face.matrix.tolist(),
            "visible": float(face.mask.mean()),
        }
    )
