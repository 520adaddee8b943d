"""Optimisers of an inversion, Adam and L-BFGS, with the best latent of each portrait and its stopping rule."""

import math
import random
from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from pipeline.core.progress import SILENT, Progress
from projection.inversion.objective import Objective, size_at
from projection.inversion.settings import ProjectionSettings

RATIOS = (0.25, 0.5, 0.75, 1.0)


class Search:
    """Search for one portrait: offset from the start in standard deviations of W, best latent and loss at full size."""

    def __init__(self, index: int, start: Tensor, scale: Tensor, loss: float) -> None:
        self.index, self.start, self.scale = index, start, scale
        self.offset = torch.zeros_like(start).requires_grad_()
        self.best, self.loss = start.clone(), loss
        self.history: list[float] = []
        self.finished = False

    def latent(self) -> Tensor:
        return self.start + self.offset * self.scale

    def record(self, latent: Tensor, loss: float, settings: ProjectionSettings) -> None:
        """Update the best latent with a loss at full size; `finished` when the loss has reached a plateau."""
        if loss < self.loss:
            self.best, self.loss = latent.detach().clone(), loss
        self.history.append(min(loss, self.history[-1]) if self.history else loss)
        if len(self.history) > settings.patience:
            before = self.history[-1 - settings.patience]
            self.finished = before - self.history[-1] < settings.tolerance * before


def optimise(
    objective: Objective,
    start: Tensor,
    settings: ProjectionSettings,
    progress: Progress = SILENT,
    watch: Callable[[Tensor], None] | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Minimise the objective.

    Args:
        start: Latents (B, n_style, dim).
        progress: One step per iteration.
        watch: Receives the current latents (B, n_style, dim) before each step of `progress`.

    Returns:
        Best latents (B, n_style, dim), their losses (B,) and the losses (B,) of the start.
    """
    first = _evaluate(objective, start)
    portraits = [Search(i, w, objective.scale, loss) for i, (w, loss) in enumerate(zip(start, first, strict=True))]
    if watch is not None:
        progress = _Watched(progress, watch, portraits)
    if settings.n_iter and settings.optimizer == "adam":
        _adam(objective, portraits, settings, progress)
    elif settings.n_iter:
        for portrait in portraits:
            _lbfgs(objective, portrait, len(portraits), settings, progress)
    if settings.n_iter:
        # The last step is not yet evaluated; with random widths no step was evaluated at full width.
        last = _stack(portraits)
        for portrait, latent, loss in zip(portraits, last, _evaluate(objective, last), strict=True):
            portrait.record(latent, loss, settings)
    best = torch.stack([portrait.best for portrait in portraits])
    return best, torch.tensor([portrait.loss for portrait in portraits]), torch.tensor(first)


class _Watched(Progress):
    """Passes the current latents to `watch` before each step."""

    def __init__(self, progress: Progress, watch: Callable[[Tensor], None], portraits: list[Search]) -> None:
        self._progress, self._watch, self._portraits = progress, watch, portraits

    def step(self, text: str, done: int = 0, total: int = 0) -> None:
        self._watch(_stack(self._portraits).detach())
        self._progress.step(text, done, total)


def _report(progress: Progress, done: int, total: int, loss: float) -> None:
    progress.step(f"projecting, loss {loss:.4f}", done, total)


def _stack(portraits: list[Search]) -> Tensor:
    return torch.stack([portrait.latent() for portrait in portraits])


@torch.no_grad()
def _evaluate(objective: Objective, latents: Tensor) -> list[float]:
    return [float(x) for x in objective.losses(latents, list(range(len(latents))), objective.full)]


def _plan(objective: Objective, settings: ProjectionSettings) -> list[tuple[int, float]]:
    """Size and channel ratio of each iteration."""
    rng = random.Random(settings.seed)
    sizes = objective.sizes()
    ratios = [rng.choice(RATIOS) if settings.random_subgenerators else 1.0 for _ in range(settings.n_iter)]
    sizes_at = (size_at(i, settings.n_iter, sizes, settings.coarse_share) for i in range(settings.n_iter))
    return list(zip(sizes_at, ratios, strict=True))


def _adam(objective: Objective, portraits: list[Search], settings: ProjectionSettings, progress: Progress) -> None:
    """All portraits in one batch; a finished one leaves it, and without a gradient its offset stays."""
    optimizer = torch.optim.Adam([portrait.offset for portrait in portraits], lr=settings.learning_rate)
    for iteration, (size, ratio) in enumerate(_plan(objective, settings)):
        active = [portrait for portrait in portraits if not portrait.finished]
        if not active:
            break
        decay = 0.5 * (1 + math.cos(math.pi * (iteration / settings.n_iter)))
        optimizer.param_groups[0]["lr"] = settings.learning_rate * decay
        optimizer.zero_grad(set_to_none=True)
        latents = _stack(active)
        losses = objective.losses(latents, [portrait.index for portrait in active], size, ratio)
        losses.sum().backward()
        values = losses.detach().tolist()
        if size == objective.full and ratio == 1:
            for portrait, latent, loss in zip(active, latents, values, strict=True):
                portrait.record(latent, loss, settings)
        optimizer.step()
        _report(progress, iteration + 1, settings.n_iter, sum(values) / len(values))
    _report(progress, settings.n_iter, settings.n_iter, sum(portrait.loss for portrait in portraits) / len(portraits))


def _lbfgs(
    objective: Objective, portrait: Search, count: int, settings: ProjectionSettings, progress: Progress
) -> None:
    """One portrait: the line search and the curvature estimate would couple the portraits of a batch."""
    optimizer, before = None, 0
    done, total = portrait.index * settings.n_iter, count * settings.n_iter
    for iteration, (size, ratio) in enumerate(_plan(objective, settings)):
        if portrait.finished:
            break
        if optimizer is None or size != before:  # the curvature estimate belongs to one objective
            optimizer, before = torch.optim.LBFGS([portrait.offset], max_iter=1, line_search_fn="strong_wolfe"), size
        latent = portrait.latent().detach().clone()
        loss = float(optimizer.step(partial(_backward, objective, portrait, size, ratio, optimizer)))  # before the step
        if size == objective.full and ratio == 1:
            portrait.record(latent, loss, settings)
        _report(progress, done + iteration + 1, total, loss)
    _report(progress, done + settings.n_iter, total, portrait.loss)


def _backward(
    objective: Objective, portrait: Search, size: int, ratio: float, optimizer: torch.optim.Optimizer
) -> float:
    optimizer.zero_grad(set_to_none=True)
    loss = objective.losses(portrait.latent()[None], [portrait.index], size, ratio).sum()
    loss.backward()
    return float(loss.detach())
