"""Muon optimiser: momentum with orthogonalised updates, which trains the generator faster than Adam does.

The one in torch takes only matrices and iterates in bfloat16, which most CPUs emulate slowly.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim.optimizer import ParamsT


class Muon(torch.optim.Optimizer):
    """Muon for kernels and matrices, flattened after the output axis; the root mean square of an update is `lr`.

    Source: Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024), Newton-Schulz iteration.
    """

    def __init__(self, params: ParamsT, lr: float = 1e-2, momentum: float = 0.95, iterations: int = 4) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "iterations": iterations})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.mul_(group["momentum"]).add_(p.grad)
                update = p.grad + group["momentum"] * velocity
                rows = update.shape[-4] if p.dim() > 2 else len(p)
                matrix = orthogonal(update.reshape(rows, -1), group["iterations"])
                p.add_(matrix.view(p.shape), alpha=-group["lr"] * max(matrix.shape) ** 0.5)


def orthogonal(matrix: Tensor, iterations: int) -> Tensor:
    """A matrix (m, n) with the same singular vectors and singular values near 1."""
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.t() if tall else matrix
    x = x / (x.norm() + 1e-9)
    for _ in range(iterations):
        gram = x @ x.t()
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.t() if tall else x
