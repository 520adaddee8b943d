"""Choice of the device that nets run on."""

from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.core.errors import BadConfig

if TYPE_CHECKING:
    import torch


def choose_device(name: str) -> "torch.device":
    """The device called `name`; auto is CUDA, else MPS, else the CPU. Raises BadConfig for an absent one."""
    import torch

    kind = name.partition(":")[0]
    if kind == "auto":
        kind = name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    device = None
    if kind in ("cpu", "cuda", "mps"):
        with suppress(RuntimeError):
            device = torch.device(name)
    if device is None:
        raise BadConfig(f"There is no device {name}: choose auto, cpu, cuda, cuda:N or mps.")
    no_cuda = kind == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    if no_cuda or (kind == "mps" and not torch.backends.mps.is_available()):
        raise BadConfig(f"The device {name} is not on this machine: choose auto or cpu (see `face-edit doctor`).")
    return device
