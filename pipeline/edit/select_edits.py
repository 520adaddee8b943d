"""Selection of a portrait's edits by its present classes, from its challenge name or the attribute predictor."""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from pipeline.config import Budget
from pipeline.core.attributes import BALD, BALD_CLASS, attributes, parse, visible
from pipeline.core.challenge import is_challenge_name, parse_name
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit, Portrait, Translation
from pipeline.core.weights import no_translations
from pipeline.edit.readings import portrait_scores
from pipeline.edit.requests import NO_EDIT, EditRequest
from pipeline.edit.search import Found, search
from pipeline.models import Models
from projection.translations import load, require_space, select

Store = Mapping[str, Translation]
"""Translations by name."""


def open_custom(paths: Iterable[str], models: Models) -> list[Store]:
    """Open the user's folders and files of translations; raises SpaceMismatch for another latent space."""
    stores: list[Store] = [load(path) for path in paths]
    for store in stores:
        require_space(store, models.set.space, models.set.n_style, models.set.dim)
    return stores


def check_available(asked: Iterable[str] | None, models: Models, custom: Sequence[Store] = ()) -> None:
    """Check that there are translations for the identifiers `asked`, or any at all where it is None.

    Raises:
        BadInput: Neither the model set nor a store of the user has a translation for an identifier.
        MissingWeights: There are no translations.
    """
    known = {parse(name).identifier for store in (models.translations, *custom) for name in store}
    if not known and asked != ():
        raise no_translations(models.set)
    for text in asked or ():
        if parse(text).identifier not in known:
            raise BadInput(f"The model set {models.set.name} has no translation for {text}.")


def present_classes(portrait: Portrait, models: Models) -> dict[str, int]:
    """Present class by attribute code, from a challenge name or else from the attribute predictor."""
    if is_challenge_name(portrait.name):
        return parse_name(portrait.name)
    predicted = portrait_scores(portrait, models)
    return {
        code: int(np.argmax(predicted[code][0]))
        for code, attribute in attributes().items()
        if attribute.kind == "class" and code in predicted
    }


def choose_edits(
    portrait: Portrait,
    models: Models,
    requests: Sequence[EditRequest] | None = None,
    only: Sequence[str] | None = None,
    custom: Sequence[Store] = (),
    budget: Budget | None = None,
) -> tuple[list[Edit], dict[str, int]]:
    """Edits of a portrait, and its present class by attribute code.

    Args:
        requests: Exactly these edits; None: all with a visible change.
        only: Identifiers to restrict all edits to; empty: the one edit `NO_EDIT`, which has no displacement. On a
            photograph that an embedded set edits they are exactly the edits: its classes are read too often wrongly to
            omit by them what was asked for.
        custom: Translations that override the model set's.
        budget: Limits of the search for the strengths that nobody asked for; None: they are 1.

    Raises:
        BadInput: A request without a translation from the portrait's present value.
    """
    if requests is None and only is not None and not only:
        return [Edit(NO_EDIT, ())], {}
    if requests is None and only is not None and portrait.crop is not None and models.set.embedded:
        requests = [EditRequest(name) for name in sorted(set(only))]  # their strength is 1, see `search`
    present = present_classes(portrait, models)
    stores = (models.translations, *custom)
    chosen = select(present, *stores)
    if requests is None and not is_challenge_name(portrait.name):  # the challenge asks also for what cannot be seen
        chosen = {name: move for name, move in chosen.items() if visible(move.name, present)}
    if requests is not None:
        known = ChainMap(*map(dict, reversed(stores)))
        asked = [
            (request.name, [(part, _requested(part, chosen, known, portrait.name)) for part in request.parts])
            for request in requests
        ]
    else:
        asked = [
            (name, [(EditRequest(name, None), move)]) for name, move in chosen.items() if only is None or name in only
        ]
    free = [move for _, parts in asked for part, move in parts if part.strength is None]
    found = iter(search(portrait, free, models, budget) if budget is not None else [Found(move, 1.0) for move in free])
    edits = []
    for name, parts in asked:
        moves, missed = [], []
        for part, move in parts:
            each = next(found) if part.strength is None else Found(move, part.strength)
            # Steps identify moves by their target ("bald", "Hc_1"), not by their source (Hc_4, Hc_1_fr_0).
            moves.append((replace(each.move, name=part.identifier), each.strength))
            missed += [each.missed] if each.missed else []
        edits.append(Edit(name, tuple(moves), "; ".join(missed)))
    return edits, present


def _requested(
    request: EditRequest, chosen: Mapping[str, Translation], translations: Mapping[str, Translation], portrait: str
) -> Translation:
    """Translation of a request, even where the portrait seems to have the value already."""
    name = BALD_CLASS if request.identifier == BALD else request.identifier
    found = chosen.get(request.identifier) or translations.get(name)
    if found is None:
        raise BadInput(
            f"{portrait} seems to be {request.identifier} already, and no translation starts from that value."
        )
    return found
