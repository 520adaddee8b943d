"""What the recipe asks for is what the detector reads."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.photo.embedded_net import EmbeddedNet
from pipeline.training.face_detector import FaceDetectorRecipe, search_figures, targets
from pipeline.training.face_scenes import Scene, draw_scene
from pipeline.training.recipe import Moment
from tests.support.sample_sets import sample_training


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> FaceDetectorRecipe:
    return FaceDetectorRecipe("detector", sample_training(tmp_path_factory.mktemp("people")))


@pytest.fixture(scope="module")
def scenes(recipe: FaceDetectorRecipe) -> list[Scene]:
    return [draw_scene(recipe.data, np.random.default_rng(seed), 128) for seed in range(40)]


class Perfect(torch.nn.Module):
    """Says what is true."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self.truth = torch.from_numpy(targets(scene))[None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([40 * self.truth[:, :1] - 20, self.truth[:, 3:]], 1)


def test_a_perfect_net_gives_the_true_points_and_boxes(scenes: list[Scene]) -> None:
    checked = 0
    for scene in scenes:
        if sum(scene.counts) != 1 or len(scene.counts) != 1:
            continue
        net: Any = Perfect(scene)
        *_, face = EmbeddedNet(net, net).search(scene.image)  # the finest picture last
        np.testing.assert_allclose(face.points + 0.5, scene.points[0], atol=1e-3)
        x, y, width, height = face.box
        np.testing.assert_allclose([x, y, x + width, y + height], scene.boxes[0], atol=1e-3)
        checked += 1
    assert checked > 8


def test_faces_that_do_not_count_are_neither_right_nor_wrong() -> None:
    scene = Scene(np.zeros((128, 128, 3), np.uint8))
    scene.boxes, scene.points = [np.array([40.0, 40, 90, 100])], [np.full((5, 2), 64.0)]
    scene.counts = [False]
    face, counts = targets(scene)[:2]
    assert not face.any() and counts[8, 8] == 0 and counts[0, 0] == 1
    scene.counts = [True]
    face, counts = targets(scene)[:2]
    assert face[8, 8] == 1 and counts[8, 8] == 1 and face.sum() < 16


def test_the_loss_falls_with_the_errors(recipe: FaceDetectorRecipe) -> None:
    batch = recipe.batch(np.random.default_rng(0), Moment())
    assert batch[1][:, 0].any()
    right = torch.cat([40 * batch[1][:, :1] - 20, batch[1][:, 3:]], 1)
    losses = []
    for error in (0.0, 0.1, 1.0):
        net: Any = lambda _, error=error: right + error  # noqa: E731
        losses.append(float(recipe.loss(net, batch, Moment())))
    assert losses[0] < 1e-3
    assert losses == sorted(losses)


class Blind(torch.nn.Module):
    """Sees a face, or none, in every cell."""

    def __init__(self, score: float) -> None:
        super().__init__()
        self.score = score

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.full((len(x), 15, x.shape[2] // 8, x.shape[3] // 8), self.score)


def test_figures_of_nets_that_see_all_nothing_and_what_is_there(scenes: list[Scene]) -> None:
    nothing: Any = Blind(-9.0)
    assert search_figures(nothing, scenes) == {"recall": 0, "precision": 0, "points_off": 0.5}
    everything: Any = Blind(9.0)
    assert search_figures(everything, scenes)["precision"] < 0.05
    (scene,) = [each for each in scenes if each.counts == [True]][:1]
    there: Any = Perfect(scene)
    found = search_figures(there, [scene])
    assert found["recall"] == 1
    assert found["points_off"] < 1e-3
