"""The named, typed parameter vector of a portrait, and its exact, invertible link to a Gaussian latent z.

Every parameter is a monotone function of one coordinate of z, so that the parameters are independent and a
counterfactual moves one coordinate. The other coordinates are slack: they keep the norm of z, which the mapping network
normalises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Literal, NamedTuple, get_type_hints

import torch
from torch import Tensor

Z_DIM = 128
HELD_OUT_SEED = 900_000_000


class Law(NamedTuple):
    """How a standard normal coordinate becomes a parameter.

    `normal`: low and high clip 0.5 z of a cursor or 1 z of a shape; `uniform`: Phi(z) stretched to low..high;
    `switch`: 0 below the quantile `low`, 1 above the quantile `high`, a smooth step between them.
    """

    kind: Literal["normal", "uniform", "switch"]
    low: float
    high: float
    scale: float = 1.0


# Quantiles outside 0.001..0.999 would put a coordinate of z where the training never looked.
Z_LIMIT = 2.6


def smoothstep(x: Tensor, low: float | Tensor, high: float | Tensor) -> Tensor:
    """Hermite step: 0 below `low`, 1 above `high`, with zero slope at both ends; any shape."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def _inverse_smoothstep(y: Tensor) -> Tensor:
    """The t in 0..1 with 3t^2 - 2t^3 = y (the trigonometric root of the cubic)."""
    return 0.5 - torch.sin(torch.asin((1 - 2 * y).clamp(-1, 1)) / 3)


def _from_z(law: Law, z: Tensor) -> Tensor:
    if law.kind == "normal":
        return (z * law.scale).clamp(law.low, law.high)
    u = torch.special.ndtr(z)
    if law.kind == "uniform":
        return law.low + (law.high - law.low) * u
    return smoothstep(u, law.low, law.high)


def _to_z(law: Law, value: Tensor) -> Tensor:
    if law.kind == "normal":
        return value / law.scale
    if law.kind == "uniform":
        u = (value - law.low) / (law.high - law.low)
    else:
        # A saturated switch lies anywhere beyond its step: take the middle of what the population has there.
        u = law.low + (law.high - law.low) * _inverse_smoothstep(value)
        u = torch.where(value <= 0, torch.full_like(u, law.low / 2), u)
        u = torch.where(value >= 1, torch.full_like(u, (1 + law.high) / 2), u)
    return torch.special.ndtri(u.clamp(1e-4, 1 - 1e-4)).clamp(-Z_LIMIT, Z_LIMIT)


Cursor = Annotated[Tensor, Law("normal", -1.0, 1.0, 0.5)]
Shape = Annotated[Tensor, Law("normal", -2.2, 2.2)]


