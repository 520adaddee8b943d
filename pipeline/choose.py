"""Which edits a portrait gets: what its name or the attribute predictor says it is, decides what can be changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.attributes import BALD, BALD_CLASS, attributes, parse
from pipeline.core.challenge import parse_name
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit, Image, Portrait, Translation
from pipeline.job import Wish
from projection.translations import select

if TYPE_CHECKING:
    from pipeline.models import Models


def check_available(asked: Iterable[str], models: "Models") -> None:
    """BadInput when the model set has no translation for one of the identifiers."""
    known = {parse(name).identifier for name in models.translations}
    for text in asked:
        if parse(text).identifier not in known:
            raise BadInput(f"The model set {models.set.name} has no translation for {text}.")


def present_classes(portrait: str, image: Image, models: "Models") -> dict[str, int]:
    """Present class by attribute code: read from a challenge name, else estimated with the attribute predictor."""
    try:
        return parse_name(portrait)
    except BadInput:
        predicted = models.predictor.predict([image])
        return {
            code: int(np.argmax(predicted[code][0]))
            for code, attribute in attributes().items()
            if attribute.kind == "class" and code in predicted
        }


def choose_edits(
    portrait: Portrait, models: "Models", wishes: Sequence[Wish] | None = None, only: Sequence[str] | None = None
) -> tuple[list[Edit], dict[str, int]]:
    """Edits of a portrait and its present classes.

    All that change something, or those among `only` (identifiers), or exactly the `wishes`; BadInput for a wish that
    has no translation from the portrait's present value.
    """
    present = present_classes(portrait.name, portrait.image, models)
    translations = models.translations
    chosen = select(present, translations)
    if wishes is not None:
        moves = [(wish.name, _wished(wish, chosen, translations, portrait.name), wish.strength) for wish in wishes]
    else:
        moves = [(name, move, 1.0) for name, move in chosen.items() if only is None or name in only]
    # Steps know moves by what they lead to ("bald", "Hc_1"), wherever they start from (Hc_4, Hc_1_fr_0).
    edits = [Edit(name, ((replace(move, name=name.partition("@")[0]), strength),)) for name, move, strength in moves]
    return edits, present


def _wished(
    wish: Wish, chosen: Mapping[str, Translation], translations: Mapping[str, Translation], portrait: str
) -> Translation:
    """What was asked for by name is done, even where the portrait seems to have it already."""
    name = BALD_CLASS if wish.identifier == BALD else wish.identifier
    found = chosen.get(wish.identifier) or translations.get(name)
    if found is None:
        raise BadInput(f"{portrait} seems to be {wish.identifier} already, and no translation leads there from itself.")
    return found
