"""The occluder: obstacles tell the truth about what they cover, and the embedded net sees the face that is left."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.train.obstacles import obstruct
from apps.train.occluder import FACE, face_mask, obstructed, overlap
from pipeline.core.weights import locate, model_set
from pipeline.enhance.inference import visible
from pipeline.enhance.sessions import open_session
from postprocess.parsing import CLASSES


@given(st.integers(0, 10_000))
def test_what_is_fully_covered_shows_nothing_of_the_picture(seed):
    dark, light = np.full((64, 64, 3), 40, np.uint8), np.full((64, 64, 3), 220, np.uint8)
    light[20:44, 20:44] = dark[20:44, 20:44]  # what skin is measured by is the same in both
    first, covered = obstruct(dark, np.random.default_rng(seed))
    second, again = obstruct(light, np.random.default_rng(seed))
    assert np.array_equal(covered, again)
    assert covered.min() >= 0
    assert covered.max() <= 1
    hidden = covered >= 1
    assert np.array_equal(first[hidden], second[hidden])


def test_the_face_is_skin_and_what_is_in_it():
    labels = np.arange(19, dtype=np.uint8).reshape(1, 1, 19)
    shown = [CLASSES[i] for i in np.flatnonzero(face_mask(labels)[0, 0])]
    assert sorted(shown) == sorted(FACE)
    assert not {"hair", "hat", "left ear", "neck", "background"} & set(shown)


def test_a_share_of_the_images_is_obstructed_and_never_shows_more_face():
    images, labels = np.full((40, 32, 32, 3), 90, np.uint8), np.ones((40, 32, 32), np.uint8)
    after, visible_ = obstructed(images, labels, np.random.default_rng(0), share=0.5)
    touched = (after != images).any(axis=(1, 2, 3))
    assert 8 < touched.sum() < 32
    assert (visible_ <= 1).all()
    assert (visible_[~touched] == 1).all()
    assert (images == 90).all()


def test_overlap_of_known_masks():
    first, second = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    first[:2], second[1:3] = True, True
    assert overlap(first, second) == (4, 12)


@pytest.mark.parametrize(("share", "least"), [(0.0, 0.95), (1.0, 0.88)])
def test_the_embedded_occluder_sees_the_face_of_portraits_it_never_saw(share, least):
    import torch

    from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
    from pipeline.world.render import render

    drawn = render(Parameters.from_z(torch.as_tensor(sample_z(12, HELD_OUT_SEED + 77))), 256)
    images, truth = obstructed(drawn.rgb, drawn.labels, np.random.default_rng(5), share)
    session = open_session(locate(model_set("enhancer-demo"), "occluder"))
    shared = [overlap(visible(image, session) > 0.5, face > 0.5) for image, face in zip(images, truth, strict=True)]
    both, either = np.sum(shared, axis=0)
    assert both / either > least
