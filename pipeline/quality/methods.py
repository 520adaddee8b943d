"""The methods that the benchmark of edits compares: a function each, from a portrait and its edits to images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from pipeline.core.attributes import parse
from pipeline.core.types import Edit, Frame, Image, Portrait
from pipeline.edit.render import OpenStep, blend, open_steps, render
from pipeline.edit.select_edits import choose_edits
from pipeline.quality.baselines import original
from pipeline.quality.baselines.store import Baselines
from pipeline.quality.edits import grouped

if TYPE_CHECKING:
    from pipeline.config import Budget, RunConfig
    from pipeline.models import Models

OURS = "ours_adaptive"
"""The method that all others are compared with."""
WITHOUT = "without_"
"""Prefix of an ablation, followed by a step."""
TITLES = {
    OURS: "ours, adaptive",
    "ours_fixed": "ours, fixed strengths",
    "original": "original pipeline as published",
    "interfacegan": "InterFaceGAN",
    "conditional": "InterFaceGAN, conditional",
    "sefa": "SeFa",
    "ganspace": "GANSpace",
}
"""Methods in the order of the tables; ablations and results of others follow."""


@dataclass(frozen=True)
class Case:
    """A portrait, named by its classes and with its latent, and the identifiers of its edits."""

    portrait: Portrait
    identifiers: Sequence[str]


class Methods:
    """Every method of the project's own.

    Args:
        baselines: Translations of the baselines.
    """

    def __init__(self, models: Models, config: RunConfig, baselines: Baselines) -> None:
        self._models, self._config, self._baselines = models, config, baselines

    @property
    def titles(self) -> dict[str, str]:
        """Methods with their titles, in the order of the tables."""
        steps = self._config.step_settings()
        return TITLES | {f"{WITHOUT}{step}": f"ours, adaptive, without {step}" for step in steps}

    def images(self, name: str, case: Case) -> list[Image]:
        """Images of the case's edits, in their order, by the method of a name."""
        if name.startswith(WITHOUT):
            return self._ours(case, self._config.budget, name.removeprefix(WITHOUT))
        own: dict[str, Callable[[Case], list[Image]]] = {
            OURS: partial(self._ours, budget=self._config.budget),
            "ours_fixed": partial(self._ours, budget=None),
            "original": self._original,
        }
        return own[name](case) if name in own else self._baseline(case, name)

    def _ours(self, case: Case, budget: Budget | None, without: str = "") -> list[Image]:
        steps = [step for step in self._steps if step.name != without]
        return [
            frame.image
            for group in grouped(self._rendered(case, budget), self._config.batch)
            for frame in blend(group, steps)
        ]

    def _original(self, case: Case) -> list[Image]:
        groups = grouped(self._rendered(case, None), self._config.batch)
        return [image for group in groups for image in original.blended(group, self._models)]

    def _baseline(self, case: Case, name: str) -> list[Image]:
        known = self._baselines.translations(name)
        moves = [known[parse(identifier).identifier] for identifier in case.identifiers]
        edits = [Edit(each, ((move, 1.0),)) for each, move in zip(case.identifiers, moves, strict=True)]
        return [frame.image for frame in self._raw(case.portrait, edits)]

    def _rendered(self, case: Case, budget: Budget | None) -> list[Frame]:
        """The generator's images of our edits, once for all methods that blend them."""

        def compute() -> list[Frame]:
            edits = {edit.name: edit for edit in choose_edits(case.portrait, self._models, budget=budget)[0]}
            return self._raw(case.portrait, [edits[name] for name in case.identifiers])

        return case.portrait.maps.get("fixed" if budget is None else "adaptive", compute)

    def _raw(self, portrait: Portrait, edits: Sequence[Edit]) -> list[Frame]:
        return [
            frame for group in grouped(edits, self._config.batch) for frame in render(portrait, group, self._models)
        ]

    @cached_property
    def _steps(self) -> list[OpenStep]:
        return open_steps(self._config.step_settings(), self._models)
