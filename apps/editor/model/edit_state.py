"""What is done to a portrait, as a value: every change makes a new one, so that undo is to put an old one back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pipeline.core.attributes import parse
from pipeline.core.errors import BadInput
from postprocess.beauty import DEFAULTS

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings


@dataclass(frozen=True)
class EditState:
    """An edit as the editor's user sees it.

    strengths: by identifier ("Bp_max", "Hc_1", "bald"), 1 = as calibrated, zeros left out; at most one identifier of an
    attribute: the language of a run's sheet · off: blending steps that are switched off · settings: of blending steps
    where they differ from the configuration, by dotted key ("segmentation.margin") · finish: of what features do to the
    picture after the blending, by dotted key ("beauty.smooth")
    """

    strengths: Mapping[str, float] = field(default_factory=dict)
    off: frozenset[str] = frozenset()
    settings: Mapping[str, Any] = field(default_factory=dict)
    finish: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kept = {name: float(value) for name, value in sorted(self.strengths.items()) if value}
        object.__setattr__(self, "strengths", MappingProxyType(kept))
        object.__setattr__(self, "settings", MappingProxyType(dict(sorted(self.settings.items()))))
        object.__setattr__(self, "finish", MappingProxyType(dict(sorted(self.finish.items()))))

    def strength(self, identifier: str) -> float:
        """Strength of an identifier, 0 where nothing moves it."""
        return self.strengths.get(identifier, 0.0)

    def moved(self, identifier: str, strength: float) -> "EditState":
        """With this strength for `identifier`, and none for other targets of its attribute."""
        code = parse(identifier).code
        others = {name: value for name, value in self.strengths.items() if parse(name).code != code}
        return replace(self, strengths=others | {identifier: strength})

    def switched(self, step: str, on: bool) -> "EditState":
        """With a blending step on or off."""
        return replace(self, off=self.off - {step} if on else self.off | {step})

    def set(self, key: str, value: Any) -> "EditState":
        """With another value for a step's setting."""
        return replace(self, settings={**self.settings, key: value})

    def finished(self, key: str, value: Any) -> "EditState":
        """With another value for something that is done after the blending; none takes it out."""
        others = {name: kept for name, kept in self.finish.items() if name != key}
        return replace(self, finish=others if value is None else others | {key: value})

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` makes an equal recipe of them."""
        return {
            "strengths": dict(self.strengths),
            "off": sorted(self.off),
            "settings": dict(self.settings),
            "finish": dict(self.finish),
        }

    @classmethod
    def from_dict(cls, values: Any) -> "EditState":
        """A recipe from what `to_dict` made; BadInput for anything else."""
        try:
            strengths = {str(name): float(value) for name, value in values["strengths"].items()}
            codes = [parse(name).code for name in strengths]
            if len(set(codes)) < len(codes) or not all(map(math.isfinite, strengths.values())):
                raise ValueError
            off, settings, finish = values["off"], values["settings"], values.get("finish", {})
            return cls(strengths, frozenset(map(str, off)), dict(settings), dict(finish))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadInput("This is no edit of the editor.") from error


PREFIX = "beauty."
"""Of the keys in a recipe."""


def beauty_step(recipe: EditState) -> dict[str, "Settings"]:
    """What a recipe's sliders are as the last step of a run, by the step's name; nothing where none is moved."""
    chosen = {key.removeprefix(PREFIX): value for key, value in recipe.finish.items() if key.startswith(PREFIX)}
    if not any(value for name, value in chosen.items() if name not in DEFAULTS):
        return {}
    from pipeline.beautify import settings_of

    return {"beautify": settings_of(None, {**chosen, "whole_face": True})}
