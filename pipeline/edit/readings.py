"""What the nets read in edits of one portrait, on small pictures that are blended as the finished ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.core.attributes import attributes, colour_value, parse
from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.images import resize
from pipeline.core.types import Edit, Floats, Frame, Image, Portrait, Translation
from pipeline.edit.render import blend, open_steps
from pipeline.models import Models
from postprocess.own_pixels.beard_pixels import has_beard
from postprocess.own_pixels.beards import CODE as BEARD_CODE
from postprocess.parsing import portrait_labels
from projection.attributes.scoring import flatten, render_small

BLENDED = ("carry_over", "domain_mixup")
"""Steps that decide most of what is seen of an edit in the end and need no net for each picture."""
PARSED = ("segmentation",)
"""Steps with a net for each picture, which decide how much is left of new hair: of edits of its shape alone."""


@dataclass(frozen=True)
class Reading:
    """N pictures as the nets see them.

    Attributes:
        scores: (N, outputs) of the predictor, laid out as `head_slices`.
        identity: (N,) distance from the portrait, 0 = the same person, about 1 = strangers.
    """

    scores: Floats
    identity: Floats


def portrait_scores(portrait: Portrait, models: Models) -> Mapping[str, Floats]:
    """Scores (1, outputs) of a portrait by attribute code, computed once.

    In photographs, a beard is looked for on the chin: predictors of rendered people overlook real ones.
    """

    def compute() -> Mapping[str, Floats]:
        scores = models.predictor.predict([portrait.image])
        if portrait.crop is None or models.beard is None:
            return scores
        seen = has_beard(portrait.image, portrait_labels(portrait, models.parser), models.beard)
        return {**scores, BEARD_CODE: np.array([[not seen, seen]], np.float32)}

    return portrait.maps.get("scores", compute)


def shapes_hair(name: str) -> bool:
    """Whether an edit brings hair to where none was, or takes it away."""
    return attributes()[parse(name).code].segmentation.parts == ("hair",) and colour_value(name) is None


class Readings:
    """Reads edits of one portrait.

    Args:
        portrait: With its latent.
        models: With an elastic generator.
    """

    def __init__(self, portrait: Portrait, models: Models) -> None:
        from pipeline.config import step_module

        assert portrait.latent is not None
        size = models.predictor.input_size
        self._models, self._generator = models, portrait.own(models.generator)
        self._portrait = Portrait(
            portrait.name, resize(portrait.image, size), portrait.latent, portrait.space, tuning=portrait.tuning
        )
        self._steps, self._parsed = (
            open_steps({name: step_module(name).Settings() for name in names}, models) for names in (BLENDED, PARSED)
        )
        (self.before,) = self._scores([self._portrait.image])
        (self._itself,) = models.identity.embed([self._portrait.image])

    def __call__(self, moves: Sequence[tuple[Translation, float]], offsets: Floats) -> Reading:
        """Reading of the portrait displaced by offsets (N, n_style, dim), each an edit of this move and strength."""
        images: list[Image] = []
        for start in range(0, len(moves), SMALL_IMAGES):
            part = slice(start, start + SMALL_IMAGES)
            images += self._blended(moves[part], offsets[part])
        identity = 1 - self._models.identity.embed(images) @ self._itself
        return Reading(self._scores(images), np.asarray(identity, np.float32))

    def _blended(self, moves: Sequence[tuple[Translation, float]], offsets: Floats) -> list[Image]:
        portrait = self._portrait
        assert portrait.latent is not None
        size = len(portrait.image)
        images = render_small(self._generator, portrait.latent + offsets, size)
        support = np.ones((size, size), np.float32)
        frames = [
            Frame(portrait, Edit(move[0].name, (move,)), image, support)
            for move, image in zip(moves, images, strict=True)
        ]
        found = blend(frames, self._steps)
        chosen = [number for number, frame in enumerate(found) if shapes_hair(frame.edit.name)]
        for number, frame in zip(chosen, blend([found[number] for number in chosen], self._parsed), strict=True):
            found[number] = frame
        return [frame.image for frame in found]

    def _scores(self, images: Sequence[Image]) -> Floats:
        return flatten(self._models.predictor.predict(np.stack(images)))
