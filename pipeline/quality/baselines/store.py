"""Translations of the baselines in the output folder of a benchmark, found once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.attributes import known_attributes, parse
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Translation
from pipeline.quality.baselines import discovered, interfacegan
from pipeline.quality.baselines.training import Training, calibrated
from projection.directions.save_found import save_found
from projection.directions.settings import DirectionSettings
from projection.translations import load

if TYPE_CHECKING:
    from pipeline.models import Models

FOLDER = "directions"


def wanted(models: Models) -> list[str]:
    """Identifiers of the challenge's edits that a model set has translations for: "Hc_4" for baldness."""
    names = dict.fromkeys(parse(name).identifier for name in models.translations)
    return [name for name in names if known_attributes()[parse(name).code].challenge]


class Baselines:
    """Opens the translations of each baseline, or finds and stores them.

    Args:
        folder: Output folder, which the caller holds.
        settings: Samples and strengths; those of `face-edit directions extract` by default.
    """

    def __init__(
        self, folder: Path, models: Models, settings: DirectionSettings | None = None, progress: Progress = SILENT
    ) -> None:
        self._folder, self._models, self._progress = folder / FOLDER, models, progress
        self._settings = settings or DirectionSettings()

    def translations(self, method: str) -> Mapping[str, Translation]:
        """Translations of a method by identifier: interfacegan, conditional, sefa or ganspace.

        Always as they are stored, in half precision, so that an interrupted benchmark has the same results.
        """
        path = self._folder / f"{method}.safetensors"
        if not path.is_file():
            find: Mapping[str, Callable[[Training, Sequence[str]], dict[str, Floats]]] = {
                "interfacegan": interfacegan.straight,
                "conditional": interfacegan.conditional,
                "sefa": partial(discovered.by_sefa, generator=self._models.generator),
                "ganspace": discovered.by_ganspace,
            }
            self._progress.note(f"{method}: finding its directions, which are kept in {path}")
            found, outcomes = calibrated(
                self._training, find[method](self._training, wanted(self._models)), self._progress
            )
            origin = f"found by face-edit bench edits as {method} does"
            save_found(path, found, outcomes, self._settings, self._models.fingerprint, self._models.predictor, origin)
        return load(path)

    @cached_property
    def _training(self) -> Training:
        return Training.draw(self._models, self._settings, self._progress)
