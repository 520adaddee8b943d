"""Which edits a portrait gets: what its name or the attribute predictor says it is, decides what can be changed."""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.attributes import BALD, BALD_CLASS, attributes, parse
from pipeline.core.challenge import parse_name
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit, Image, Portrait, Translation
from pipeline.job import Wish
from projection.translations import cursor_strength, load, require_space, select

if TYPE_CHECKING:
    from pipeline.models import Models


Store = Mapping[str, Translation]
"""Translations by name."""


def open_custom(paths: Iterable[str], models: "Models") -> list[Store]:
    """The user's folders and files of translations; SpaceMismatch for those of another latent space."""
    stores: list[Store] = [load(path) for path in paths]
    for store in stores:
        require_space(store, models.set.space, models.set.n_style, models.set.dim)
    return stores


def check_available(asked: Iterable[str], models: "Models", custom: Sequence[Store] = ()) -> None:
    """BadInput when neither the model set nor a store of the user has a translation for one of the identifiers."""
    known = {parse(name).identifier for store in (models.translations, *custom) for name in store}
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
    portrait: Portrait,
    models: "Models",
    wishes: Sequence[Wish] | None = None,
    only: Sequence[str] | None = None,
    custom: Sequence[Store] = (),
) -> tuple[list[Edit], dict[str, int]]:
    """Edits of a portrait and its present classes.

    All that change something, or those among `only` (identifiers), or exactly the `wishes`; BadInput for a wish that
    has no translation from the portrait's present value. Translations in `custom` override the model set's.
    """
    present = present_classes(portrait.name, portrait.image, models)
    stores = (models.translations, *custom)
    chosen = select(present, *stores)
    chosen_strength = _Strengths(portrait, models)
    if wishes is not None:
        moves = [
            (wish.name, _wished(wish, chosen, ChainMap(*map(dict, reversed(stores))), portrait.name), wish.strength)
            for wish in wishes
        ]
    else:
        moves = [
            (name, move, chosen_strength.of(move)) for name, move in chosen.items() if only is None or name in only
        ]
    # Steps know moves by what they lead to ("bald", "Hc_1"), wherever they start from (Hc_4, Hc_1_fr_0).
    edits = [Edit(name, ((replace(move, name=name.partition("@")[0]), strength),)) for name, move, strength in moves]
    return edits, present


class _Strengths:
    """How strongly a cursor's translation moves one portrait: as far as its canonical value, from where it is."""

    def __init__(self, portrait: Portrait, models: "Models") -> None:
        self._known, self._gains = models.translations, models.gains
        self._values = models.predictor.predict([portrait.image]) if self._gains else {}

    def of(self, move: Translation) -> float:
        """1 for class targets, and for translations of which nobody measured what they do."""
        gain = self._gains.get(move.name)
        if gain is None or self._known.get(move.name) is not move or attributes()[move.code].kind != "cursor":
            return 1.0
        return cursor_strength(move.name, float(self._values[move.code][0]), gain)


def _wished(
    wish: Wish, chosen: Mapping[str, Translation], translations: Mapping[str, Translation], portrait: str
) -> Translation:
    """What was asked for by name is done, even where the portrait seems to have it already."""
    name = BALD_CLASS if wish.identifier == BALD else wish.identifier
    found = chosen.get(wish.identifier) or translations.get(name)
    if found is None:
        raise BadInput(f"{portrait} seems to be {wish.identifier} already, and no translation leads there from itself.")
    return found
