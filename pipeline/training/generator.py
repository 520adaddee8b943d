"""Train the elastic generator to draw the portrait world: z in, the render of its parameters out, at every width.

Supervised, not adversarial: the mapping network is set to make W linear in the parameters, and the synthesis is trained
from coarse to fine on every skip image, half of each batch being the other half with an attribute changed.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from pipeline.core.weights import load_state, save_state
from pipeline.training.generator_loss import change_loss, level_loss, psnr
from pipeline.training.loop import Budget, load_checkpoint, save_checkpoint
from pipeline.training.mapping_init import SEED, set_mapping
from pipeline.training.muon import Muon
from pipeline.training.variations import edited
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import paint
from projection.nets.generator import Generator

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext
    from pipeline.training.data import RenderSet

MINUTES = 48.0
RATIOS = (0.25, 0.5, 0.75)
CHANGE_WEIGHT = 0.5
# How much a pixel counts, by label: the features are small, and are what people look at.
LABEL_WEIGHT = [1, 1.3, 3, 3, 5, 5, 2.5, 1, 1, 1, 2, 4, 4, 4, 1, 1, 0.8, 1.2, 1]
FEATURES = (2, 3, 4, 5, 10, 11, 12, 13)


@dataclass(frozen=True)
class Stage:
    """One resolution: its share of the budget, batch size and learning rate. Below full size renders are fresh."""

    size: int
    share: float
    batch: int
    rate: float


def stages(resolution: int) -> list[Stage]:
    """Coarse to fine, up to the generator's resolution."""
    plan = [
        Stage(32, 0.07, 16, 3e-2),
        Stage(64, 0.28, 12, 2e-2),
        Stage(128, 0.33, 8, 1.2e-2),
        Stage(256, 0.32, 6, 7e-3),
    ]
    return [stage for stage in plan if stage.size <= resolution]


