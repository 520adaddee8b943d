"""Several processes, as torchrun starts them: gradients and figures are averaged, each process takes its share."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pipeline.core.errors import BadInput


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Take part in the processes of WORLD_SIZE, if there are several; the device of this one.

    NCCL on CUDA, where each process has the GPU of its local rank, else Gloo.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) <= 1:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        torch.distributed.destroy_process_group()


def size() -> int:
    """Number of processes."""
    return torch.distributed.get_world_size() if _several() else 1


def rank() -> int:
    """Number of this process, 0 for the one that writes files."""
    return torch.distributed.get_rank() if _several() else 0


def wait() -> None:
    """Wait for the other processes."""
    if _several():
        torch.distributed.barrier()


def share(batch_size: int) -> int:
    """Images of a step for each process; raises BadInput if they cannot be shared evenly."""
    if batch_size % size():
        raise BadInput(f"--batch-size {batch_size} cannot be shared by {size()} processes: use a multiple of {size()}.")
    return batch_size // size()


def mean(value: Tensor) -> Tensor:
    """Mean over the processes of a tensor without gradient."""
    if not _several():
        return value
    value = value.detach().clone()
    torch.distributed.all_reduce(value)
    return value / size()


def average_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Replace the gradients by their means over the processes, in one message."""
    if not _several():
        return
    gradients = [p.grad for p in parameters if p.grad is not None]
    flat = mean(torch.cat([gradient.flatten() for gradient in gradients]))
    for gradient, averaged in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(averaged.view_as(gradient))


def _several() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()
