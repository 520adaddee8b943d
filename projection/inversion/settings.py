"""Settings of inversion and pivotal tuning."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class TuningSettings(BaseModel):
    """Pivotal tuning of the generator to each portrait after its inversion."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    steps: int | None = Field(
        None,
        ge=0,
        le=10_000,
        description="Maximum number of steps for each portrait; 0 disables tuning. None: those of the model set, for "
        "portraits that the latent alone does not show well.",
    )
    rate: float = Field(0.01, gt=0, le=1, description="Initial step of each weight, with cosine decay to zero.")
    enough: float = Field(40.0, gt=0, le=99, description="PSNR of the reconstruction in dB at which tuning stops.")


class ProjectionSettings(BaseModel):
    """Settings of the inversion. Defaults suit the embedded set; Anycost's published code has lbfgs, 200 iterations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    optimizer: Literal["adam", "lbfgs"] = Field(
        "adam", description="adam works on a batch at once; lbfgs (strong Wolfe line search) on one portrait at a time."
    )
    n_iter: int = Field(60, ge=0, le=10_000, description="Maximum iterations; 0 keeps the encoder's prediction.")
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="Arithmetic of the generator's and the perceptual net's convolutions in a search; bfloat16 only "
        "where the machine multiplies it. Latent, loss and optimiser stay in float32.",
    )
    learning_rate: float = Field(0.1, gt=0, le=10, description="Initial adam step, deviations of W; cosine decay to 0.")
    mse: float = Field(1.0, ge=0, description="Weight of the mean squared error of pixels in -1..1.")
    perceptual: float = Field(0.1, ge=0, description="Weight of the perceptual distance.")
    encoder: float = Field(0.0, ge=0, description="Weight of nearness to the encoder: more editable, less alike.")
    start_resolution: int = Field(
        64, ge=4, le=1024, description="Size compared first, in pixels; doubles to full size."
    )
    coarse_share: float = Field(
        0.4, ge=0, lt=1, description="Share of iterations below full size, equal for each size."
    )
    patience: int = Field(30, ge=1, description="Iterations at full size without enough improvement that end a search.")
    tolerance: float = Field(0.01, ge=0, lt=1, description="Relative improvement of the loss that `patience` requires.")
    random_subgenerators: bool = Field(
        False, description="Random width of the generator in each iteration (elastic sets): previews resemble renders."
    )
    seed: int = Field(0, ge=0, description="Seed of the random widths.")
    tuning: TuningSettings = Field(default_factory=TuningSettings, description="Generator tuning for each portrait.")
