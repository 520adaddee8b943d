"""What a portrait is worth in the challenge's terms, and the same person with one attribute changed."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor

from pipeline.core.attributes import attributes, canonical
from pipeline.core.challenge import CLASSES, parse_name
from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z

# A beard that the renderer hides (it grows on men only) does not count.
_SWITCHES = {"Se": "female", "B": "bangs", "D": "double_chin", "Hs": "curl", "Gl": "glasses"}


def values(p: Parameters) -> dict[str, np.ndarray]:
    """True attribute values by code: class numbers (B,) int64, cursors (B,) float32 in -1..1."""
    found: dict[str, Tensor] = {code: (getattr(p, name) > 0.5).long() for code, name in _SWITCHES.items()}
    found["Sk"] = _thirds(p.tone)
    found["A"] = _thirds(p.age)
    hair = torch.where(p.blond < 0.22, 0, torch.where(p.blond < 0.70, 2, 1))
    hair = torch.where(p.grey > 0.5, 3, hair)
    found["Hc"] = torch.where(p.bald > 0.5, 4, hair)
    found["Sm"] = (p.smile > 0.4).long()
    found["Bd"] = (p.beard * (1 - p.female) > 0.5).long()
    for code, attribute in attributes().items():
        if attribute.kind == "cursor":
            (name,) = attribute.parameters
            found[code] = getattr(p, name)
    return {code: found[code].cpu().numpy() for code in attributes()}


def counterfactual(p: Parameters, identifier: str) -> Parameters:
    """The same people with only the attribute of `identifier` (such as Bp_max, A_2, bald) at its canonical value."""
    return p.with_values(**canonical(identifier))


def from_challenge_name(name: str, seed: int = HELD_OUT_SEED) -> Parameters:
    """One portrait (batch of 1) that has what a challenge input's name says; the rest is drawn from seed and name.

    Raises BadInput for a malformed name.
    """
    found = parse_name(name)
    p = Parameters.from_z(sample_z(1, seed + zlib.crc32(name.encode()) % 1_000_000))
    p = p.with_values(bald=0.0, glasses=0.0)
    for code in CLASSES:
        if found[code] < CLASSES[code]:
            p = counterfactual(p, f"{code}_{found[code]}")
    return p


def _thirds(x: Tensor) -> Tensor:
    return (x * 3).floor().clamp(0, 2).long()
