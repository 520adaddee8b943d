"""The part "directions": a complete set is asked for, written with its settings, and told line by line."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core.progress import Progress
from pipeline.core.types import Translation
from pipeline.core.weights import read_metadata
from pipeline.models import Models
from pipeline.training.context import TrainingContext
from pipeline.training.parts import train_part
from projection.directions import extract
from projection.directions.calibration import Outcome
from projection.directions.settings import DirectionSettings
from projection.translations import load


class Small(TrainingContext):
    """A context that writes beside its checkpoints instead of into the tree."""

    def target(self, part: str) -> Path:
        return self.work_dir / f"{part}.safetensors"


def test_translations_are_written_with_their_settings_and_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = Models("demo", "cpu")
    path = np.ones((1, models.set.n_style, models.set.dim), np.float32)

    def found(generator: Any, predictor: Any, settings: DirectionSettings, *, progress: Progress) -> Any:
        assert settings.size == predictor.input_size == models.predictor.input_size
        outcome = Outcome(portraits=4, strength=1.5, success=0.75, agreement=0.9, gain=0.5, leak={"Hc": 0.25})
        return {"Bp_max": Translation("Bp_max", generator.space, path)}, {"Bp_max": outcome}

    monkeypatch.setattr(extract, "extract", found)
    log: list[str] = []
    context = Small(tmp_path, torch.device("cpu"))
    assert train_part("directions", context, None, log.append) == {}
    target = context.target("translations")
    assert np.array_equal(load(target)["Bp_max"].path, path)
    metadata = read_metadata(target)
    assert DirectionSettings.model_validate_json(metadata["settings"]).size == models.predictor.input_size
    assert metadata["models"] == models.fingerprint
    assert log == [
        "Bp_max       success  75%  strength 1.50  leak Hc 0.250",
        f"{target}: 1 translations, mean success 75%",
    ]
