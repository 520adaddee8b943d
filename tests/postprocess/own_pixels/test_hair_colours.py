"""Hair colours of a held-out bearded man against their true counterfactuals: the beard changes with the hair."""

import numpy as np
import pytest

from pipeline.core.types import Portrait
from pipeline.edit.invert import invert
from pipeline.edit.render import open_steps, render
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.quality.metrics import changed_region, region_gain
from pipeline.quality.portraits import subjects
from postprocess.own_pixels.beard_pixels import beard_of
from postprocess.parsing import portrait_labels
from postprocess.steps import carry_over, segmentation
from projection.inversion.settings import ProjectionSettings

BEARDED = 15  # of the held-out portraits


@pytest.mark.full
def test_a_beard_takes_the_colour_of_the_hair(demo_models: Models) -> None:
    (subject,) = subjects(1, demo_models.generator.resolution, BEARDED)
    latent = invert(subject.image, demo_models, ProjectionSettings()).latent
    portrait = Portrait(subject.name, subject.image, latent, demo_models.space)
    edits = [edit for edit in choose_edits(portrait, demo_models)[0] if edit.name in ("Hc_1", "Hc_3")]
    assert {edit.name for edit in edits} == {"Hc_1", "Hc_3"}
    _, truths = subject.counterfactuals([edit.name for edit in edits])
    beard = beard_of(portrait, portrait_labels(portrait, demo_models.parser), demo_models.beard) > 0.5
    assert 0.02 < beard.mean() < 0.2
    steps = open_steps({"carry_over": carry_over.Settings(), "segmentation": segmentation.Settings()}, demo_models)
    for frame, truth in zip(render(portrait, edits, demo_models, steps), truths, strict=True):
        before, after = (
            np.square(image[beard].astype(float) - truth[beard]).mean() for image in (subject.image, frame.image)
        )
        assert after < 0.6 * before, frame.edit.name
        region = changed_region(subject.image, truth)
        assert region_gain(subject.image, frame.image, truth, region) > 0.5, frame.edit.name
