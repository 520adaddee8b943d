"""Parts of the embedded model sets, in the order in which they build on each other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

    from pipeline.training.context import TrainingContext
    from pipeline.training.loop import Budget
    from pipeline.training.recipe import PartRecipe

PARTS = {
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
    "detector": "face_detector.FaceDetectorRecipe",
    "points": "face_points.FacePointsRecipe",
    "directions": "directions.find_directions",
    "motions": "motions.write_motions",
    "beard": "beard.write_beard",
    "ageing": "ageing.write_ageing",
    "onnx": "onnx_export.export",
}
"""Module and name of a net's recipe, or of the function that makes a part from trained nets."""


def maker(part: str) -> Any:
    """The class of a part's recipe, or the function (context, log) that makes the part."""
    module, name = PARTS[part].split(".")
    return getattr(importlib.import_module(f"pipeline.training.{module}"), name)


def train_part(
    part: str, context: TrainingContext, budget: Budget | None, log: Callable[[str], None] = print
) -> dict[str, float]:
    """Train one part and write its weights.

    Args:
        part: One of PARTS.
        context: Device, renders and paths.
        budget: Limit of the training; the recipe's minutes by default.
        log: Receives the lines of the log.

    Returns:
        Held-out figures by name.

    Raises:
        BadInput: The checkpoint belongs to other settings, or the loss is not finite.
    """
    import torch

    from pipeline.core.weights import load_state, save_state
    from pipeline.training.data import described
    from pipeline.training.loop import Budget, fit

    make = maker(part)
    if not isinstance(make, type):
        make(context, log)
        return {}
    recipe: PartRecipe = make(part, context)
    budget, seed = budget or Budget(minutes=recipe.minutes), context.seed + recipe.seed_offset
    fitted = fit(recipe, context.checkpoint(part), budget, context.device, seed=seed, log=log)
    if context.tune and recipe.tuned_share < 1:
        mix(fitted.net, load_state(context.target(part)), recipe.tuned_share)
    with torch.inference_mode():
        recipe.finish(fitted.net)
        metrics = recipe.metrics(fitted.net)
    metadata = context.metadata(part, described(recipe.data.sets), metrics, fitted.minutes)
    save_state(context.target(part), fitted.net.state_dict(), metadata)
    return metrics


def mix(net: nn.Module, others: Mapping[str, Tensor], share: float) -> None:
    """Replace weights and statistics of a net by `share` of them and the rest of `others`, in half precision."""
    import torch

    with torch.no_grad():
        for name, value in net.state_dict().items():
            if value.is_floating_point():
                mixed = share * value + (1 - share) * others[name].to(value)
                value.copy_(mixed.half().float())
