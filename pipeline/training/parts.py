"""The parts of the embedded model set, in the order in which they build on each other."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext
    from pipeline.training.loop import Budget
    from pipeline.training.recipe import PartRecipe

Log = Callable[[str], None]
Figures = dict[str, float]

RECIPES = {
    "generator": "generator.GeneratorRecipe",
    "encoder": "encoder.EncoderRecipe",
    "predictor": "predictor.PredictorRecipe",
    "judge": "predictor.PredictorRecipe",
    "parser": "parser.ParserRecipe",
    "depth": "depth.DepthRecipe",
    "restorer": "restorer.RestorerRecipe",
    "occluder": "occluder.OccluderRecipe",
    "face_restorer": "face_restorer.FaceRestorerRecipe",
    "identity": "identity.IdentityRecipe",
}
"""Module in this package and class of the recipe of each net."""


def recipe_of(part: str) -> type[PartRecipe]:
    """The class of a net's recipe."""
    module, name = RECIPES[part].split(".")
    found: type[PartRecipe] = getattr(importlib.import_module(f"pipeline.training.{module}"), name)
    return found


def _train_net(part: str, context: TrainingContext, budget: Budget | None, log: Log) -> Figures:
    from pipeline.core.weights import save_state
    from pipeline.training.loop import Budget, fit

    recipe = recipe_of(part)(part, context)
    budget = budget or Budget(minutes=recipe.minutes)
    seed = context.seed + recipe.seed_offset
    fitted = fit(recipe, context.checkpoint(part), budget, context.device, seed=seed, log=log)
    metrics = recipe.metrics(fitted.net)
    save_state(context.target(part), fitted.net.state_dict(), context.metadata(part, metrics, fitted.minutes))
    return metrics


def _find_directions(part: str, context: TrainingContext, budget: Budget | None, log: Log) -> Figures:
    from pipeline.training.directions import find_directions

    find_directions(context, log)
    return {}


def _export_onnx(part: str, context: TrainingContext, budget: Budget | None, log: Log) -> Figures:
    from pipeline.training.onnx_export import export

    export(context)
    return {}


PARTS: dict[str, Callable[[str, TrainingContext, Budget | None, Log], Figures]] = {
    **dict.fromkeys(RECIPES, _train_net),
    "directions": _find_directions,
    "onnx": _export_onnx,
}


def train_part(part: str, context: TrainingContext, budget: Budget | None, log: Log = print) -> Figures:
    """Train one part and write its weights.

    Args:
        part: One of PARTS.
        context: Device, renders and places of the training.
        budget: End of the training, None for the part's own number of minutes.
        log: Receives the lines of the log.

    Returns:
        Held-out figures by name.
    """
    return PARTS[part](part, context, budget, log)
