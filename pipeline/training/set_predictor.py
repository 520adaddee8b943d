"""Predictor of a model set of the user's own, tuned on scored images."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.attributes import head_slices
from pipeline.core.errors import BadInput
from pipeline.core.model_sets import ModelSet
from pipeline.core.tensors import batches
from pipeline.downloads.own_sets import require_own
from pipeline.models import Models
from pipeline.training import augment
from pipeline.training.loop import Budget
from pipeline.training.predictor import head_figure, head_loss
from pipeline.training.recipe import Batch, MeasuredRecipe, Moment
from pipeline.training.scored_images import Scored, read_scores
from pipeline.training.set_net import train_set_net
from projection.attributes.predictor import AttributePredictor, build_predictor

HELD_OUT = 5
"""One image of so many is held out."""
OTHERS_WEIGHT = 4.0
"""Weight of the outputs that have no scores, which shall stay."""


@dataclass(frozen=True)
class PredictorSettings:
    """Batches of the training.

    Attributes:
        batch_size: Images of a step.
        rate: Peak learning rate.
        seed: Of the batches.
    """

    batch_size: int = 32
    rate: float = 1e-3
    seed: int = 0


class SetPredictorRecipe(MeasuredRecipe):
    """The set's predictor, tuned: scored attributes as in the table, all other outputs as they were (distillation).

    Args:
        predictor: To start from; its outputs without scores are kept.
        scored: Images at the predictor's input size.
    """

    weight_decay = 3e-2
    autocast = True

    def __init__(
        self, predictor: AttributePredictor, config: Mapping[str, Any], scored: Scored, settings: PredictorSettings
    ) -> None:
        self.config, self.scored, self.settings, self.device = dict(config), scored, settings, predictor.device
        self.rate, self.batch_size = settings.rate, settings.batch_size
        order = np.random.default_rng(settings.seed).permutation(len(scored.images))
        self.held_out, self.trained = np.sort(order[::HELD_OUT]), np.sort(np.delete(order, np.s_[::HELD_OUT]))
        self.heads = head_slices()
        self.others = [
            i for code, head in self.heads.items() if code not in scored.scores for i in range(head.start, head.stop)
        ]
        self.targets = torch.from_numpy(np.stack(list(scored.scores.values()), 1))
        # Kept in the checkpoint: the set has another predictor once this one is finished.
        self.memory = {"start": {key: value.clone() for key, value in predictor.net.state_dict().items()}}

    @cached_property
    def start(self) -> nn.Module:
        """The predictor to start from, which says what the other outputs are."""
        assert self.memory is not None
        net = build_predictor(**self.config)
        net.load_state_dict(self.memory["start"])
        return net.to(self.device).eval().requires_grad_(False)

    def signature(self) -> str:
        """Net, settings and data."""
        return f"{super().signature()} {json.dumps(self.config)} {self.settings} {self.scored.digest}"

    def network(self) -> nn.Module:
        """A copy of the predictor to start from."""
        assert self.memory is not None
        net = build_predictor(**self.config)
        net.load_state_dict(self.memory["start"])
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in -1..1, mirrored and disturbed at random, and their scores (B, columns)."""
        rows = rng.choice(self.trained, self.batch_size)
        images = np.array(self.scored.images[rows])
        mirrored = rng.random(len(images)) < 0.5
        images[mirrored] = images[mirrored][:, :, ::-1]
        x, _ = augment.disturb(images, rng, strength=0.3, most=0.05, shift=0.02, scale=0.04, turn=3)
        return x, self.targets[torch.from_numpy(rows)]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Mean loss of the scored attributes, and the distance of the other outputs from what they were."""
        x, targets = batch
        out = net(x).float()
        total = out.new_zeros(())
        for column, code in enumerate(self.scored.scores):
            known = torch.isfinite(targets[:, column])
            if known.any():
                total = total + head_loss(code, out[known][:, self.heads[code]], targets[known, column])
        total = total / len(self.scored.scores)
        if not self.others:
            return total
        with torch.no_grad():
            before = self.start(x).float()
        return total + OTHERS_WEIGHT * F.smooth_l1_loss(out[:, self.others], before[:, self.others], beta=0.1)

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Accuracy or correlation of the scored attributes on held-out images, before and after the training."""
        figures: dict[str, float] = {}
        parts = [batches(self.scored.images[self.held_out], None, self.device, at_once=50) for _ in range(2)]
        before, after = (
            np.concatenate([each(x).float().cpu().numpy() for x in part])
            for each, part in zip((self.start, net), parts, strict=True)
        )
        for code, values in self.scored.scores.items():
            truth = values[self.held_out]
            known = np.isfinite(truth)
            for prefix, out in (("before_", before), ("", after)):
                name, value = head_figure(code, out[known][:, self.heads[code]], truth[known])
                figures[f"{prefix}{name}"] = value
        if self.others:
            figures["others_moved"] = float(np.abs(after - before)[:, self.others].mean())
        return figures


def train_set_predictor(
    models: Models,
    table: Path,
    folder: Path,
    settings: PredictorSettings,
    budget: Budget,
    checkpoint: Path,
    log: Callable[[str], None],
) -> tuple[ModelSet, Mapping[str, float]]:
    """Tune the predictor of a set of the user's own on scored images and add it to the set; also its held-out figures.

    Args:
        table: See `read_scores`.
        folder: Of the images.
        checkpoint: Resumed if it exists; written every two minutes and at the end.

    Raises:
        BadInput: A set that is not the user's own or has no predictor to start from, scores or images that cannot be
            used, a checkpoint of other settings, or a loss that is not finite.
    """
    require_own(models.set.name)
    predictor = models.predictor
    if not isinstance(predictor, AttributePredictor):
        raise BadInput(f"{models.set.name} has no predictor to start from: make the set with `--like demo`.")
    declared = models.set.files["predictor"].config
    config = {key: declared[key] for key in ("channels", "layers")}
    scored = read_scores(table, folder, predictor.input_size)
    recipe = SetPredictorRecipe(predictor, config, scored, settings)
    about = {
        "what": f"predictor tuned on {len(recipe.trained)} scored images: {', '.join(scored.scores)}",
        "settings": json.dumps(asdict(settings)),
    }
    config = {"input_size": predictor.input_size, **config}
    return train_set_net(models, "predictor", recipe, settings.seed, config, about, budget, checkpoint, log)
