"""The occluder: obstacles tell the truth about what they cover, and the embedded net sees the face that is left."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.train import cli
from pipeline.core.weights import load_state, locate, model_set, read_metadata
from pipeline.enhance.inference import visible
from pipeline.enhance.sessions import open_session
from pipeline.training.loop import Budget
from pipeline.training.occluder import OccluderRecipe, face_mask, obstructed, overlap
from pipeline.training.synthetic_occlusions import obstruct
from pipeline.world.samples import samples
from postprocess.labels import CLASSES
from postprocess.nets.occlusion import OcclusionNet
from tests.support.sample_sets import sample_training


@given(st.integers(0, 10_000))
def test_what_is_fully_covered_shows_nothing_of_the_picture(seed):
    dark, light = np.full((64, 64, 3), 40, np.uint8), np.full((64, 64, 3), 220, np.uint8)
    light[20:44, 20:44] = dark[20:44, 20:44]  # what skin is measured by is the same in both
    first, covered = obstruct(dark, np.random.default_rng(seed))
    second, again = obstruct(light, np.random.default_rng(seed))
    assert np.array_equal(covered, again)
    assert covered.min() >= 0
    assert covered.max() < 1 + 1e-6
    hidden = covered >= 1
    assert np.abs(first[hidden].astype(int) - second[hidden]).max(initial=0) <= 1  # float32 rounds


def test_the_face_is_skin_and_what_is_in_it():
    labels = np.arange(19, dtype=np.uint8).reshape(1, 1, 19)
    shown = [CLASSES[i] for i in np.flatnonzero(face_mask(labels)[0, 0])]
    brows_and_eyes = [f"{side} {part}" for side in ("left", "right") for part in ("brow", "eye")]
    assert sorted(shown) == sorted(["skin", "glasses", "nose", "mouth", "upper lip", "lower lip", *brows_and_eyes])
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


@pytest.mark.parametrize(("share", "least"), [(0.0, 0.92), (1.0, 0.88)])
def test_the_embedded_occluder_sees_the_face_of_portraits_it_never_saw(share, least):
    portraits = [sample.portrait for sample in samples()]  # whose seeds are held out
    rgb, labels = (np.stack([getattr(each, name) for each in portraits]) for name in ("rgb", "labels"))
    images, truth = obstructed(rgb, labels, np.random.default_rng(5), share)
    session = open_session(locate(model_set("enhancer-demo"), "occluder"))
    shared = [overlap(visible(image, session) > 0.5, face > 0.5) for image, face in zip(images, truth, strict=True)]
    both, either = np.sum(shared, axis=0)
    assert both / either > least


def test_two_steps_give_weights_that_open(tmp_path, monkeypatch):
    monkeypatch.setattr(OccluderRecipe, "batch_size", 2)
    context = sample_training(tmp_path)
    metrics = cli.train_part("occluder", context, Budget(steps=2), log=lambda _: None)
    of_one_look = {"face_iou_obstructed", "face_iou_free"}
    assert set(metrics) == of_one_look | {f"wild_{name}" for name in of_one_look}
    assert all(0 <= value <= 1 for value in metrics.values())
    net = OcclusionNet(**{key: value for key, value in context.config("occluder").items() if key != "input_size"})
    net.load_state_dict(load_state(context.target("occluder")))
    assert json.loads(read_metadata(context.target("occluder"))["metrics"]).keys() == metrics.keys()
