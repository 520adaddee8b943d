"""Recipe of the attribute predictor and of the judge, a second predictor that only measures."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.attributes import head_slices
from pipeline.core.types import Floats, Image
from pipeline.training import augment
from pipeline.training.context import TrainingContext
from pipeline.training.data import Renders, RenderSets
from pipeline.training.generated_images import generated_images
from pipeline.training.recipe import Batch, Moment, PartRecipe
from projection.attributes.predictor import build_predictor
from projection.nets.resnet import Predictor

CURSOR_WEIGHT = 4.0
# Wrinkles are faint: with a weight of 1 the head of age stays at chance for ten epochs.
AGE_WEIGHT = 4.0
PHOTOGRAPHED_SHARE = 0.7
LOOKS, RIDGE, RAREST = 2, 0.01, 4.0
"""How often the head of the beard looks at everybody, inverse strength of its regularisation, and how much more the
rarest of women and men with and without a beard count than the most frequent."""


def head_loss(code: str, out: Tensor, target: Tensor, weights: Tensor | None = None) -> Tensor:
    """Loss of an attribute: outputs (B, K) of a class to its numbers (B,), or (B, 1) of a cursor to its values (B,).

    `weights` (K,) are those of the classes, None for equal ones.
    """
    if out.shape[1] > 1:
        weight = AGE_WEIGHT if code == "A" else 1.0
        return weight * F.cross_entropy(out, target.long(), weights, label_smoothing=0.02)
    return CURSOR_WEIGHT * F.smooth_l1_loss(out[:, 0], target, beta=0.1)


def balanced(classes: npt.NDArray[np.floating], count: int) -> Tensor:
    """Weights (count,) by which all classes of an attribute count alike, at most twice and at least half as much."""
    found = np.bincount(classes.astype(int), minlength=count)
    return torch.from_numpy(np.clip(len(classes) / (count * np.maximum(found, 1)), 0.5, 2).astype(np.float32))


def head_figure(code: str, out: Floats, truth: npt.NDArray[np.floating]) -> tuple[str, float]:
    """Name and value of an attribute's figure: accuracy of a class, correlation r of a cursor."""
    if out.shape[1] > 1:
        return f"accuracy_{code}", float((out.argmax(1) == truth).mean())
    return f"r_{code}", float(np.corrcoef(out[:, 0], truth)[0, 1])


