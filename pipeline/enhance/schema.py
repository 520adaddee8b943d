"""Models of the JSON documents; the published schemas in configs/enhance/ are written from them."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, Strict, field_validator, model_validator

PROVIDERS = {
    "cuda": "CUDAExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Execution providers of ONNX Runtime by our names, the fastest first."""

_ARRAY = Strict(False)  # JSON has no tuples: its arrays are lists
Number = Annotated[float, Field(allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100)]
Point = Annotated[tuple[Number, Number], _ARRAY]
Points5 = Annotated[list[Point], Field(min_length=5, max_length=5)]
Points68 = Annotated[list[Point], Field(min_length=68, max_length=68)]


class Document(BaseModel):
    """A JSON document of this program: unknown keys are errors, and types must match the published schema exactly."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Foreign(Document):
    """A JSON document of another program, of which a part is read."""

    model_config = ConfigDict(extra="ignore")


class Blending(Document):
    """The faces that are enhanced, and how they are blended with the photo."""

    blend: float = Field(0.8, ge=0, le=1, description="Share of the enhanced picture; the rest is the original.")
    mask_blur: float = Field(0.3, ge=0, le=1, description="Softness of the mask's border, of half the crop's side.")
    mask_padding: Annotated[tuple[Percent, Percent, Percent, Percent], _ARRAY] = Field(
        (0.0, 0.0, 0.0, 0.0), description="Unblended margins at the crop's top, right, bottom and left, % of its side."
    )
    occluder: bool = Field(True, description="Whether objects in front of the face are left unchanged.")
    face: int | None = Field(
        None, ge=1, description="Number of the one face to enhance, 1 = the largest, or the analysis' first; null: all."
    )


class Engine(Document):
    """Nets, and the provider that runs them."""

    models: str = Field(
        "enhancer-demo", description="Model set: `enhancer-demo` is embedded, `enhancer` is for photographs."
    )
    model: str | None = Field(None, description="Role of the restorer in the set; by default its first.")
    provider: Literal["auto", "cuda", "directml", "coreml", "cpu"] = Field(
        "auto", description="Execution provider of ONNX Runtime; auto is the first available one."
    )


class Settings(Blending, Engine):
    """All settings of a request."""

    images: Literal["files", "base64", "lists"] = Field(
        "files", description="Pictures in the response: names of PNG files, base64 of PNG, or nested lists of numbers."
    )


class RequestArgs(Document):
    """Files of a request; relative paths are relative to the working folder."""

    input_image_1: str = Field(min_length=1, description="The photo, which is only read.")
    output_image_data: str | None = Field(
        None, min_length=1, description="Path of the response; image files are written beside it."
    )


class Request(Document):
    """A request to `face-edit enhance`."""

    args: RequestArgs
    debug: bool = Field(False, description="Whether the response says how long each stage took.")
    settings: Settings = Settings()


class LandmarkSet(Foreign):
    """Points of a face, [x, y] in pixels of the photo: five, or the 68 of iBUG, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [name], "properties": {name: {"type": "array"}}} for name in ("5", "68")]
        }
    )

    five: Points5 | None = Field(
        None, alias="5", description="Eyes, tip of the nose, corners of the mouth, each from left to right."
    )
    sixty_eight: Points68 | None = Field(None, alias="68", description="Used where the five are not given.")

    @model_validator(mode="after")
    def _some(self) -> LandmarkSet:
        if self.five is None and self.sixty_eight is None:
            raise ValueError("it needs the points `5` or `68`")
        return self


