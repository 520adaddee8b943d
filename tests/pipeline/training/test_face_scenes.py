"""Scenes hold the people they say they hold, each where it is."""

import numpy as np
import pytest

from pipeline.training.data import Renders
from pipeline.training.face_scenes import KNOWN, draw_scene
from pipeline.world.samples import samples
from tests.support.sample_sets import sample_training


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Renders:
    """Six people of the studio look and the two wild ones, twice."""
    return sample_training(tmp_path_factory.mktemp("people")).everybody


def test_the_five_points_are_those_of_the_eyes_nose_and_mouth(people: Renders) -> None:
    for sample, points in zip(samples(), people.points[:6], strict=False):
        outlines = sample.portrait.outlines
        between = float(np.hypot(*(points[1] - points[0])))
        for point, name in zip(points, ("left_eye", "right_eye"), strict=False):
            assert np.hypot(*(outlines[name].mean(0) - point)) < 0.1 * between
        mouth = outlines["lips_outer"][:, 0]
        assert points[3, 0] == pytest.approx(mouth.min(), abs=0.1 * between)
        assert points[4, 0] == pytest.approx(mouth.max(), abs=0.1 * between)


def test_equal_seeds_give_equal_scenes(people: Renders) -> None:
    one, other = (draw_scene(people, np.random.default_rng(5), 128) for _ in range(2))
    np.testing.assert_array_equal(one.image, other.image)
    assert one.counts == other.counts


def test_the_first_point_is_left_in_the_picture(people: Renders) -> None:
    for seed in range(60):
        for points in draw_scene(people, np.random.default_rng(seed), 128).points:
            across, down = points[1] - points[0], points[3:].mean(0) - points[:2].mean(0)
            assert across[0] * down[1] - across[1] * down[0] > 0


def test_only_faces_of_known_sizes_count(people: Renders) -> None:
    scenes = [draw_scene(people, np.random.default_rng(seed), 128) for seed in range(200)]
    sizes = {True: [], False: []}  # type: dict[bool, list[float]]
    for scene in scenes:
        for box, counts in zip(scene.boxes, scene.counts, strict=True):
            sizes[counts].append(float(np.sqrt(np.prod(box[2:] - box[:2]))))
    assert KNOWN[0] <= min(sizes[True]) and max(sizes[True]) <= KNOWN[1]
    assert min(sizes[False]) < KNOWN[0] and max(sizes[False]) > KNOWN[1]
    assert len([scene for scene in scenes if not scene.boxes]) > 20
