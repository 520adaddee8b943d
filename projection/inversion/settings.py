"""Settings of inversion and pivotal tuning."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TuningSettings(BaseModel):
    """Whether and how far the generator is tuned to each portrait after its inversion."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int = Field(
        0,
        ge=0,
        le=10_000,
        description="Steps at most in which the generator learns each portrait; 0 leaves it as it is.",
    )
    rate: float = Field(0.01, gt=0, le=1, description="First step of each weight; falls to zero as a cosine.")
    enough: float = Field(40.0, gt=0, le=99, description="PSNR in dB at which a reconstruction needs no further step.")


class ProjectionSettings(BaseModel):
    """How a latent is found. The default suits the embedded set; Anycost's own is lbfgs with 200 iterations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    optimizer: Literal["adam", "lbfgs"] = Field(
        "adam", description="adam works on a batch at once; lbfgs (strong Wolfe line search) on one portrait at a time."
    )
    n_iter: int = Field(60, ge=0, le=10_000, description="Iterations at most; 0 takes the encoder's guess as it is.")
    learning_rate: float = Field(
        0.1, gt=0, le=10, description="First step of adam, in standard deviations of W; falls to zero as a cosine."
    )
    mse: float = Field(1.0, ge=0, description="Weight of the mean squared error of pixels in -1..1.")
    perceptual: float = Field(0.1, ge=0, description="Weight of the perceptual distance.")
    encoder: float = Field(
        0.0,
        ge=0,
        description="Weight that keeps a latent near the encoder's reading of its picture: more editable, less alike.",
    )
    start_resolution: int = Field(
        64, ge=4, le=1024, description="Size that is compared first; then twice as much, and so on."
    )
    coarse_share: float = Field(
        0.4, ge=0, lt=1, description="Share of the iterations spent below the full size, evenly over the sizes."
    )
    patience: int = Field(
        30, ge=1, description="A portrait is finished when this many iterations at full size no longer pay."
    )
    tolerance: float = Field(
        0.01, ge=0, lt=1, description="Relative improvement of the loss within `patience` that pays."
    )
    random_subgenerators: bool = Field(
        False, description="Draw a width of the generator for each iteration (elastic sets only): edits preview alike."
    )
    seed: int = Field(0, ge=0, description="Seed of the drawn widths.")
    tuning: TuningSettings = Field(
        default_factory=TuningSettings, description="Whether the generator learns each portrait afterwards."
    )