class AnalysedFace(Foreign):
    """One face as the analyser describes it; only its points are used, and its box and score are handed on."""

    landmark_set: LandmarkSet
    bounding_box: Annotated[tuple[Number, Number, Number, Number], _ARRAY] | None = Field(
        None, description="x1, y1, x2, y2 in pixels."
    )
    score_set: Any = Field(None, description="Certainty, in whatever form the analyser gives it.")

    @field_validator("score_set")
    @classmethod
    def _finite(cls, value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("it must be a finite number")
        return value


class AnalyserResponse(Foreign):
    """Response of the face feature analyser: one face, or a list of them."""

    output_image_data: AnalysedFace | Annotated[list[AnalysedFace], Field(min_length=1)]

    @property
    def faces(self) -> list[AnalysedFace]:
        """The faces as a list."""
        data = self.output_image_data
        return data if isinstance(data, list) else [data]


class FacePoints(Document):
    """Points of an enhanced face, [x, y] in pixels of the photo."""

    five: Points5 = Field(alias="5", description="Those that it was aligned by.")
    sixty_eight: Points68 | None = Field(
        None,
        alias="68",
        description="Those of iBUG: as given, or as our own face mesh sees them where it was fetched.",
    )


class FaceReport(Document):
    """An enhanced face."""

    number: int = Field(ge=1, description="As in the setting `face`.")
    landmark_set: FacePoints
    bounding_box: tuple[float, float, float, float] | None = Field(None, description="As given, if any.")
    score_set: Any = Field(None, description="As given, or of our own detector.")
    affine_matrix: list[Annotated[tuple[float, float, float], _ARRAY]] = Field(
        min_length=2, max_length=2, description="From pixels of the photo to pixels of the crop."
    )
    visible: float = Field(ge=0, le=1, description="Mean of the crop's mask.")
    share: float = Field(
        ge=0, le=1, description="Share of `blend` in use: less than 1 for a sharp face, 0 if it was left as it is."
    )


class LeftOut(Document):
    """A face that cannot be enhanced: it is turned to the side, or most of it lies beyond the photo's edge."""

    number: int = Field(ge=1, description="As in the setting `face`.")
    reason: str


class Seconds(Document):
    """Time of each stage in seconds."""

    preprocess: float
    inference: float
    postprocess: float


class EngineReport(Document):
    """Nets and providers that enhanced the faces."""

    models: str
    model: str = Field(description="Role of the restorer.")
    file: str = Field(description="Its file.")
    size: int = Field(description="Side of the crops that it takes, pixels.")
    provider: str = Field(description="Execution provider of ONNX Runtime in use.")
    providers: list[str] = Field(
        description="Execution providers in order; later ones run the parts that earlier ones cannot."
    )
    version: str = Field(description="Version of gan-face-editing.")
    note: str | None = Field(None, description="What the restorer is not meant for, if it is an embedded one.")


class Response(Document):
    """Response of `face-edit enhance`."""

    input_image_1: str = Field(description="The photo.")
    temp_vision_frame: str | list[list[Annotated[tuple[int, int, int], _ARRAY]]] = Field(
        description="The photo with its faces enhanced: name of a PNG file or base64 of a PNG, with the depth, "
        "channels and colour profile of the photo; or nested lists of sRGB with 8 bits, transparency laid on white."
    )
    temp_vision_frame_mask: str | list[list[float]] = Field(
        description="Mask of the enhanced pixels in the photo: a grey PNG in the same form, or 0..1 in nested lists."
    )
    faces: list[FaceReport]
    left_out: list[LeftOut] = Field(description="Faces that are as they were, unless one was asked for.")
    settings: Blending
    engine: EngineReport
    seconds: Seconds | None = Field(None, description="Only in answer to a request with `debug`.")


class Problem(Document):
    """An error and the field it concerns."""

    path: str = Field(description="Dotted path of the field, such as args.input_image_1.")
    message: str


class ErrorResponse(Document):
    """Response to a request that failed."""

    error: Problem


SCHEMAS: dict[str, type[BaseModel]] = {
    "request": Request,
    "analyser_response": AnalyserResponse,
    "response": Response,
    "error": ErrorResponse,
}
"""Published as configs/enhance/NAME.schema.json."""
