"""`face-edit bench projection`: loss of inversions against the time that they take, beside the published schedule."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.images import psnr
from pipeline.core.types import Image
from pipeline.edit.render import arithmetic
from pipeline.quality.machine import memory_peak
from pipeline.quality.summary import Table
from projection.inversion.settings import ProjectionSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from projection.encoder import LatentEncoder
    from projection.generator import LatentGenerator
    from projection.inversion.objective import Objective
    from projection.perceptual import Perceptual

REFERENCE = "published schedule"
REFERENCE_HISTORY = 10
FAST = {"optimizer": "lbfgs", "n_iter": 90, "start_resolution": 128, "coarse_share": 0.25, "patience": 90}
"""Settings of the fast inversion, measured on the demo set's portraits."""


@dataclass(frozen=True)
class Nets:
    """What an inversion runs."""

    generator: LatentGenerator
    encoder: LatentEncoder | None
    perceptual: Perceptual | None


@dataclass(frozen=True)
class Run:
    """An inversion of a portrait.

    Attributes:
        trace: Seconds since the start and the lowest loss up to then, at full size in float32, for every iterate. Time
            is the processor's over all threads, on a GPU that of the clock; measuring losses is not in it.
        psnr: Of the reconstruction with the lowest loss, dB.
        memory: Peak in bytes, nets and everything before included; None where the system does not tell.
    """

    schedule: str
    portrait: int
    trace: tuple[tuple[float, float], ...]
    psnr: float
    memory: int | None

    @property
    def loss(self) -> float:
        """Lowest loss."""
        return self.trace[-1][1]

    def seconds_to(self, loss: float) -> float | None:
        """Time until the loss is at most this; None if it never is."""
        return next((seconds for seconds, found in self.trace if found <= loss), None)


def schedules(settings: ProjectionSettings) -> dict[str, ProjectionSettings]:
    """Compared schedules by name: the settings as they are, and the fast ones in both precisions."""
    fast = settings.model_copy(update=FAST)
    half = fast.model_copy(update={"precision": "bfloat16"})
    return {"settings": settings, "fast": fast, "fast, bfloat16": half}


def compare(
    nets: Nets, images: Sequence[Image], settings: ProjectionSettings, reference_iterations: int
) -> Iterator[Run]:
    """The published schedule and each of `schedules` on each image, uint8 (R, R, 3), of the generator's resolution."""
    with arithmetic("float32", nets.generator.device):
        for number, image in enumerate(images):
            yield _run(nets, image, settings, number, REFERENCE, reference_iterations)
            for name, each in schedules(settings).items():
                yield _run(nets, image, each, number, name)


def _run(
    nets: Nets, image: Image, settings: ProjectionSettings, number: int, name: str, iterations: int | None = None
) -> Run:
    import torch

    from projection.inversion.project import project

    iterates: list[tuple[float, Tensor]] = []
    started = clock(nets.generator.device)

    def watch(latents: Tensor) -> None:
        iterates.append((clock(nets.generator.device) - started, latents.detach().clone()))

    def work() -> None:
        if iterations is not None:
            _published(nets, image, settings, iterations, watch)
        else:
            found = project([image], nets.generator, nets.encoder, nets.perceptual, settings, watch=watch)
            watch(torch.from_numpy(found.latents))

    memory = memory_peak(work, nets.generator.device)
    trace, best, lowest = list[tuple[float, float]](), iterates[0][1], np.inf
    with torch.no_grad():
        objective = _objective(nets, image, settings)
        for seconds, latents in iterates:
            loss = float(objective.losses(latents.to(nets.generator.device), [0], objective.full, exact=True)[0])
            if loss < lowest:
                best, lowest = latents, loss
            trace.append((seconds, lowest))
    return Run(name, number, tuple(trace), psnr(nets.generator.render(best)[0], image), memory)


