"""Edit of a portrait as an immutable value; undo restores an earlier one."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.core.attributes import parse
from pipeline.core.errors import BadInput
from postprocess.beauty import DEFAULTS

if TYPE_CHECKING:
    from pipeline.core.types import Edit, Translation
    from pipeline.edit.search import Found
    from postprocess.steps.beautify import Settings


@dataclass(frozen=True)
class EditState:
    """Slider strengths, blending settings and effects of one portrait.

    Attributes:
        strengths: Strength by identifier ("Bp_max", "Hc_1", "bald"), at most one per attribute; 1 = as calibrated.
        off: Blending steps that are switched off.
        settings: Blending settings that differ from the configuration, by dotted key ("segmentation.margin").
        effects: Settings of effects after the blending, by dotted key ("beauty.smooth").
        found: What a search found for this portrait, by identifier: its slider moves along that path until it is 0.
    """

    strengths: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    effects: Mapping[str, Any] = field(default_factory=dict)
    found: Mapping[str, "Found"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept: dict[str, Mapping[str, Any]] = {
            "strengths": {name: float(value) for name, value in self.strengths.items() if value},
            "found": {name: found for name, found in self.found.items() if self.strengths.get(name)},
            "settings": self.settings,
            "effects": self.effects,
        }
        for name, values in kept.items():
            object.__setattr__(self, name, MappingProxyType(dict(sorted(values.items()))))

    def strength(self, identifier: str) -> float:
        """Strength of an identifier; 0 if it is not edited."""
        return self.strengths.get(identifier, 0.0)

    def with_strength(self, identifier: str, strength: float) -> "EditState":
        """A copy with this strength for `identifier` and no other target of its attribute."""
        code = parse(identifier).code
        others = {name: value for name, value in self.strengths.items() if parse(name).code != code}
        return replace(self, strengths=others | {identifier: strength})

    def with_target(self, identifier: str, found: "Found | None") -> "EditState":
        """A copy that goes to a target: along the path that was found, or else as calibrated, at strength 1."""
        others = {name: each for name, each in self.found.items() if name != identifier}
        paths = others if found is None else others | {identifier: found}
        return replace(self.with_strength(identifier, found.strength if found else 1.0), found=paths)

    def as_found(self, identifier: str) -> "Found | None":
        """What was found for an identifier, as long as its slider stands there."""
        found = self.found.get(identifier)
        return found if found is not None and found.strength == self.strength(identifier) else None

    def with_step(self, step: str, on: bool) -> "EditState":
        """A copy with a blending step switched on or off."""
        return replace(self, off=self.off - {step} if on else self.off | {step})

    def with_setting(self, key: str, value: Any) -> "EditState":
        """A copy with another value for a blending setting; None restores the configured one."""
        return replace(self, settings=_with(self.settings, key, value))

    def with_effect(self, key: str, value: Any) -> "EditState":
        """A copy with another value for an effect's setting; None removes it."""
        return replace(self, effects=_with(self.effects, key, value))

    def to_edit(self, translations: Mapping[str, "Translation"]) -> "Edit":
        """The edit for the generator; strengths without a translation are left out."""
        from pipeline.core.types import Edit

        paths = {**translations, **{name: found.move for name, found in self.found.items()}}
        moves = [
            # Steps identify a move by its target, independent of the class it starts from.
            (replace(paths[identifier], name=identifier), strength)
            for identifier, strength in self.strengths.items()
            if identifier in paths
        ]
        return Edit("edit", tuple(moves))

    def to_dict(self) -> dict[str, Any]:
        """JSON values, the inverse of `from_dict`; without what was found, which suits no other portrait."""
        return {
            "strengths": dict(self.strengths),
            "off": sorted(self.off),
            "settings": dict(self.settings),
            "finish": dict(self.effects),
        }

    @classmethod
    def from_dict(cls, values: Any) -> "EditState":
        """Inverse of `to_dict`; BadInput for values of another form."""
        try:
            strengths = {str(name): float(value) for name, value in values["strengths"].items()}
            codes = [parse(name).code for name in strengths]
            if len(set(codes)) < len(codes) or not all(map(math.isfinite, strengths.values())):
                raise ValueError
            off, settings, effects = values["off"], values["settings"], values.get("finish", {})
            return cls(strengths, frozenset(map(str, off)), dict(settings), dict(effects))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadInput("The edit is damaged, or was not made by the editor.") from error


def _with(values: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    others = {name: kept for name, kept in values.items() if name != key}
    return others if value is None else others | {key: value}


BEAUTY = "beauty."
"""Prefix of the retouching's keys in `EditState.effects`."""


def beauty_step(edit_state: EditState) -> dict[str, "Settings"]:
    """The retouching as the last step of a run, by step name; empty if it changes nothing."""
    chosen = {key.removeprefix(BEAUTY): value for key, value in edit_state.effects.items() if key.startswith(BEAUTY)}
    if not any(value for name, value in chosen.items() if name not in DEFAULTS):
        return {}
    from pipeline.beautify import settings_of

    return {"beautify": settings_of(None, {**chosen, "whole_face": True})}
