"""Settings of the extraction of translations."""

from pydantic import BaseModel, ConfigDict, Field


class DirectionSettings(BaseModel):
    """Samples, calibration portraits and search limits of the extraction."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_samples: int = Field(4000, ge=200, description="Latents to render and score.")
    seed: int = Field(0, ge=0, description="Seed of the samples.")
    size: int = Field(128, ge=16, description="Size to render at, in pixels; the predictor looks at no more.")
    batch: int = Field(32, ge=1, description="Images rendered at once.")
    held_back: float = Field(0.2, gt=0, lt=1, description="Share of the samples kept from the fit, for calibration.")
    validation: int = Field(16, ge=4, description="Portraits that a translation is calibrated on.")
    waypoints: int = Field(2, ge=1, le=8, description="Points of a class change's path; cursors take one.")
    leak_steps: int = Field(2, ge=0, le=8, description="Corrections of what moves along.")
    evaluations: int = Field(6, ge=1, description="Strengths tried at most for each translation.")
