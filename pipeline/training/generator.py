"""Recipe of the elastic generator: from z to the render of the same portrait, at every width.

The training is supervised, not adversarial: the mapping network is set so that W is linear in the parameters of the
portrait world; the synthesis is trained from coarse to fine on all skip images, in pairs that differ by one attribute.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.images import psnr
from pipeline.core.tensors import UNIT, to_uint8
from pipeline.training.context import TrainingContext
from pipeline.training.generator_loss import change_loss, level_loss
from pipeline.training.mapping_init import SEED, set_mapping
from pipeline.training.muon import Muon
from pipeline.training.recipe import Batch, Moment, PartRecipe
from pipeline.training.variations import edited
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import paint
from postprocess.labels import FEATURES
from projection.nets.generator import Generator

RATIOS, NARROW_SHARE = (0.25, 0.5, 0.75), 0.35
CHANGE_WEIGHT = 0.5
WARM_UP_STEPS = 50
FRESH_SEEDS = 500_000_000  # number of seeds of fresh portraits, from SEED on, below the held-out ones
# Pixel weights by label, larger on the small features.
LABEL_WEIGHT = torch.tensor([1, 1.3, 3, 3, 5, 5, 2.5, 1, 1, 1, 2, 4, 4, 4, 1, 1, 0.8, 1.2, 1])


@dataclass(frozen=True)
class Stage:
    """Stage of the training, on fresh portraits below the full size, on stored renders at it.

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
    Stage(32, 0.07, 16, 3e-2),
    Stage(64, 0.28, 12, 2e-2),
    Stage(128, 0.33, 8, 1.2e-2),
    Stage(256, 0.32, 6, 7e-3),
)


def stages(resolution: int) -> list[Stage]:
    """Stages from coarse to fine, up to the resolution of the generator."""
    return [stage for stage in STAGES if stage.size <= resolution]


def tuning_stages(resolution: int) -> list[Stage]:
    """The last stages at a lower rate, for a generator with trained weights."""
    return [replace(stage, rate=0.7 * stage.rate) for stage in stages(resolution) if stage.size > resolution // 4]


@torch.no_grad()
def measure(net: Generator, size: int, device: torch.device, count: int = 48) -> dict[str, float]:
    """PSNR (dB) of `count` held-out portraits at one resolution: at full, half and quarter width, over the features."""
    scores: dict[str, list[float]] = {}
    for start in range(0, count, 8):
        z = sample_z(8, HELD_OUT_SEED + start).to(device)
        rgb, labels, _ = paint(Parameters.from_z(z), size)
        true, features = to_uint8(rgb, UNIT), np.isin(labels.cpu().numpy(), FEATURES)
        w = net.get_style(z)
        for name, ratio in (("psnr", 1.0), ("psnr_half_width", 0.5), ("psnr_quarter_width", 0.25)):
            drawn = to_uint8(net(w, target_res=size, ratio=ratio))
            scores.setdefault(name, []).extend(map(psnr, drawn, true))
            if ratio == 1:
                scores.setdefault("psnr_features", []).extend(map(psnr, drawn, true, features))
    return {name: float(np.nanmean(values)) for name, values in scores.items()}


class GeneratorRecipe(PartRecipe):
    """Label-weighted L1 on all skip images and the loss of changes, in stages, at random widths.

    Muon trains the kernels and modulation matrices, Adam the rest; mapping network and noise images are fixed.
    """

    minutes = 48.0
    clip_norm = None
    memory_format = torch.contiguous_format  # the net chooses the format of its features
    log_seconds = 120.0
    restarts = True

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.edits = context.edited_renders
        resolution = int(self.config["resolution"])
        self.plan = tuning_stages(resolution) if context.tune else stages(resolution)
        shares = np.cumsum([0.0, *(stage.share for stage in self.plan)])
        self.limits = shares / shares[-1]

    def build(self) -> nn.Module:
        """The generator of the config with its mapping network set: w (B, dim) to RGB in about -1..1."""
        net = Generator(**self.config)
        with torch.no_grad():
            for buffer in net.noises.buffers():
                buffer.mul_(0.5)
        set_mapping(net)
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
        return min(0.996, (1 + steps) / (10 + steps))

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Latents z (2 P, Z_DIM), the second P with one attribute changed; at full size also their stored renders.

        The renders are RGB uint8 (2 P, S, S, 3) and labels uint8 (2 P, S, S).
        """
        stage = self.plan[at.stage]
        pairs = stage.batch // 2
        if stage.size < self.data.plan.size:
            seed = SEED + int(rng.integers(FRESH_SEEDS))
            first = sample_z(pairs, seed)
            return (torch.cat([first, edited(first, seed)]),)
        rows = np.sort(rng.choice(len(self.edits), pairs, replace=False))
        both = (self.data, self.edits)
        z, rgb, labels = (
            torch.from_numpy(np.concatenate([getattr(half, name)[rows] for half in both]))
            for name in ("z", "rgb", "labels")
        )
        return z, rgb, labels

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Loss of the skip images and of the changes, at full width or, in a third of the steps, at a lower one."""
        generator, size = cast(Generator, net), self.plan[at.stage].size
        z = batch[0]
        if len(batch) == 1:
            rgb, labels, _ = paint(Parameters.from_z(z), size)
        else:
            rgb, labels = batch[1].permute(0, 3, 1, 2).float() / 255, batch[2]
        target = rgb * 2 - 1
        weight = LABEL_WEIGHT.to(z.device)[labels.long()][:, None]
        with torch.no_grad():
            w = generator.get_style(z)
        narrow = float(torch.rand(())) < NARROW_SHARE
        ratio = RATIOS[int(torch.randint(len(RATIOS), ()))] if narrow else 1.0
        rgbs = generator(w, target_res=size, ratio=ratio, return_rgbs=True)
        return level_loss(rgbs, target, weight / weight.mean()) + CHANGE_WEIGHT * change_loss(rgbs[-1], target)

    def report(self, net: nn.Module, at: Moment, losses: list[float], seconds: float) -> str:
        """Held-out figures of `measure` at the size of the stage."""
        size = self.plan[at.stage].size
        figures = measure(cast(Generator, net), size, self.context.device, 16)
        return f"{size} px, {at.seconds / 60:.1f} min: " + ", ".join(f"{k} {v:.2f}" for k, v in figures.items())

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Held-out figures of `measure` at full size."""
        generator = cast(Generator, net)
        return measure(generator, generator.resolution, self.context.device)

    def signature(self) -> str:
        """Recipe and stages, which differ between training and tuning."""
        return f"{super().signature()} {self.plan}"
