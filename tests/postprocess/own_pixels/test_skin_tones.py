"""Skin tones of held-out portraits against their true counterfactuals: tinted skin comes nearer than drawn skin."""

import numpy as np
import pytest

from pipeline.core.types import Portrait
from pipeline.edit.invert import invert
from pipeline.edit.render import open_steps, render
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.quality.metrics import changed_region, leakage, region_gain
from pipeline.quality.portraits import subjects
from postprocess.steps import carry_over, segmentation
from projection.inversion.settings import ProjectionSettings

FIRST = 300  # others than those the documented figures are from


@pytest.mark.full
def test_tinted_skin_is_nearer_to_the_truth_than_drawn_skin(demo_models: Models) -> None:
    figures: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for subject in subjects(2, demo_models.generator.resolution, FIRST):
        latent = invert(subject.image, demo_models, ProjectionSettings()).latent
        portrait = Portrait(subject.name, subject.image, latent, demo_models.space)
        edits = [edit for edit in choose_edits(portrait, demo_models)[0] if edit.name.startswith("Sk")]
        _, truths = subject.counterfactuals([edit.name for edit in edits])
        for recolour, found in figures.items():
            steps = {"carry_over": carry_over.Settings(recolour=recolour), "segmentation": segmentation.Settings()}
            frames = render(portrait, edits, demo_models, open_steps(steps, demo_models))
            for frame, truth in zip(frames, truths, strict=True):
                region = changed_region(subject.image, truth)
                gain = region_gain(subject.image, frame.image, truth, region)
                found.append((gain, leakage(subject.image, frame.image, region)))
    tinted, drawn = (np.array(found) for found in figures.values())
    assert (tinted[:, 0] > drawn[:, 0]).all()
    assert tinted[:, 0].min() > 0.9
    assert tinted[:, 1].mean() < 0.25 * drawn[:, 1].mean()
