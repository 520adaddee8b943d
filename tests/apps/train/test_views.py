"""Another view of a person changes circumstances, never the bones."""

import torch

from apps.train.views import CIRCUMSTANCES, EDITS, other_view
from pipeline.core.attributes import attributes, canonical, parse
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
