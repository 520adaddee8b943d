"""Edits that a photograph does not suit, each with the reason: what is refused by default."""

from collections.abc import Callable, Iterable, Mapping

from pipeline.core.attributes import attributes, parse
from pipeline.core.types import Edit, Portrait
from pipeline.edit.invert import NO_FIGURES, unknown_face
from pipeline.edit.readings import portrait_scores
from pipeline.models import Models
from postprocess.labels import Labels
from postprocess.own_pixels.beards import chart
from postprocess.own_pixels.dyeing import DYES
from postprocess.own_pixels.edited import BEARD, GLASSES, is_drawn
from postprocess.own_pixels.glasses import fitted
from postprocess.own_pixels.hair import hair_colour, is_blond, shows_hair, told_apart
from postprocess.parsing import portrait_labels

READ_IN_PHOTOGRAPHS = ("Sm", "Gl", "Bd")
"""Classes that an embedded set reads in photographs well enough to refuse what is there already."""

BLOND = "Hc_1"
HIDDEN, UNSEEN = "the lower half of the face is not seen", "too little of the face is seen"
NO_EYES, NO_HAIR = "the eyes are not seen", "too little hair is seen"
ALIKE = "hair and background look alike"
UNKNOWN = "the generator does not know this face"


def _too_little(portrait: Portrait, labels: Labels, models: Models) -> bool:
    return models.ageing is not None and models.ageing.of(portrait, labels) is None


UNSUITABLE: tuple[tuple[tuple[str, ...], str, Callable[[Portrait, Labels, Models], bool]], ...] = (
    ((BEARD,), HIDDEN, lambda portrait, labels, models: chart(labels) is None),
    ((GLASSES,), NO_EYES, lambda portrait, labels, models: fitted(labels) is None),
    (("A_0", "A_1", "A_2"), UNSEEN, _too_little),
    (tuple(DYES), NO_HAIR, lambda portrait, labels, models: not shows_hair(labels)),
    (tuple(DYES), ALIKE, lambda portrait, labels, models: not told_apart(portrait.image, labels)),
)
"""Edits of the photograph's own pixels, and when they do not suit a portrait of some classes."""


def refusals(
    portrait: Portrait,
    identifiers: Iterable[str],
    models: Models,
    figures: Mapping[str, float] = NO_FIGURES,
    own_pixels: bool = True,
) -> dict[str, str]:
    """Reason by identifier of the edits that would not look right on this portrait; the others are left out.

    Only faces of photographs that an embedded set edits are refused anything: its generator knows rendered people.

    Args:
        figures: Of the portrait's inversion; a face that the generator does not know is refused what it would draw.
        own_pixels: See `RunConfig`.
    """
    if portrait.crop is None or not models.set.embedded:
        return {}
    names = list(identifiers)
    found = {name: reason for name in names if (reason := models.set.not_on_photographs.get(name))}
    if unknown_face(figures, models) is not None:
        found |= {
            name: UNKNOWN for name in names if name not in found and not (own_pixels and is_drawn(name, 1.0, models))
        }
    for edits, reason, unsuitable in UNSUITABLE:
        asked = [name for name in names if name in edits and name not in found]
        if asked and unsuitable(portrait, portrait_labels(portrait, models.parser), models):
            found |= dict.fromkeys(asked, reason)
    for name in names:
        if name not in found and _is_seen(name, portrait, models):
            wanted = parse(name)
            attribute = attributes()[wanted.code]
            found[name] = f"seen already: {attribute.title.lower()}, {attribute.values[wanted.value].title}"
    return found


def _is_seen(name: str, portrait: Portrait, models: Models) -> bool:
    """Whether a photograph has already what an edit would give it, as far as that can be read."""
    if name == BLOND:
        return is_blond(hair_colour(portrait.image, portrait_labels(portrait, models.parser)))
    if name.partition("_")[0] not in READ_IN_PHOTOGRAPHS:
        return False
    wanted = parse(name)
    return int(portrait_scores(portrait, models)[wanted.code][0].argmax()) == int(wanted.value)


def strange(
    portrait: Portrait, edits: Iterable[Edit], models: Models, figures: Mapping[str, float], own_pixels: bool
) -> str | None:
    """Sentence about a face that the generator does not know, where it draws some of these edits; else None."""
    sentence = unknown_face(figures, models)
    if sentence is None:
        return None
    own = own_pixels and portrait.crop is not None
    drawn = all(own and is_drawn(move.name, strength, models) for edit in edits for move, strength in edit.moves)
    return None if drawn else sentence


def suitable(
    portrait: Portrait,
    edits: Iterable[Edit],
    models: Models,
    figures: Mapping[str, float] = NO_FIGURES,
    own_pixels: bool = True,
) -> tuple[list[Edit], str]:
    """The edits of a portrait that are not refused, and a sentence about the others, empty if there are none."""
    given = list(edits)
    refused = refusals(portrait, {move.name for edit in given for move, _ in edit.moves}, models, figures, own_pixels)
    kept: list[Edit] = []
    by_reason: dict[str, list[str]] = {}
    for edit in given:
        reasons = dict.fromkeys(refused[move.name] for move, _ in edit.moves if move.name in refused)
        if not reasons and portrait.crop and strange(portrait, [edit], models, figures, own_pixels):
            reasons = {UNKNOWN: None}  # where it goes the other way, the generator draws what the pixels make
        for reason in reasons:
            by_reason.setdefault(reason, []).append(edit.name)
        kept += [] if reasons else [edit]
    listed = "; ".join(f"{', '.join(names)} ({reason})" for reason, names in by_reason.items())
    sentence = f"Not made of {portrait.name}: {listed}." if listed else ""
    return kept, sentence
