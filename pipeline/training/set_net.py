"""Training of one net of a model set of the user's own: fitted, measured and added to the set with its origin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from pipeline.core.model_sets import ModelSet
from pipeline.downloads.own_sets import add_net
from pipeline.models import Models
from pipeline.training.context import commit
from pipeline.training.loop import Budget, fit
from pipeline.training.recipe import MeasuredRecipe


def train_set_net(
    models: Models,
    role: str,
    recipe: MeasuredRecipe,
    seed: int,
    config: Mapping[str, Any],
    about: Mapping[str, str],
    budget: Budget,
    checkpoint: Path,
    log: Callable[[str], None],
) -> tuple[ModelSet, Mapping[str, float]]:
    """Train a net for a role of a set of the user's own and add it to the set; also its held-out figures.

    Args:
        config: Arguments with which the set opens the net.
        about: What the net is and its settings, the first entries of its file's metadata.
        checkpoint: Resumed if it exists; written every two minutes and at the end.

    Raises:
        BadInput: A checkpoint of other settings, or a loss that is not finite; also as `add_net`.
    """
    fitted = fit(recipe, checkpoint, budget, models.device, seed=seed, log=log)
    with torch.inference_mode():
        figures = recipe.metrics(fitted.net)
    metadata = {
        **about,
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "metrics": json.dumps({name: round(value, 4) for name, value in figures.items()}),
        "minutes": f"{fitted.minutes:.1f}",
        "torch": torch.__version__,
        "commit": commit(),
    }
    return add_net(models.set.name, role, fitted.net.state_dict(), config, metadata), figures