class PredictorRecipe(PartRecipe):
    """Cross-entropy for the class heads, smooth L1 for the cursors.

    The net scores generated images, which are softer than renders, and may meet photographs: most of a batch looks
    photographed, and once a generator is trained, two fifths are its images, labelled by the people that they show.
    """

    rate = 3e-3
    tuning_rate = 0.67
    tuned_share = 0.5
    weight_decay = 3e-2
    batch_size = 32
    minutes = 40.0
    photographs = True
    autocast = True

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.seed_offset = 1000 if part == "judge" else 0
        self.heads = head_slices()
        targets = np.stack([self.data.attributes[code] for code in self.heads], 1)
        self.targets = torch.from_numpy(targets.astype(np.float32))
        self.weights = {
            code: balanced(self.data.attributes[code], head.stop - head.start).to(context.device)
            for code, head in self.heads.items()
            if head.stop - head.start > 1
        }

    def renders(self, context: TrainingContext) -> Renders:
        """Everybody, those with even attributes first, whom the generator draws too."""
        return RenderSets([context.even_renders, *context.everybody.sets])

    def build(self) -> nn.Module:
        """The net of the config: RGB in -1..1 to the outputs of all heads side by side."""
        return build_predictor(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Images (B, 3, S, S) in -1..1, S the input size; true values (B, attributes), class index or cursor value."""
        rows = self.draw(rng)
        chosen, generated = self.draw_generated(rows, rng)
        images = np.array(self.data.small(self.input_size)[rows])
        images[chosen] = generated
        mirrored = rng.random(len(images)) < 0.5
        images[mirrored] = images[mirrored][:, :, ::-1]
        spoilt = rng.random(len(images)) < PHOTOGRAPHED_SHARE
        images[spoilt] = augment.photographed(images[spoilt], rng)
        x, _ = augment.disturb(images, rng, strength=0.3, most=0.05, shift=0.02, scale=0.04, turn=3)
        return x, self.targets[torch.from_numpy(rows)]

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Mean loss of the attributes; age, cursors and rare classes have a larger weight."""
        out, targets = net(batch[0]).float(), batch[1]
        total = out.new_zeros(())
        for i, (code, head) in enumerate(self.heads.items()):
            total = total + head_loss(code, out[:, head], targets[:, i], self.weights.get(code))
        return total / len(self.heads)

    def finish(self, net: nn.Module) -> None:
        """Stretch the cursors until held-out people spread as widely in the readings as in truth.

        A regression draws what it is not sure of to the middle: beyond a percentile it would find too few people.
        """
        held, last = self.held_out[""], cast(Predictor, net).get_classifier()
        generated = generated_images(self.context, held, self.input_size)
        seen = [self.outputs(net, held.small(self.input_size))]
        seen += [] if generated is None else [self.outputs(net, generated)]
        for code, head in self.heads.items():
            if head.stop - head.start > 1:
                continue
            truth = np.concatenate([held.attributes[code][: len(each)] for each in seen])
            read = np.concatenate([each[:, head.start] for each in seen])
            stretch = float(truth.std() / max(read.std(), 1e-6))
            middle = float(truth.mean() - stretch * read.mean())
            last.weight[head].mul_(stretch)
            last.bias[head].mul_(stretch).add_(middle)
        self.fit_beards(cast(Predictor, net))
        for value in (last.weight, last.bias):
            value.copy_(value.half().float())

    def fit_beards(self, net: Predictor) -> None:
        """Fit the head of the beard anew, by logistic regression in which both sexes count more alike.

        Most beards are men's, and few women have one: a head that learns with the others sees a beard by what else is a
        man's, and none on the photograph of a woman who was given one.
        """
        from sklearn.linear_model import LogisticRegression

        rng, names = np.random.default_rng(self.context.seed + self.seed_offset), list(self.heads)
        features, targets = [], []
        for _ in range(max(LOOKS * len(self.data) // self.batch_size, 1)):
            x, values = self.batch(rng, Moment(progress=1.0))
            features.append(net.forward_head(net.forward_features(x.to(self.context.device)), pre_logits=True).cpu())
            targets.append(values)
        seen, true = torch.cat(features).numpy(), torch.cat(targets).numpy()
        beard, sex = (true[:, names.index(code)].astype(int) for code in ("Bd", "Se"))
        if len(set(beard)) < 2:
            return
        middle, spread = seen.mean(0), seen.std(0) + 1e-6
        count = np.maximum(np.bincount(2 * beard + sex, minlength=4), 1)
        weights = np.minimum(count.max() / count, RAREST)[2 * beard + sex]
        fitted = LogisticRegression(C=RIDGE, max_iter=2000).fit((seen - middle) / spread, beard, weights)
        way = torch.from_numpy(fitted.coef_[0] / spread).float() / 2
        offset = float(fitted.intercept_[0] - fitted.coef_[0] @ (middle / spread)) / 2
        last, head = net.get_classifier(), self.heads["Bd"]
        last.weight[head].copy_(torch.stack([-way, way]))
        last.bias[head].copy_(torch.tensor([-offset, offset]))

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Accuracy of class attributes, correlation of cursors; also on the wild look, and on generated images."""
        figures: dict[str, float] = {}
        for prefix, held in self.held_out.items():
            figures |= self._figures(net, held.small(self.input_size), held.attributes, prefix)
        held = self.held_out[""]
        generated = generated_images(self.context, held, self.input_size)
        return figures if generated is None else figures | self._figures(net, generated, held.attributes, "generated_")

    def _figures(self, net: nn.Module, images: Image, truth: dict[str, np.ndarray], prefix: str) -> dict[str, float]:
        out, figures = self.outputs(net, images), {}
        for code, head in self.heads.items():
            name, value = head_figure(code, out[:, head], truth[code])
            figures[f"{prefix}{name}"] = value
        return figures
