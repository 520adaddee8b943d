"""Which sliders there are: one for each attribute, with the targets that a portrait can be moved to."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from apps.editor.language import translated
from pipeline.core.attributes import BALD, BALD_CLASS, Attribute, attributes

if TYPE_CHECKING:
    from apps.editor.model.edit_state import EditState
    from pipeline.core.types import Edit, Translation

LIMIT = 2.0
"""Largest strength; what a run chooses for a portrait also ends there."""


@dataclass(frozen=True)
class Target:
    """Where a slider leads: an identifier ("Bp_max", "bald") and its title ("big")."""

    identifier: str
    title: str


@dataclass(frozen=True)
class Slider:
    """One attribute's slider.

    two_sided: a cursor with both ends, position -LIMIT..LIMIT, negative towards the first target; else 0..LIMIT towards
    the one of its targets that is chosen
    """

    code: str
    title: str
    group: str
    help: str
    targets: tuple[Target, ...]
    two_sided: bool

    def active(self, recipe: EditState) -> str | None:
        """Identifier that the recipe moves this slider to, if any."""
        return next((target.identifier for target in self.targets if recipe.strength(target.identifier)), None)

    def position(self, recipe: EditState) -> float:
        """Where the slider stands."""
        active = self.active(recipe)
        strength = recipe.strength(active) if active else 0.0
        return -strength if self.two_sided and active == self.targets[0].identifier else strength

    def move(self, position: float, chosen: str) -> tuple[str, float]:
        """Identifier and strength of a position; `chosen` is the target of a slider that is not two-sided."""
        if self.two_sided:
            return self.targets[int(position > 0)].identifier, abs(position)
        return chosen, position


def sliders(available: Collection[str] | None = None) -> tuple[Slider, ...]:
    """Sliders in the order of the table, with the targets among the `available` identifiers; all, where none are given.

    A slider without a target is left out.
    """
    found = (_slider(attribute, available) for attribute in attributes().values())
    return tuple(slider for slider in found if slider.targets)


def _slider(attribute: Attribute, available: Collection[str] | None) -> Slider:
    named = {(BALD if name == BALD_CLASS else name): name for name in attribute.identifiers}
    targets = tuple(
        Target(identifier, attribute.values[name.partition("_")[2]].title)
        for identifier, name in named.items()
        if available is None or identifier in available
    )
    two_sided = attribute.kind == "cursor" and len(targets) == 2
    return Slider(attribute.code, attribute.title, attribute.group, attribute.help, targets, two_sided)


def edit_of(recipe: EditState, translations: Mapping[str, Translation]) -> Edit:
    """The recipe as an edit for the generator; what a portrait has no translation for does not move it."""
    from pipeline.core.types import Edit

    moves = [
        # Steps know moves by what they lead to, wherever they start from.
        (replace(translations[identifier], name=identifier), strength)
        for identifier, strength in recipe.strengths.items()
        if identifier in translations
    ]
    return Edit("edit", tuple(moves))


def reading_text(code: str, values: Any) -> str:
    """What the predictor says of one picture in words: "black 0.93" of a class, "+0.31" of a cursor.

    values: probabilities (K,) of a class attribute, one number of a cursor
    """
    attribute = attributes()[code]
    if attribute.kind == "cursor":
        return f"{float(values):+.2f}"
    best = int(values.argmax())
    return f"{translated(attribute.values[str(best)].title)} {float(values[best]):.2f}"
