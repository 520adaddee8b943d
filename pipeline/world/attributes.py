"""What a portrait is worth in the challenge's terms, and the same person with one attribute changed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from pipeline.core.attributes import Attribute, attributes, canonical
from pipeline.world.parameters import Parameters


def values(p: Parameters) -> dict[str, np.ndarray]:
    """True values by code of the attributes that the world knows.

    Where one parameter decides the class, it is the one with the nearest value, unless another law stands here. A beard
    that the renderer hides (it grows on men only) does not count.

    Returns:
        Class numbers (B,) int64, cursors (B,) float32 in -1..1.
    """
    found = {code: _value(p, attribute) for code, attribute in attributes().items() if len(attribute.parameters) == 1}
    found["Sk"] = _thirds(p.tone)
    found["A"] = _thirds(p.age)
    hair = torch.where(p.blond < 0.22, 0, torch.where(p.blond < 0.70, 2, 1))
    hair = torch.where(p.grey > 0.5, 3, hair)
    found["Hc"] = torch.where(p.bald > 0.5, 4, hair)
    found["Sm"] = (p.smile > 0.4).long()
    found["Bd"] = (p.beard * (1 - p.female) > 0.5).long()
    return {code: found[code].cpu().numpy() for code in attributes() if code in found}


def counterfactual(p: Parameters, identifier: str) -> Parameters:
    """The same people with only the attribute of `identifier` (such as Bp_max, A_2, bald) at its canonical value."""
    return p.with_values(**canonical(identifier))


def _value(p: Parameters, attribute: Attribute) -> Tensor:
    (name,) = attribute.parameters
    parameter: Tensor = getattr(p, name)
    if attribute.kind == "cursor":
        return parameter
    targets = [value.parameters[name] for value in attribute.values.values()]
    return (parameter[:, None] - torch.tensor(targets).to(parameter)).abs().argmin(1)


def _thirds(x: Tensor) -> Tensor:
    return (x * 3).floor().clamp(0, 2).long()
