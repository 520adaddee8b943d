"""The edit of a portrait as an immutable value: undo puts an earlier one back."""

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
    from postprocess.steps.beautify import Settings


@dataclass(frozen=True)
class EditState:
    """An edit of the editor.

    Attributes:
        strengths: By identifier ("Bp_max", "Hc_1", "bald") as in a run's sheet; 1 = as calibrated, zeros left out, at
            most one identifier of an attribute.
        off: Blending steps that are switched off.
        settings: Of blending steps where they differ from the configuration, by dotted key ("segmentation.margin").
        effects: Settings of effects after the blending, by dotted key ("beauty.smooth").
    """

    strengths: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    effects: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: float(value) for name, value in sorted(self.strengths.items()) if value}
        object.__setattr__(self, "strengths", MappingProxyType(kept))
        object.__setattr__(self, "settings", MappingProxyType(dict(sorted(self.settings.items()))))
        object.__setattr__(self, "effects", MappingProxyType(dict(sorted(self.effects.items()))))

    def strength(self, identifier: str) -> float:
        """Strength of an identifier, 0 where nothing moves it."""
        return self.strengths.get(identifier, 0.0)

    def with_strength(self, identifier: str, strength: float) -> "EditState":
        """With this strength for `identifier`, and none for other targets of its attribute."""
        code = parse(identifier).code
        others = {name: value for name, value in self.strengths.items() if parse(name).code != code}
        return replace(self, strengths=others | {identifier: strength})

    def with_step(self, step: str, on: bool) -> "EditState":
        """With a blending step on or off."""
        return replace(self, off=self.off - {step} if on else self.off | {step})

    def with_setting(self, key: str, value: Any) -> "EditState":
        """With another value for a setting of a blending step; None: as configured."""
        return replace(self, settings=_with(self.settings, key, value))

    def with_effect(self, key: str, value: Any) -> "EditState":
        """With another value for a setting of an effect; None removes it."""
        return replace(self, effects=_with(self.effects, key, value))

    def to_edit(self, translations: Mapping[str, "Translation"]) -> "Edit":
        """The edit for the generator; a strength without a translation is left out."""
        from pipeline.core.types import Edit

        moves = [
            # Steps know a move by its target, whatever class it starts from.
            (replace(translations[identifier], name=identifier), strength)
            for identifier, strength in self.strengths.items()
            if identifier in translations
        ]
        return Edit("edit", tuple(moves))

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which `from_dict` reads."""
        return {
            "strengths": dict(self.strengths),
            "off": sorted(self.off),
            "settings": dict(self.settings),
            "finish": dict(self.effects),
        }

    @classmethod
    def from_dict(cls, values: Any) -> "EditState":
        """Inverse of `to_dict`; BadInput for anything else."""
        try:
            strengths = {str(name): float(value) for name, value in values["strengths"].items()}
            codes = [parse(name).code for name in strengths]
            if len(set(codes)) < len(codes) or not all(map(math.isfinite, strengths.values())):
                raise ValueError
            off, settings, effects = values["off"], values["settings"], values.get("finish", {})
            return cls(strengths, frozenset(map(str, off)), dict(settings), dict(effects))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadInput("This is no edit of the editor.") from error


def _with(values: Mapping[str, Any], key: str, value: Any) -> dict[str, Any]:
    others = {name: kept for name, kept in values.items() if name != key}
    return others if value is None else others | {key: value}


BEAUTY = "beauty."
"""Prefix of the retouching's keys among the effects."""


def beauty_step(edit_state: EditState) -> dict[str, "Settings"]:
    """The retouching as the last step of a run, by the step's name; empty where it changes nothing."""
    chosen = {key.removeprefix(BEAUTY): value for key, value in edit_state.effects.items() if key.startswith(BEAUTY)}
    if not any(value for name, value in chosen.items() if name not in DEFAULTS):
        return {}
    from pipeline.beautify import settings_of

    return {"beautify": settings_of(None, {**chosen, "whole_face": True})}
