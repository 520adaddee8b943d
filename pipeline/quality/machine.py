"""What a machine can do: its peak of convolutions, and the memory that a piece of work takes."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.edit.render import arithmetic

if TYPE_CHECKING:
    import torch

RUNS = 3
LAYERS = ((512, 32), (256, 64), (128, 128), (64, 256))
"""Channels and side of the maps of the convolutions among which the peak is found: those of a StyleGAN2 of 256 px."""


def best_of(
    work: Callable[[], object],
    device: torch.device,
    runs: int = RUNS,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Shortest time of `runs` runs by a clock in seconds; on a GPU until its work is done."""
    seconds = []
    for _ in range(runs):
        started = clock()
        work()
        _finish(device)
        seconds.append(clock() - started)
    return min(seconds)


def convolution_peak(device: torch.device, precision: str = "float32") -> float:
    """Most floating-point operations a second of a 3 x 3 convolution; a multiplication and an addition are two.

    Args:
        precision: float32, float16 or bfloat16, as in the configuration.
    """
    import torch

    rates = []
    with torch.inference_mode(), arithmetic(precision, device):
        for channels, side in LAYERS:
            layer = torch.nn.Conv2d(channels, channels, 3, padding=1, bias=False, device=device)
            layer = layer.to(memory_format=torch.channels_last)
            maps = torch.randn(1, channels, side, side, device=device).to(memory_format=torch.channels_last)
            layer(maps)
            operations = 2 * 9 * channels**2 * side**2
            rates.append(operations / best_of(lambda layer=layer, maps=maps: layer(maps), device, 10))  # type: ignore[misc]
    return max(rates)


def count_operations(work: Callable[[], object]) -> float:
    """Floating-point operations of the convolutions and matrix products of `work` in torch, gradients included."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    class Counter(TorchDispatchMode):
        """FlopCounterMode without its tree of modules, which does not take operations that overwrite their input."""

        total = 0

        def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs, count = kwargs or {}, flop_registry.get(function._overloadpacket)
            if count is None:
                with self:  # without gradients, operations arrive here that consist of others
                    result = function.decompose(*args, **kwargs)
                if result is not NotImplemented:
                    return result
            result = function(*args, **kwargs)
            self.total += count(*args, **kwargs, out_val=result) if count else 0
            return result

    with Counter() as counter:  # type: ignore[no-untyped-call]
        work()
    return float(counter.total)


def memory_peak(work: Callable[[], object], device: torch.device) -> int | None:
    """Most bytes in use while `work` runs: of the GPU, else of the process; None where the system does not tell."""
    import torch

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        work()
        return int(torch.cuda.max_memory_allocated(device))
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak, see proc(5)
        work()
        lines = Path("/proc/self/status").read_text().splitlines()
        return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return None


def describe_machine(device: torch.device) -> dict[str, str | int | float]:
    """Processor or GPU, threads, load at the start, versions: what a figure of speed means nothing without."""
    import torch

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "threads": torch.get_num_threads(),
        "load": round(load, 2),
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else str(device),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "system": platform.system(),
    }


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _finish(device: torch.device) -> None:
    import torch

    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()
