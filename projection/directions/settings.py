"""Settings of the extraction of translations, and of directions learned from examples."""

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


class LearnSettings(BaseModel):
    """Samples of the generator, folds, portraits and limits of a direction learned from examples."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_samples: int = Field(2400, ge=200, description="Latents of W to render and score, for the conditioning.")
    seed: int = Field(0, ge=0, description="Seed of the samples and of the folds.")
    size: int = Field(128, ge=16, description="Size to render at, in pixels; the predictor looks at no more.")
    batch: int = Field(32, ge=1, description="Images rendered at once.")
    folds: int = Field(5, ge=2, le=10, description="Parts of the examples that are held back in turn.")
    validation: int = Field(12, ge=4, description="Portraits that a direction is measured on.")
    shown: int = Field(60, ge=10, description="Examples at each end that are rendered, at most.")
    leak_steps: int = Field(2, ge=0, le=8, description="Corrections of what moves along.")
    evaluations: int = Field(6, ge=1, description="Strengths tried at most.")
    block: int = Field(2, ge=1, description="Neighbouring styles that are left out together.")
    kept: float = Field(0.9, gt=0, le=1, description="Share of the movement that the remaining styles must keep.")
