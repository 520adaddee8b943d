"""Step: cosmetic retouching of the edited face within the support of the edit, or of the whole face.

`pipeline.beautify` retouches photographs without an edit.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.core.types import Frame, Image
from postprocess.beauty import DEFAULTS
from postprocess.beauty.colour import Colour
from postprocess.beauty.eyes import Irises, colour_iris, whiten_eyes
from postprocess.beauty.light import enhance
from postprocess.beauty.mouth import colour_lips, whiten_teeth
from postprocess.beauty.skin import smooth_skin
from postprocess.beauty.under_eyes import lighten_under_eyes
from postprocess.labels import Labels, to_lapa
from postprocess.masks import changed_beyond, mix
from postprocess.parsing import FaceParser, HasParser

OUTPUT_FOLDER = "images_post_beautify"


class Settings(BaseModel):
    """Retouches the edited face where the edit may change it; every strength goes from 0, nothing, to 1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enhance: float = Field(0.0, ge=0, le=1, description="Clearer light and detail of the whole face.")
    smooth: float = Field(0.4, ge=0, le=1, description="Evens out the skin; pores and edges stay.")
    under_eyes: float = Field(0.4, ge=0, le=1, description="Lightens the shadows under the eyes.")
    teeth: float = Field(0.4, ge=0, le=1, description="Whitens the teeth.")
    eyes: float = Field(0.3, ge=0, le=1, description="Whitens the white of the eyes.")
    iris: float = Field(0.0, ge=0, le=1, description="Gives the irises the colour `eye_colour`.")
    lips: float = Field(0.0, ge=0, le=1, description="Gives the lips the colour `lip_colour`.")
    eye_colour: str = Field(DEFAULTS["eye_colour"], description="Colour of the irises: #rrggbb or a CSS name.")
    lip_colour: str = Field(DEFAULTS["lip_colour"], description="Colour of the lips: #rrggbb or a CSS name.")
    whole_face: bool = Field(False, description="Also where the edit changes nothing, as the editor's sliders do.")

    @field_validator("eye_colour", "lip_colour")
    @classmethod
    def _is_a_colour(cls, value: str) -> str:
        rgb(value)
        return value

    def open(self, models: HasParser, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames."""
        parser = models.parser
        return lambda frames: [self._beautify(frame, parser) for frame in frames]

    def _beautify(self, frame: Frame, parser: FaceParser) -> Frame:
        if not self.whole_face and not frame.support.any():
            return frame
        beautified = retouch(frame.image, to_lapa(parser.labels([frame.image])[0]), self)
        if self.whole_face:
            return changed_beyond(frame, beautified)
        return replace(frame, image=mix(frame.image, beautified, 1 - frame.support))


def retouch(image: Image, labels: Labels, settings: Settings, irises: Irises | None = None) -> Image:
    """RGB image uint8 (H, W, 3) after all effects in turn.

    Args:
        labels: LaPa's 11 classes, uint8 (H, W).
        irises: Those to change, if labels are exact; None: labels are as a net sees them, irises and lips between the
            teeth are found by colour.
    """
    for name, effect in EFFECTS.items():
        if (strength := getattr(settings, name)) > 0:
            image = effect(image, labels, strength, settings, irises)
    return image


EFFECTS: dict[str, Callable[[Image, Labels, float, Settings, Irises | None], Image]] = {
    "enhance": lambda image, labels, strength, *_: enhance(image, labels, strength),
    "smooth": lambda image, labels, strength, *_: smooth_skin(image, labels, strength),
    "under_eyes": lambda image, labels, strength, *_: lighten_under_eyes(image, labels, strength),
    "teeth": lambda image, labels, strength, *_: whiten_teeth(image, labels, strength),
    "eyes": lambda image, labels, strength, _, irises: whiten_eyes(image, labels, strength, irises),
    "iris": lambda image, labels, strength, its, irises: colour_iris(
        image, labels, strength, rgb(its.eye_colour), irises
    ),
    "lips": lambda image, labels, strength, its, irises: colour_lips(
        image, labels, strength, rgb(its.lip_colour), exact=irises is not None
    ),
}
"""Effects by the setting of their strength, in the order of application."""


def rgb(colour: str) -> Colour:
    """Colour of a CSS name or of #rrggbb; raises ValueError for other text."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError as error:
        raise ValueError("write a colour as #rrggbb or by its CSS name, such as crimson") from error
    return red, green, blue
