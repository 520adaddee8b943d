"""Crops hold the face where their points are, and the figures are distances in those of the eyes."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.photo.embedded_net import CROP
from pipeline.training import face_points
from pipeline.training.face_points import FacePointsRecipe, crop_of
from pipeline.training.recipe import Moment
from tests.support.sample_sets import sample_training


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> FacePointsRecipe:
    return FacePointsRecipe("points", sample_training(tmp_path_factory.mktemp("people")))


def test_crops_hold_an_upright_face_with_the_first_point_on_the_left(recipe: FacePointsRecipe) -> None:
    across = []
    for seed in range(60):
        image, points = crop_of(recipe.data, seed % len(recipe.data), np.random.default_rng(seed))
        assert image.shape == (CROP, CROP, 3)
        assert (points > 0).mean() > 0.9 and (points < CROP).mean() > 0.9
        assert points[0, 0] < points[1, 0] and points[3, 0] < points[4, 0]
        assert points[:2, 1].mean() < points[3:, 1].mean()
        across.append(float(np.hypot(*(points[1] - points[0]))))
    assert 0.2 * CROP < np.median(across) < 0.5 * CROP


def test_points_are_where_they_are_in_the_render(recipe: FacePointsRecipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bright spots at the points of a black picture are bright in its crop."""
    monkeypatch.setattr(face_points, "obstruct", lambda image, rng, most: (image, None))
    people: Any = type("People", (), {})
    people.points, people.rgb = recipe.data.points[:1], np.zeros((1, 256, 256, 3), np.uint8)
    for x, y in np.rint(people.points[0]).astype(int):
        people.rgb[0, y - 3 : y + 4, x - 3 : x + 4] = 255
    for seed in range(20):
        image, points = crop_of(people, 0, np.random.default_rng(seed))
        for x, y in points.astype(int):
            assert not (0 <= x < CROP and 0 <= y < CROP) or image[y, x].min() > 60


def test_the_loss_is_the_mean_distance(recipe: FacePointsRecipe) -> None:
    batch = recipe.batch(np.random.default_rng(0), Moment())
    cells = 12
    at = (batch[1] * cells).long().clamp(0, cells - 1)
    maps = torch.full((len(at), 5, cells, cells), -40.0)
    maps.scatter_(3, at[:, :, :1, None].expand(-1, -1, cells, -1), 40.0)
    row = torch.arange(cells)[None, None, :, None] == at[:, :, 1, None, None]
    maps = torch.where(row, maps, -40.0)
    net: Any = lambda _: maps  # noqa: E731
    loss = float(recipe.loss(net, batch, Moment()))
    assert 0 < loss < 0.5 * 2**0.5 / cells / 0.3
