"""Half precision where the machine is faster in it."""

from __future__ import annotations

import torch


def half_precision(device: torch.device) -> torch.dtype:
    """bfloat16 where convolutions are faster in it: on GPUs and processors that multiply it; else float32."""
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()  # torch tells them from 2.10 on
    gpu = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
    faster = gpu or (device.type == "cpu" and bool(capabilities.get("avx512_bf16")))
    return torch.bfloat16 if faster else torch.float32


def autocast(device: torch.device, wanted: bool) -> torch.autocast:
    """Context in which torch runs convolutions and matrix products in `half_precision`, weights staying as they are."""
    dtype = half_precision(device)
    return torch.autocast(device.type, dtype, enabled=wanted and dtype is not torch.float32)
