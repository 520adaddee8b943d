"""The parts of the embedded model set, in training order."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext
    from pipeline.training.loop import Budget, Recipe


# In the order in which they build on each other; the module of a part makes its recipe.
RECIPES = {
    "encoder": "encoder",
    "predictor": "predictor",
    "judge": "predictor",
    "parser": "parser",
    "depth": "depth",
    "restorer": "restorer",
    "occluder": "occluder",
    "face_restorer": "face_restorer",
    "identity": "identity",
}


PARTS = ("generator", *RECIPES, "directions", "onnx")


def train_part(
    part: str, shop: TrainingContext, budget: Budget | None, log: Callable[[str], None] = print
) -> dict[str, float]:
    """Train one part and write its weights; returns its held-out figures.

    budget: none means the part's own number of minutes.
    """
    from pipeline.core.weights import save_state
    from pipeline.training.loop import Budget, fit, load_checkpoint

    if part == "generator":
        from pipeline.training.generator import train

        return train(shop, budget)
    if part == "directions":
        from apps.directions.cli import main as directions

        directions(["extract", "--device", str(shop.device), "--output", str(shop.target("translations"))])
        return {}
    if part == "onnx":
        from pipeline.training.onnx_export import export

        export(shop)
        return {}
    recipe: Recipe = importlib.import_module(f"pipeline.training.{RECIPES[part]}").recipe(part, shop)
    budget = budget or Budget(minutes=recipe.minutes)
    net = fit(recipe, shop.checkpoint(part), budget, shop.device, seed=shop.seed + recipe.seed_offset, log=log)
    metrics = recipe.metrics(net)
    trained = load_checkpoint(shop.checkpoint(part), recipe.signature(), shop.device) or {}
    minutes = float(trained.get("seconds", 0)) / 60
    save_state(shop.target(part), recipe.state(net), shop.metadata(part, metrics, minutes))
    return metrics
