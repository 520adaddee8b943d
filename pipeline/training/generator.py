"""Recipe of the elastic generator: from the latent of a rendered person to the picture, at every width.

The training is supervised, not adversarial: W is linear in all that a picture depends on, and the synthesis is trained
from coarse to fine on all skip images, partly in pairs that differ by one attribute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.half import half_precision
from pipeline.core.images import psnr, resize
from pipeline.core.tensors import to_tensor, to_uint8
from pipeline.core.types import Floats
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderSet, RenderSets
from pipeline.training.generator_loss import change_loss, level_loss
from pipeline.training.mapping_init import set_mapping
from pipeline.training.muon import Muon
from pipeline.training.recipe import Batch, Moment, PartRecipe, Rows
from pipeline.world.latents import from_seen
from postprocess.labels import FEATURES
from projection.nets.generator import Generator

RATIOS, NARROW_SHARE = (0.25, 0.5, 0.75), 0.35
PAIR_SHARE, CHANGE_WEIGHT = 0.5, 0.5
WARM_UP_STEPS = 50
# Pixel weights by label, larger on the small features.
LABEL_WEIGHT = np.array([1, 1.3, 3, 3, 5, 5, 2.5, 1, 1, 1, 2, 4, 4, 4, 1, 1, 0.8, 1.2, 1], np.float32)


@dataclass(frozen=True)
class Stage:
    """Stage of the training.

    Attributes:
        size: Resolution in pixels.
        share: Relative share of the budget.
        batch: Images per step.
        rate: Learning rate.
    """

    size: int
    share: float
    batch: int
    rate: float


STAGES = (
    Stage(32, 0.08, 16, 3e-2),
    Stage(64, 0.27, 12, 2e-2),
    Stage(128, 0.30, 8, 1.2e-2),
    Stage(256, 0.35, 6, 7e-3),
)


def stages(resolution: int) -> list[Stage]:
    """Stages from coarse to fine, up to the resolution of the generator."""
    return [stage for stage in STAGES if stage.size <= resolution]


def tuning_stages(resolution: int) -> list[Stage]:
    """The last stages at a lower rate, for a generator with trained weights."""
    return [replace(stage, rate=0.7 * stage.rate) for stage in stages(resolution) if stage.size > resolution // 4]


@torch.no_grad()
def measure(net: Generator, held_out: RenderSet, size: int, device: torch.device, count: int = 48) -> dict[str, float]:
    """PSNR (dB) of `count` held-out people at one resolution: at full, half and quarter width, over the features."""
    scores: dict[str, list[float]] = {}
    for start in range(0, min(count, len(held_out)), 8):
        part = slice(start, start + 8)
        w = torch.from_numpy(from_seen(held_out.seen[part], net.style_dim)).to(device)
        true = np.stack([resize(np.asarray(image), size) for image in held_out.rgb[part]])
        labels = np.asarray(held_out.labels[part])[:, :: held_out.plan.size // size, :: held_out.plan.size // size]
        for name, ratio in (("psnr", 1.0), ("psnr_half_width", 0.5), ("psnr_quarter_width", 0.25)):
            drawn = to_uint8(net(w, target_res=size, ratio=ratio))
            scores.setdefault(name, []).extend(map(psnr, drawn, true))
            if ratio == 1:
                scores.setdefault("psnr_features", []).extend(map(psnr, drawn, true, np.isin(labels, FEATURES)))
    return {name: float(np.nanmean(values)) for name, values in scores.items()}


class GeneratorRecipe(PartRecipe):
    """Label-weighted L1 on all skip images and the loss of changes, in stages, at random widths.

    Muon trains the kernels and modulation matrices, Adam the rest; mapping network and noise images are fixed.
    """

    minutes = 300.0
    clip_norm = None
    memory_format = torch.contiguous_format  # the net chooses the format of its features
    log_seconds = 300.0
    restarts = True

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.singles, self.edits = self.data.sets
        resolution = int(self.config["resolution"])
        self.plan = tuning_stages(resolution) if context.tune else stages(resolution)
        shares = np.cumsum([0.0, *(stage.share for stage in self.plan)])
        self.limits = shares / shares[-1]

    def renders(self, context: TrainingContext) -> RenderSets:
        """People, and people with and without an edit."""
        return RenderSets([context.renders, context.edited_renders])

    def build(self) -> nn.Module:
        """The generator of the config with its mapping network set: w (B, dim) to RGB in about -1..1."""
        net = Generator(**self.config)
        net.convolve_in(half_precision(self.context.device))
        with torch.no_grad():
            for buffer in net.noises.buffers():
                buffer.mul_(0.5)
        set_mapping(net, from_seen(self.singles.seen, net.style_dim))
        return net

    def optimisers(self, net: nn.Module) -> list[torch.optim.Optimizer]:
        """Adam, and Muon at half the learning rate."""
        trained = {name: p for name, p in net.named_parameters() if not name.startswith("style.")}
        matrices = {
            name: p
            for name, p in trained.items()
            if name.endswith("modulation.weight") or (name.endswith("conv.weight") and p.shape[1] > 3)
        }
        rest = [p for name, p in trained.items() if name not in matrices]
        return [torch.optim.Adam(rest, betas=(0.9, 0.99)), Muon([{"params": list(matrices.values()), "scale": 0.5}])]

    def stage(self, step: int, progress: float) -> int:
        """Stage by its share of the budget."""
        return min(int(np.searchsorted(self.limits, progress, side="right")), len(self.plan)) - 1

    def learning_rate(self, at: Moment) -> float:
        """Warm-up over WARM_UP_STEPS of a stage, flat until 30 % of it, then half a cosine down to 8 %."""
        begin, end = self.limits[at.stage : at.stage + 2]
        warm_up = min(1.0, (at.step - at.stage_start + 1) / WARM_UP_STEPS)
        angle = math.pi * (max(float((at.progress - begin) / (end - begin)), 0.3) - 0.3) / 0.7
        return self.plan[at.stage].rate * warm_up * (0.08 + 0.92 * 0.5 * (1 + math.cos(angle)))

    def ema_decay(self, at: Moment) -> float:
        """Decay that grows with the steps of the stage."""
        steps = at.step - at.stage_start + 1
        return min(0.998, (1 + steps) / (10 + steps))

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Latents w (B, dim), pictures (B, 3, R, R) in -1..1 and pixel weights (B, 1, R, R); the last 2 P in pairs.

        The i-th of the last P is the i-th of the P before it with one attribute changed.
        """
        stage = self.plan[at.stage]
        pairs = round(stage.batch * PAIR_SHARE / 2)
        single = np.sort(rng.choice(len(self.singles), stage.batch - 2 * pairs, replace=False))
        edited = np.sort(rng.choice(self.edits.pairs, pairs, replace=False))
        parts = (
            self._rows(self.singles, single, stage.size),
            *(self._rows(self.edits, edited - i, stage.size) for i in (1, 0)),
        )
        w, images, weight = (np.concatenate(each) for each in zip(*parts, strict=True))
        return torch.from_numpy(w), to_tensor(images), torch.from_numpy(weight)[:, None]

    def _rows(self, renders: RenderSet, rows: Rows, size: int) -> tuple[Floats, np.ndarray, Floats]:
        w = from_seen(renders.seen[rows], int(self.config["style_dim"]))
        weight = [
            cv2.resize(LABEL_WEIGHT[renders.labels[row]], (size, size), interpolation=cv2.INTER_AREA) for row in rows
        ]
        return w, renders.small(size)[rows], np.stack(weight)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Loss of the skip images and of the changes, at full width or, in a third of the steps, at a lower one."""
        generator, stage = cast(Generator, net), self.plan[at.stage]
        w, target, weight = batch
        narrow = float(torch.rand(())) < NARROW_SHARE
        ratio = RATIOS[int(torch.randint(len(RATIOS), ()))] if narrow else 1.0
        rgbs = generator(w, target_res=stage.size, ratio=ratio, return_rgbs=True)
        pairs = 2 * round(stage.batch * PAIR_SHARE / 2)
        change = change_loss(rgbs[-1][-pairs:], target[-pairs:])
        return level_loss(rgbs, target, weight / weight.mean()) + CHANGE_WEIGHT * change

    def report(self, net: nn.Module, at: Moment, losses: list[float], seconds: float) -> str:
        """Held-out figures of `measure` at the size of the stage."""
        size = self.plan[at.stage].size
        figures = measure(cast(Generator, net), self.held_out[""], size, self.context.device, 24)
        found = ", ".join(f"{name} {value:.2f}" for name, value in figures.items())
        return f"{size} px, {at.seconds / 60:.1f} min, step {at.step + 1}, loss {np.mean(losses):.4f}: {found}"

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Held-out figures of `measure` at full size."""
        generator = cast(Generator, net)
        generator.convolve_in(None)  # as it is used
        return measure(generator, self.held_out[""], generator.resolution, self.context.device)

    def signature(self) -> str:
        """That of all parts, and the stages."""
        return f"{super().signature()} {self.plan}"
