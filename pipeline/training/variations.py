"""Variations of portraits: the same persons in other circumstances, or with one attribute changed."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from pipeline.core.attributes import attributes
from pipeline.world.attributes import counterfactual
from pipeline.world.parameters import NAMES, Parameters, sample_z

# Groups of parameters independent of identity: pose, light, expression, hairstyle, accessories, background.
CIRCUMSTANCES = (
    ("yaw", "pitch", "gaze"),
    ("light_azimuth", "light_elevation", "light_warmth"),
    ("smile", "mouth_open", "blush"),
    ("eye_bags",),
    ("double_chin",),
    ("blond", "grey", "hair_warmth"),
    ("hair_length", "hair_volume", "parting"),
    ("curl",),
    ("bangs",),
    ("beard",),
    ("glasses", "glasses_style"),
    ("clothes_light", "clothes_red", "clothes_blue", "collar"),
    ("background_light", "background_red", "background_blue", "background_slope"),
)
# Edits of the challenge outside the circumstances; they keep the identity too.
EDITS = ("Sk_0", "Sk_1", "Sk_2", "A_0", "A_1", "A_2", "bald", "Ch_min", "Ch_max", "Bp_min", "Bp_max", "N_min", "N_max")

# Share of edits of the age, whose wrinkles are too faint to be learnt from few examples.
AGE_SHARE = 0.35


def other_view(z: Tensor, seed: int) -> Tensor:
    """Latents (B, Z_DIM) of the persons of z in other circumstances, a third of them also with an edit."""
    generator = torch.Generator().manual_seed(seed)
    person = Parameters.from_z(z)
    other = Parameters.from_z(sample_z(len(z), seed + 500_000_000))
    for group in CIRCUMSTANCES:
        changes = torch.rand(len(z), generator=generator) < 0.75
        person = replace(person, **{n: torch.where(changes, getattr(other, n), getattr(person, n)) for n in group})
    edit = torch.randint(0, 3 * len(EDITS), (len(z),), generator=generator)
    for i, identifier in enumerate(EDITS):
        changed = counterfactual(person, identifier)
        person = Parameters(**{n: torch.where(edit == i, getattr(changed, n), getattr(person, n)) for n in NAMES})
    return person.to_z(like=z)


def edited(z: Tensor, seed: int) -> Tensor:
    """Latents (B, Z_DIM) of the persons of z with one attribute at another value, most often the age."""
    generator = torch.Generator().manual_seed(seed)
    identifiers = [name for attribute in attributes().values() for name in attribute.identifiers]
    person = Parameters.from_z(z)
    rows = []
    for i in range(len(z)):
        pool = ["A_0", "A_2"] if torch.rand((), generator=generator) < AGE_SHARE else identifiers
        chosen = pool[int(torch.randint(0, len(pool), (), generator=generator))]
        rows.append(counterfactual(person[i : i + 1], chosen).to_z(like=z[i : i + 1]))
    return torch.cat(rows)
