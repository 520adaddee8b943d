"""Optimisers of an inversion, Adam and L-BFGS, with the best latent of each portrait and its stopping rule."""

import math
import random
from collections import deque
from collections.abc import Callable

import torch
from torch import Tensor

from pipeline.core.progress import SILENT, Progress
from projection.inversion.objective import Objective, size_at
from projection.inversion.preconditioner import units
from projection.inversion.settings import ProjectionSettings

RATIOS = (0.25, 0.5, 0.75, 1.0)
LINE_SEARCH = 10
"""Most evaluations of a line search; mostly the first step suits."""


class Search:
    """Search for one portrait: offset from the start in units of `scale`, best latent and loss at full size."""

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
    # Adam has a step of its own for each component.
    scale = units(objective.generator) if settings.n_iter and settings.optimizer == "lbfgs" else objective.scale
    portraits = [Search(i, w, scale, loss) for i, (w, loss) in enumerate(zip(start, first, strict=True))]
    if watch is not None:
        progress = _Watched(progress, watch, portraits)
    if settings.n_iter and settings.optimizer == "adam":
        _adam(objective, portraits, settings, progress)
    elif settings.n_iter:
        for portrait in portraits:
            _lbfgs(objective, portrait, len(portraits), settings, progress)
    if settings.n_iter:
        # The last step is not yet evaluated; with random widths no step was evaluated at full width.
        last = [_stack(portraits)]
        if objective.rounded:  # what looked best is only known roughly
            last.append(torch.stack([portrait.best for portrait in portraits]))
            for portrait, w, loss in zip(portraits, start, first, strict=True):
                portrait.best, portrait.loss = w, loss
        for latents in last:
            for portrait, latent, loss in zip(portraits, latents, _evaluate(objective, latents), strict=True):
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
    return [float(x) for x in objective.losses(latents, list(range(len(latents))), objective.full, exact=True)]


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
    optimizer = torch.optim.LBFGS([portrait.offset], max_iter=1, max_eval=LINE_SEARCH, line_search_fn="strong_wolfe")
    closure = _Closure(objective, portrait)
    done, total = portrait.index * settings.n_iter, count * settings.n_iter
    for iteration, (size, ratio) in enumerate(_plan(objective, settings)):
        if portrait.finished:
            break
        if closure.compare_at(size, ratio) and iteration:
            # The curvature found at a coarser size is a good start, but no pair of gradients spans two objectives.
            closure()
            optimizer.state[portrait.offset]["prev_flat_grad"] = closure.gradient().flatten()
        latent = portrait.latent().detach().clone()
        loss = float(optimizer.step(closure))  # before the step
        if size == objective.full and ratio == 1:
            portrait.record(latent, loss, settings)
        _report(progress, done + iteration + 1, total, loss)
    _report(progress, done + settings.n_iter, total, portrait.loss)


class _Closure:
    """Loss of a portrait's offset with its gradient; an iteration starts where the line search before it has been."""

    def __init__(self, objective: Objective, portrait: Search) -> None:
        self._objective, self._portrait = objective, portrait
        self._size, self._ratio = 0, 0.0
        self._known: deque[tuple[Tensor, float, Tensor]] = deque(maxlen=LINE_SEARCH + 2)

    def compare_at(self, size: int, ratio: float) -> bool:
        """Evaluate at this size and channel ratio from now on; whether they are other ones than before."""
        changed = (size, ratio) != (self._size, self._ratio)
        if changed:
            self._known.clear()
        self._size, self._ratio = size, ratio
        return changed

    def gradient(self) -> Tensor:
        """Copy of the gradient that was evaluated last."""
        assert self._portrait.offset.grad is not None
        return self._portrait.offset.grad.clone()

    def __call__(self) -> float:
        offset = self._portrait.offset
        for known, loss, gradient in self._known:
            if torch.equal(known, offset):
                offset.grad = gradient.clone()
                return loss
        offset.grad = None
        total = self._objective.losses(
            self._portrait.latent()[None], [self._portrait.index], self._size, self._ratio
        ).sum()
        total.backward()
        self._known.append((offset.detach().clone(), float(total.detach()), self.gradient()))
        return float(total.detach())