def _published(
    nets: Nets, image: Image, settings: ProjectionSettings, iterations: int, watch: Callable[[Tensor], None]
) -> None:
    """Schedule of Anycost GAN's tools/project.py: L-BFGS, rate 1, in W+ itself, at full size and width in float32."""
    import torch

    objective = _objective(nets, image, settings.model_copy(update={"precision": "float32"}))
    generator = nets.generator
    with torch.inference_mode(False), torch.enable_grad():
        if nets.encoder:
            latents = torch.from_numpy(nets.encoder.encode([image])).to(generator.device)
        else:
            latents = generator.mean_latent.clone().repeat(1, generator.n_style, 1)
        latents.requires_grad_()
        optimizer = torch.optim.LBFGS(
            [latents],
            max_iter=iterations,
            max_eval=100 * iterations,
            tolerance_grad=0,
            tolerance_change=0,
            history_size=REFERENCE_HISTORY,
            line_search_fn="strong_wolfe",
        )

        def closure() -> float:
            optimizer.zero_grad()
            loss = objective.losses(latents, [0], objective.full).sum()
            loss.backward()
            watch(latents)
            return float(loss.detach())

        optimizer.step(closure)


def _objective(nets: Nets, image: Image, settings: ProjectionSettings) -> Objective:
    from pipeline.core.tensors import to_tensor
    from projection.inversion.objective import Objective

    targets = to_tensor([image], nets.generator.resolution, nets.generator.device)
    return Objective(targets, nets.generator, nets.encoder, nets.perceptual, settings)


def clock(device: torch.device) -> float:
    """Seconds of the processor, of all threads; on a GPU of the clock, when its work is done."""
    import torch

    if device.type == "cpu":
        return time.process_time()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def seeded(size: int, device: torch.device) -> tuple[Nets, Image]:
    """Nets of public size with random weights, StyleGAN2's configuration F and LPIPS' VGG, and a picture to find."""
    import lpips
    import torch

    from projection.generator import LatentGenerator
    from projection.nets.generator import Generator, config_f_channels
    from projection.perceptual import LpipsVgg

    with torch.random.fork_rng():
        torch.manual_seed(0)
        generator = LatentGenerator(Generator(size, channels=config_f_channels(size)), device, "seeded", elastic=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # lpips requests random weights by a deprecated argument
            perceptual = LpipsVgg(lpips.LPIPS(net="vgg", pnet_rand=True, verbose=False), device)
        latent = generator.map(torch.randn(1, generator.dim)).detach()
    return Nets(generator, None, perceptual), generator.render(latent[:, None].repeat(1, generator.n_style, 1))[0]


def projection_table(runs: Sequence[Run]) -> Table:
    """Table of the schedules over all portraits; times faster: median, and the least of all portraits."""
    by_name: dict[str, list[Run]] = {}
    for run in runs:
        by_name.setdefault(run.schedule, []).append(run)
    columns = ("schedule", "seconds", "loss", "PSNR, dB", "reached", "times faster", "least", "peak memory, GB")
    return Table("Projection", "projection", columns, tuple(_row(name, by_name) for name in by_name))


def _row(name: str, by_name: Mapping[str, Sequence[Run]]) -> tuple[str, ...]:
    runs = by_name[name]
    ratios = speedups(by_name[REFERENCE], runs)
    memory = max((run.memory or 0 for run in runs), default=0)
    return (
        name,
        f"{np.mean([run.trace[-1][0] for run in runs]):.1f}",
        f"{np.mean([run.loss for run in runs]):.4f}",
        f"{np.mean([run.psnr for run in runs]):.2f}",
        f"{len(ratios)} of {len(runs)}",
        f"{median(ratios):.1f}" if ratios else "-",
        f"{min(ratios):.1f}" if ratios else "-",
        f"{memory / 1e9:.2f}" if memory else "-",
    )


def speedups(references: Sequence[Run], runs: Sequence[Run]) -> list[float]:
    """Time of each reference to its own lowest loss over that of a run to the same loss, for runs that reach it."""
    ratios = []
    for reference, run in zip(references, runs, strict=True):
        own, found = reference.seconds_to(reference.loss), run.seconds_to(reference.loss)
        if own is not None and found is not None:
            ratios.append(own / found)
    return ratios
