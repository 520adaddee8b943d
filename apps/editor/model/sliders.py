"""Slider definitions: one per attribute, with its available targets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from apps.editor.model.edit_state import EditState
from pipeline.core.attributes import BALD, BALD_CLASS, Attribute, known_attributes, parse

LIMIT = 2.0
"""Largest strength, in runs too."""


@dataclass(frozen=True)
class Target:
    """End of a slider: an identifier ("Bp_max", "bald") and its title ("big")."""

    identifier: str
    title: str


@dataclass(frozen=True)
class Slider:
    """Slider of one attribute.

    Attributes:
        title: English title, like group and help.
        targets: Available targets.
        two_sided: Cursor with both ends: position -LIMIT..LIMIT, negative towards the first target; otherwise
            0..LIMIT towards the chosen target.
    """

    code: str
    title: str
    group: str
    help: str
    targets: tuple[Target, ...]
    two_sided: bool

    def active(self, edit_state: EditState) -> str | None:
        """Identifier of the slider's target in use, if any."""
        return next((target.identifier for target in self.targets if edit_state.strength(target.identifier)), None)

    def position(self, edit_state: EditState) -> float:
        """Position for an edit."""
        active = self.active(edit_state)
        strength = edit_state.strength(active) if active else 0.0
        return -strength if self.two_sided and active == self.targets[0].identifier else strength

    def move(self, position: float, chosen: str) -> tuple[str, float]:
        """Identifier and strength of a position; `chosen` is the target of a slider that is not two-sided."""
        if self.two_sided:
            return self.targets[int(position > 0)].identifier, abs(position)
        return chosen, position


def sliders(available: Collection[str] | None = None) -> tuple[Slider, ...]:
    """Sliders with at least one target among the `available` identifiers (None: all), in the order of the table."""
    candidates = (_slider(attribute, available) for attribute in known_attributes().values())
    return tuple(slider for slider in candidates if slider.targets)


def target_title(identifier: str) -> str:
    """English title of a target: "blond" for "Hc_1"."""
    parsed = parse(identifier)
    return known_attributes()[parsed.code].values[parsed.value].title


def _slider(attribute: Attribute, available: Collection[str] | None) -> Slider:
    classes = {(BALD if name == BALD_CLASS else name): name.partition("_")[2] for name in attribute.identifiers}
    targets = tuple(
        Target(identifier, attribute.values[value].title)
        for identifier, value in classes.items()
        if available is None or identifier in available
    )
    two_sided = attribute.kind == "cursor" and len(targets) == 2
    return Slider(attribute.code, attribute.title, attribute.group, attribute.help, targets, two_sided)
