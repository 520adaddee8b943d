"""Another view of a person changes circumstances, never the bones."""

import numpy as np
import torch

from pipeline.core.attributes import attributes, canonical, parse
from pipeline.training.variations import CIRCUMSTANCES, EDITS, edited, other_view
from pipeline.world.attributes import values
from pipeline.world.parameters import NAMES, Parameters, sample_z


def test_other_views_keep_the_person():
    z = sample_z(60, 5)
    before, after = Parameters.from_z(z), Parameters.from_z(other_view(z, 9))
    may_change = {name for group in CIRCUMSTANCES for name in group} | {n for edit in EDITS for n in canonical(edit)}
    kept = [name for name in NAMES if name not in may_change]
    assert {"eye_colour", "nose_width", "jaw", "female"} <= set(kept)
    for name in kept:
        assert torch.allclose(getattr(before, name), getattr(after, name), atol=2e-3), name
    changed = [n for n in may_change if not torch.allclose(getattr(before, n), getattr(after, n), atol=2e-3)]
    assert set(changed) >= {"yaw", "smile", "tone", "age"}


def test_views_are_repeatable_and_differ_by_seed():
    z = sample_z(4, 5)
    assert torch.equal(other_view(z, 9), other_view(z, 9))
    assert not torch.equal(other_view(z, 9), other_view(z, 10))


def test_views_name_parameters_and_edits_that_exist():
    assert {name for group in CIRCUMSTANCES for name in group} <= set(NAMES)
    assert {parse(edit).code for edit in EDITS} <= set(attributes())


def test_an_edited_portrait_differs_in_one_attribute_at_most():
    z = sample_z(60, 3)
    after = edited(z, 4)
    before, changed = values(Parameters.from_z(z)), values(Parameters.from_z(after))
    differs = np.stack([before[code] != changed[code] for code in before])
    differs &= np.stack([np.abs(before[code] - changed[code]) > 1e-3 for code in before])
    hidden = {"B", "Hs", "Bd"}  # what another attribute hides or shows along with itself
    independent = np.array([code not in hidden for code in before])
    assert (differs[independent].sum(0) <= 1).all()
    assert differs.any(0).mean() > 0.6
    assert torch.equal(after, edited(z, 4))
