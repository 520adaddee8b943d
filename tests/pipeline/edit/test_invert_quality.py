"""Tuning pays on portraits that no net of the demo set was trained on: they come nearer, and edits still succeed."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.types import Maps, Portrait
from pipeline.edit.invert import invert
from pipeline.edit.render import render
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.quality.metrics import mean_square, succeeded
from pipeline.quality.portraits import Subject, population_limits, subjects
from projection.inversion.settings import ProjectionSettings

FIRST = 200  # others than those the documented figures are from
EDITS = ("Bp_max", "Hc_1", "Gl_1", "N_max", "Sm_1", "A_2")


def both(subject: Subject, models: Models, settings: ProjectionSettings) -> tuple[Portrait, Portrait, dict[str, float]]:
    """A portrait as it was found, the same one tuned, and the figures of the tuning."""
    found = invert(subject.image, models, settings)
    plain = Portrait(subject.name, subject.image, found.latent, models.space)
    return plain, replace(plain, tuning=found.tuning, maps=Maps()), found.figures


def rebuilt(portrait: Portrait, models: Models) -> np.ndarray:
    assert portrait.latent is not None
    return portrait.own(models.generator).render(np.array(portrait.latent)[None])[0]


def test_a_few_steps_halve_the_error(demo_models: Models) -> None:
    (subject,) = subjects(1, demo_models.generator.resolution, FIRST)
    # The encoder's guess without perceptual distance: this is about what tuning adds, in a second or two.
    settings = ProjectionSettings(n_iter=0, perceptual=0, tuning={"steps": 24})  # type: ignore[arg-type]
    plain, tuned, figures = both(subject, demo_models, settings)
    before, after = (mean_square(rebuilt(portrait, demo_models), subject.image) for portrait in (plain, tuned))
    assert after < before / 2
    assert figures["tuned_identity"] < figures["inversion_identity"] + 0.01


@pytest.mark.full
def test_tuning_brings_portraits_nearer_and_edits_still_succeed(demo_models: Models) -> None:
    settings = ProjectionSettings(tuning={"steps": 100, "enough": 99})  # type: ignore[arg-type]
    limits = population_limits()
    asked = 0
    hits = {"plain": 0, "tuned": 0}
    distance = {"inversion": 0.0, "tuned": 0.0}
    for subject in subjects(4, demo_models.generator.resolution, FIRST):
        plain, tuned, figures = both(subject, demo_models, settings)
        # What is left are single hairs, which 100 steps do not draw; likeness gains more than pixels.
        assert figures["tuned_psnr"] >= figures["inversion_psnr"] + 0.8
        for kind in distance:
            distance[kind] += figures[f"{kind}_identity"]
        edits, _ = choose_edits(plain, demo_models, only=EDITS)
        asked += len(edits)
        for kind, portrait in (("plain", plain), ("tuned", tuned)):
            for edit, frame in zip(edits, render(portrait, edits, demo_models), strict=True):
                hits[kind] += int(succeeded(demo_models.judge.predict([frame.image]), edit.name, limits)[0])
    assert distance["tuned"] < distance["inversion"] / 1.5
    assert hits["plain"] > asked / 2
    assert hits["tuned"] >= hits["plain"] - 1
