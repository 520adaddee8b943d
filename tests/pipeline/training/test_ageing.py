"""The mean change of skin by age."""

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.training.ageing import SIDE, aged, mean_change, parted, positions, shading
from pipeline.world.latents import latents
from pipeline.world.person import draw
from postprocess.own_pixels.ageing import BOX
from postprocess.own_pixels.face_frame import anchors
from tests.postprocess.own_pixels.test_face_frame import whole_face

DIM = 256


def test_a_darker_face_is_darker_by_the_ratio_where_skin_is() -> None:
    labels = whole_face()
    mean = anchors(labels)
    pale, dark = (np.full((*labels.shape, 3), level, np.uint8) for level in (200, 150))
    pairs = [(shading(pale, labels, mean), shading(dark, labels, mean))] * 3
    change = mean_change(pairs)
    row, column = (int((place - low) / (high - low) * SIDE) for place, low, high in ((0.75, *BOX[2:]), (0.3, *BOX[:2])))
    assert np.exp(change[row, column]) == pytest.approx(np.full(3, (150 / 200) ** 2.2), rel=0.05)
    assert np.abs(change[:, 0]).max() < 1e-3


def test_luminance_and_colour_make_the_change() -> None:
    change = np.random.default_rng(0).normal(0, 0.1, (SIDE, SIDE, 1)).astype(np.float32) + np.float32([0.02, 0, -0.02])
    luminance, colour = parted(change)
    assert np.abs(luminance - change.mean(2)).max() < 1e-6
    assert np.abs(colour - np.float32([0.02, 0, -0.02])).max() < 1e-5


def test_positions_run_from_young_to_old_and_from_men_to_women() -> None:
    people = [draw(seed) for seed in range(4)]
    axes, origin = positions(people, DIM)
    found = [axes @ latents(aged(one), DIM).T - origin[:, None] for one in people]
    for one, (age, sex) in zip(people, found, strict=True):
        assert age[[0, 2]] == pytest.approx([0, 1], abs=0.05) and 0.3 < age[1] < 0.7
        assert sex == pytest.approx(np.full(3, one.female), abs=0.1)
