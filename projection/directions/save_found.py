"""File of extracted translations with settings and figures; summary lines of an extraction."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipeline.core.types import Translation
from projection.attributes.population import PopulationPredictor, dump_scales
from projection.directions.calibration import Outcome
from projection.directions.settings import DirectionSettings
from projection.translations import save


def save_found(
    path: Path,
    found: Mapping[str, Translation],
    outcomes: Mapping[str, Outcome],
    settings: DirectionSettings,
    models: str,
    predictor: object,
    origin: str = "found by face-edit directions extract",
) -> None:
    """Write translations with where they are from, and the settings and figures of their search or calibration.

    Args:
        path: A .safetensors file, or a folder of .npy files.
        found: Translations by name.
        outcomes: Figures by name.
        settings: Settings of the search.
        models: Fingerprint of the model set.
        predictor: Predictor of the scores; the scales of a PopulationPredictor are stored too.
        origin: Where they are from.
    """
    metadata = {
        "what": f"translations, {origin}",
        "when": datetime.now(UTC).date().isoformat(),
        "models": models,
        "settings": settings.model_dump_json(),
        "report": json.dumps({name: outcome.as_dict() for name, outcome in outcomes.items()}),
    }
    if isinstance(predictor, PopulationPredictor):
        metadata["population"] = dump_scales(predictor.scales)
    save(path, found.values(), metadata)


def summary(path: Path, outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """One line per translation with success, strength and largest leak, and one for all of them."""
    for name, outcome in outcomes.items():
        code, leak = max(outcome.leak.items(), key=lambda pair: pair[1], default=("none", 0.0))
        yield f"{name:<12} success {outcome.success:4.0%}  strength {outcome.strength:.2f}  leak {code} {leak:.3f}"
    judged = [outcome.success for outcome in outcomes.values() if outcome.portraits]
    mean = sum(judged) / len(judged) if judged else float("nan")
    yield f"{path}: {len(outcomes)} translations, mean success {mean:.0%}"