@dataclass(frozen=True)
class Parameters:
    """A batch of portraits: one float32 tensor of shape (B,) per parameter, each with its law."""

    yaw: Annotated[Tensor, Law("normal", -0.26, 0.26, 0.11)]
    pitch: Annotated[Tensor, Law("normal", -0.16, 0.16, 0.06)]
    light_azimuth: Shape
    light_elevation: Shape
    light_warmth: Shape
    tone: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    undertone: Shape
    blush: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    age: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    female: Annotated[Tensor, Law("switch", 0.40, 0.60)]
    cheeks: Cursor
    face_width: Shape
    jaw: Shape
    chin: Shape
    eye_narrow: Cursor
    eye_tilt: Shape
    eye_colour: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    eye_size: Shape
    gaze: Shape
    eye_bags: Cursor
    brow_thickness: Shape
    brow_height: Shape
    brow_arch: Shape
    nose_width: Cursor
    nose_point: Cursor
    nose_length: Shape
    lip_size: Cursor
    mouth_width: Shape
    lip_colour: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    smile: Annotated[Tensor, Law("uniform", -0.25, 1.0)]
    mouth_open: Annotated[Tensor, Law("switch", 0.50, 0.95)]
    blond: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    grey: Annotated[Tensor, Law("switch", 0.78, 0.86)]
    hair_warmth: Shape
    hair_length: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    hair_volume: Shape
    curl: Annotated[Tensor, Law("switch", 0.60, 0.72)]
    bangs: Annotated[Tensor, Law("switch", 0.60, 0.72)]
    parting: Shape
    hairline: Shape
    bald: Annotated[Tensor, Law("switch", 0.89, 0.92)]
    beard: Annotated[Tensor, Law("switch", 0.55, 0.75)]
    glasses: Annotated[Tensor, Law("switch", 0.76, 0.82)]
    glasses_style: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    double_chin: Annotated[Tensor, Law("switch", 0.60, 0.85)]
    clothes_light: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    clothes_red: Shape
    clothes_blue: Shape
    collar: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    background_light: Annotated[Tensor, Law("uniform", 0.0, 1.0)]
    background_red: Shape
    background_blue: Shape
    background_slope: Shape

    @classmethod
    def from_z(cls, z: Tensor) -> Parameters:
        """Parameters of latents z (B, Z_DIM); z is first scaled to root mean square 1, as the mapping network does."""
        z = z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)
        return cls(**{name: _from_z(law, z[:, i]) for i, (name, law) in enumerate(LAWS.items())})

    def to_z(self, like: Tensor | None = None) -> Tensor:
        """Latents (B, Z_DIM) that give these parameters.

        like: latents (B, Z_DIM) whose coordinates are kept wherever the parameter already agrees, and whose slack is
        kept in direction; without it the slack is the same for every portrait.
        """
        z = torch.stack([_to_z(law, getattr(self, name)) for name, law in LAWS.items()], 1)
        if like is None:
            generator = torch.Generator().manual_seed(0)
            slack = torch.randn(1, Z_DIM - len(NAMES), generator=generator).expand(len(self), -1).to(z)
        else:
            like = like * torch.rsqrt(like.square().mean(1, keepdim=True) + 1e-8)
            same = (Parameters.from_z(like).stack() - self.stack()).abs() < 1e-5
            z = torch.where(same, like[:, : len(NAMES)], z)
            slack = like[:, len(NAMES) :]
        left = (Z_DIM - z.square().sum(1, keepdim=True)).clamp(min=1.0)
        return torch.cat([z, slack * torch.sqrt(left / slack.square().sum(1, keepdim=True))], 1)

    def stack(self) -> Tensor:
        """All parameters as one tensor (B, len(NAMES)), in the order of NAMES."""
        return torch.stack([getattr(self, name) for name in NAMES], 1)

    def with_values(self, **values: float | Tensor) -> Parameters:
        """A copy in which the named parameters are set for every portrait of the batch."""
        tensors = {k: torch.as_tensor(v, dtype=torch.float32).expand(len(self)).to(self.yaw) for k, v in values.items()}
        return replace(self, **tensors)

    def __len__(self) -> int:
        return int(self.yaw.shape[0])

    def __getitem__(self, index: slice | Sequence[int]) -> Parameters:
        return Parameters(**{f.name: getattr(self, f.name)[index] for f in fields(self)})


LAWS: dict[str, Law] = {
    name: hint.__metadata__[0] for name, hint in get_type_hints(Parameters, include_extras=True).items()
}
NAMES = tuple(LAWS)
INDEX = {name: i for i, name in enumerate(NAMES)}


def sample_z(n: int, seed: int) -> Tensor:
    """n latents (n, Z_DIM), standard normal, scaled to root mean square 1; the same for the same seed."""
    z = torch.randn(n, Z_DIM, generator=torch.Generator().manual_seed(seed))
    return z / z.square().mean(1, keepdim=True).sqrt()


def gaussian(x: Tensor, y: Tensor, sx: float | Tensor, sy: float | Tensor) -> Tensor:
    """exp(-(x/sx)^2 - (y/sy)^2): the bump from which faces are modelled."""
    return torch.exp(-((x / sx) ** 2) - (y / sy) ** 2)
