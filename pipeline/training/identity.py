"""Recipe of the identity net: contrastive learning on pairs of images of the same person."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.training import augment
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderSet
from pipeline.training.recipe import Batch, Moment, PartRecipe
from postprocess.nets.identity import IdentityNet


def info_nce(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """Symmetric InfoNCE (Chen et al. 2020) of unit rows (B, D); row i of both is the same person."""
    logits = first @ second.T / temperature
    target = torch.arange(len(first), device=first.device)
    return (F.cross_entropy(logits, target) + F.cross_entropy(logits.T, target)) / 2


class IdentityRecipe(PartRecipe):
    """InfoNCE of people and the same people on another occasion."""

    weight_decay = 5e-3
    batch_size = 48
    minutes = 30.0
    autocast = True

    data: RenderSet

    def renders(self, context: TrainingContext) -> RenderSet:
        """People on two occasions each."""
        return context.occasions

    def measured(self, context: TrainingContext) -> dict[str, RenderSet]:
        """People on two occasions each."""
        return {"": context.held_out_occasions}

    def build(self) -> nn.Module:
        """The net of the config: RGB in -1..1 to unit embeddings."""
        return IdentityNet(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Two images each of B persons, both (B, 3, S, S) in -1..1, S the input size."""
        pairs = self.data.pairs
        rows = rng.choice(pairs, min(self.batch_size, len(pairs)), replace=False)
        images, pair = self.data.small(self.input_size), []
        for side in (images[rows - 1], images[rows]):
            softened = augment.jpeg(augment.soften(side, rng), rng, share=0.2)
            pair.append(augment.disturb(softened, rng, shift=0.03, turn=3)[0])
        return tuple(pair)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """InfoNCE over the pairs of the batch."""
        return info_nce(*net(torch.cat(batch)).float().chunk(2))

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Figures of `verification` on the held-out persons."""
        (held,) = self.held_out.values()
        images = held.small(self.input_size)
        first, second = (self.outputs(net, images[held.pairs - i]) for i in (1, 0))
        return verification(first @ second.T)


def verification(similarity: np.ndarray) -> dict[str, float]:
    """Figures of verification by cosine similarity (N, N), with the pairs of the same person on the diagonal."""
    from sklearn.metrics import roc_auc_score

    same = np.eye(len(similarity), dtype=bool)
    return {
        "verification_auc": float(roc_auc_score(same.reshape(-1), similarity.reshape(-1))),
        "similarity_same": float(similarity[same].mean()),
        "similarity_different": float(similarity[~same].mean()),
        "rank_1": float((similarity.argmax(1) == np.arange(len(similarity))).mean()),
    }