def tuning_stages(resolution: int) -> list[Stage]:
    """The upper part of the plan, for a generator that is trained already."""
    return [replace(stage, rate=0.7 * stage.rate) for stage in stages(resolution) if stage.size > resolution // 4]


class Optimisers:
    """Muon on the kernels and modulation matrices, Adam on everything else, at one learning rate."""

    def __init__(self, net: Generator) -> None:
        named = dict(net.named_parameters())
        matrices = {
            id(p)
            for name, p in named.items()
            if name.endswith("modulation.weight") or (name.endswith("conv.weight") and p.shape[1] > 3)
        }
        fixed = {id(p) for p in net.style.parameters()}
        rest: list[Tensor] = [p for p in named.values() if id(p) not in matrices | fixed]
        rest += [buffer.requires_grad_() for buffer in net.noises.buffers()]
        self.adam = torch.optim.Adam(rest, betas=(0.9, 0.99))
        self.muon = Muon([p for p in named.values() if id(p) in matrices])

    def step(self, rate: float) -> None:
        for group in self.adam.param_groups:
            group["lr"] = rate
        for group in self.muon.param_groups:
            group["lr"] = 0.5 * rate
        self.adam.step()
        self.muon.step()

    def zero_grad(self) -> None:
        self.adam.zero_grad(set_to_none=True)
        self.muon.zero_grad(set_to_none=True)


class Source:
    """Batches (z, target in -1..1, weight): fresh renders below full size, the stored ones at full size.

    The second half of a batch shows the portraits of the first half with one attribute changed.
    """

    def __init__(self, renders: RenderSet, edits: RenderSet, device: torch.device) -> None:
        self.renders, self.edits, self.device = renders, edits, device
        self.table = torch.tensor(LABEL_WEIGHT, dtype=torch.float32, device=device)

    def draw(self, stage: Stage, step: int) -> tuple[Tensor, Tensor, Tensor]:
        pairs = stage.batch // 2
        if stage.size < self.renders.plan.size:
            seed = SEED + stage.size * 1_000_000 + step
            first = sample_z(pairs, seed)
            z = torch.cat([first, edited(first, seed)])
            rgb, labels, _ = paint(Parameters.from_z(z.to(self.device)), stage.size)
        else:
            rows = np.sort(np.random.default_rng((SEED, step)).choice(len(self.edits), pairs, replace=False))
            both = (self.renders, self.edits)
            z = torch.from_numpy(np.concatenate([half.z[rows] for half in both]))
            rgb = torch.from_numpy(np.concatenate([half.rgb[rows] for half in both])).to(self.device)
            rgb = rgb.permute(0, 3, 1, 2).float() / 255
            labels = torch.from_numpy(np.concatenate([half.labels[rows] for half in both])).to(self.device)
        weight = self.table[labels.long()][:, None]
        return z.to(self.device), rgb * 2 - 1, weight / weight.mean()


@torch.no_grad()
def measure(net: Generator, size: int, device: torch.device, count: int = 48) -> dict[str, float]:
    """Held-out figures at one resolution: PSNR in dB in full, over the features, at half and quarter width."""
    scores: dict[str, list[Tensor]] = {"psnr": [], "psnr_features": [], "psnr_half_width": [], "psnr_quarter_width": []}
    for start in range(0, count, 8):
        z = sample_z(8, HELD_OUT_SEED + start).to(device)
        rgb, labels, _ = paint(Parameters.from_z(z), size)
        target = rgb * 2 - 1
        w = net.get_style(z)
        image = net(w, target_res=size)
        scores["psnr"].append(psnr(image, target))
        mask = torch.isin(labels, torch.tensor(FEATURES, device=device))[:, None]
        error = ((image.clamp(-1, 1) - target) / 2).square() * mask
        scores["psnr_features"].append(-10 * torch.log10(error.sum((1, 2, 3)) / (3 * mask.sum((1, 2, 3)))))
        for name, ratio in (("half", 0.5), ("quarter", 0.25)):
            scores[f"psnr_{name}_width"].append(psnr(net(w, target_res=size, ratio=ratio), target))
    return {name: float(torch.cat(values).mean()) for name, values in scores.items()}


def _schedule(progress: float) -> float:
    """Flat for 30 % of a stage, then half a cosine down to 8 %."""
    if progress < 0.3:
        return 1.0
    return 0.08 + 0.92 * 0.5 * (1 + math.cos(math.pi * (progress - 0.3) / 0.7))


def train(shop: TrainingContext, budget: Budget | None, log: Callable[[str], None] = print) -> dict[str, float]:
    """Train, keep a checkpoint every two minutes, write the weights and return the held-out figures."""
    budget = budget or Budget(minutes=MINUTES)
    minutes = budget.minutes or MINUTES
    device = shop.device
    torch.manual_seed(shop.seed)
    net = Generator(**shop.config("generator")).to(device)
    ema = copy.deepcopy(net).eval().requires_grad_(False)
    state = load_checkpoint(shop.checkpoint("generator"), "generator", device)
    first, already = 0, 0.0
    if state is None:
        with torch.no_grad():
            for buffer in net.noises.buffers():
                buffer.mul_(0.5)
        if shop.tune:
            net.load_state_dict(load_state(shop.target("generator")))
        else:
            set_mapping(net)
        ema.load_state_dict(net.state_dict())
    else:
        net.load_state_dict(state["net"])
        ema.load_state_dict(state["ema"])
        first, already = int(state["stage"]), float(state["seconds"])

    def keep(stage: int, seconds: float) -> None:
        record: dict[str, Any] = {"signature": "generator", "stage": stage, "seconds": seconds}
        save_checkpoint(shop.checkpoint("generator"), record | {"net": net.state_dict(), "ema": ema.state_dict()})

    plan = tuning_stages(net.resolution) if shop.tune else stages(net.resolution)
    source = Source(shop.renders, shop.edited_renders, device)
    for number in range(first, len(plan)):
        limit = plan[number].share / sum(stage.share for stage in plan) * minutes * 60
        start = already if number == first else 0.0
        for seconds in _run_stage(net, ema, plan[number], source, (start, limit), budget.steps):
            keep(number, seconds)
            figures = measure(ema, plan[number].size, device, 16)
            log(
                f"{plan[number].size} px, {seconds / 60:.1f} min: "
                + ", ".join(f"{k} {v:.2f}" for k, v in figures.items())
            )
        keep(number + 1, 0.0)
    with torch.no_grad():
        for value in ema.state_dict().values():
            value.copy_(value.half().float())
    metrics = measure(ema, net.resolution, device)
    save_state(shop.target("generator"), ema.state_dict(), shop.metadata("generator", metrics, minutes))
    return metrics


def _run_stage(
    net: Generator, ema: Generator, stage: Stage, source: Source, clock: tuple[float, float], steps: int | None
) -> Iterator[float]:
    """Train one stage; yields the seconds spent, every two minutes and at the end. clock: (already spent, limit)."""
    optimisers = Optimisers(net)
    spent, limit = clock
    begun, kept = time.monotonic() - spent, spent
    step = int(spent * 1000)  # a resumed stage draws other portraits than before
    first = step
    while spent < limit and (steps is None or step - first < steps):
        rng = np.random.default_rng((SEED, stage.size, step))
        z, target, weight = source.draw(stage, step)
        with torch.no_grad():
            w = net.get_style(z)
        ratio = float(rng.choice(RATIOS)) if rng.random() < 0.35 else 1.0
        rgbs = net(w, target_res=stage.size, ratio=ratio, return_rgbs=True)
        loss = level_loss(rgbs, target, weight) + CHANGE_WEIGHT * change_loss(rgbs[-1], target)
        optimisers.zero_grad()
        loss.backward()
        optimisers.step(stage.rate * min(1.0, (step - first + 1) / 50) * _schedule(spent / limit))
        step += 1
        decay = min(0.996, (1 + step - first) / (10 + step - first))
        with torch.no_grad():
            for mean, value in zip(ema.state_dict().values(), net.state_dict().values(), strict=True):
                mean.lerp_(value, 1 - decay)
        spent = time.monotonic() - begun
        if spent - kept > 120:
            kept = spent
            yield spent
    yield spent
