"""Other pictures of the same person: in other circumstances, or with a single attribute changed."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

# What a person can change, or what differs by camera and day. Everything else (bones, eyes, nose, lips) is the person.
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
# Of the challenge's edits, those that no circumstance above brings about: the identity has to survive them too.
EDITS = ("Sk_0", "Sk_1", "Sk_2", "A_0", "A_1", "A_2", "bald", "Ch_min", "Ch_max", "Bp_min", "Bp_max", "N_min", "N_max")


def other_view(z: Tensor, seed: int) -> Tensor:
    """Latents (B, Z_DIM) of the same persons as z in other circumstances, a third of them with an edit as well."""
    from pipeline.world.attributes import counterfactual
    from pipeline.world.parameters import NAMES, Parameters, sample_z

    generator = torch.Generator().manual_seed(seed)
    person = Parameters.from_z(z)
    other = Parameters.from_z(sample_z(len(z), seed + 500_000_000))
    for group in CIRCUMSTANCES:
        changes = torch.rand(len(z), generator=generator) < 0.75
        person = replace(person, **{n: torch.where(changes, getattr(other, n), getattr(person, n)) for n in group})
    edit = torch.randint(0, 3 * len(EDITS), (len(z),), generator=generator)
    for i, identifier in enumerate(EDITS):
        edited = counterfactual(person, identifier)
        changed = {n: torch.where(edit == i, getattr(edited, n), getattr(person, n)) for n in NAMES}
        person = Parameters(**changed)
    return person.to_z(like=z)


# What is faint (wrinkles) takes more showing than what is not.
AGE_SHARE = 0.35


def edited(z: Tensor, seed: int) -> Tensor:
    """Latents (B, Z_DIM) of the same persons as z with one attribute at another value, age more often than others."""
    from pipeline.core.attributes import attributes
    from pipeline.world.attributes import counterfactual
    from pipeline.world.parameters import Parameters

    generator = torch.Generator().manual_seed(seed)
    identifiers = [name for attribute in attributes().values() for name in attribute.identifiers]
    person = Parameters.from_z(z)
    rows = []
    for i in range(len(z)):
        pool = ["A_0", "A_2"] if torch.rand((), generator=generator) < AGE_SHARE else identifiers
        chosen = pool[int(torch.randint(0, len(pool), (), generator=generator))]
        rows.append(counterfactual(person[i : i + 1], chosen).to_z(like=z[i : i + 1]))
    return torch.cat(rows)
