"""Recipe of the net that places the five points of a face that was found, trained on rendered people."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.crop import ffhq_quad
from pipeline.core.tensors import to_tensor
from pipeline.core.types import Floats, Image
from pipeline.photo.embedded_net import CROP, CROP_SHARE, placed
from pipeline.photo.pyramid_net import PyramidNet
from pipeline.training import augment
from pipeline.training.data import Renders, RenderSets
from pipeline.training.face_scenes import warped
from pipeline.training.recipe import Batch, Moment, PartRecipe
from pipeline.training.synthetic_occlusions import obstruct

_TURN, _GROW, _SHIFT = 8.0, 0.1, 0.05  # errors of a detector: degrees, relative, share of the side


class FacePointsRecipe(PartRecipe):
    """Distances of the points on crops misplaced as much as the detector misplaces them."""

    rate = 3e-3
    batch_size = 32
    photographs = True

    def build(self) -> nn.Module:
        """The net of the config: RGB in -1..1 to maps of the five points, see `placed`."""
        return PyramidNet(**self.config)

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Crops (B, 3, CROP, CROP) in -1..1 and their points (B, 5, 2) in shares of the side."""
        crops, points = zip(*(crop_of(self.data, int(row), rng) for row in self.draw(rng)), strict=True)
        x = augment.noise(augment.colour(to_tensor(augment.photographed(np.stack(crops), rng)), rng, 1.2), rng, 0.12)
        return x, torch.from_numpy(np.stack(points).astype(np.float32) / CROP)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Mean distance, about in shares of the distance of the eyes of an aligned face."""
        x, points = batch
        off = placed(net(x.contiguous(memory_format=torch.channels_last))) - points
        return (off.square().sum(2) + 1e-6).sqrt().mean() / 0.3

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Mean distance of the points in crops of held-out people of both looks, in distances of the eyes."""
        people, rng = RenderSets(list(self.held_out.values())), np.random.default_rng(1)
        crops, points = zip(*(crop_of(people, i, rng) for i in range(len(people))), strict=True)
        truth = np.stack(points) / CROP
        found = placed(torch.from_numpy(self.outputs(net, np.stack(crops)))).numpy()
        between = np.hypot(*(truth[:, 1] - truth[:, 0]).T)
        off = np.linalg.norm(found - truth, axis=2).mean(1) / between
        return {"points_off": float(off.mean())}


def crop_of(people: Renders, i: int, rng: np.random.Generator) -> tuple[Image, Floats]:
    """Crop (CROP, CROP, 3) around a face as after a detection, sometimes mirrored, and its points (5, 2) in pixels."""
    points = people.points[i]
    quad = ffhq_quad(points)
    side = CROP_SHARE * float(np.hypot(*(quad[3] - quad[0]))) * float(np.exp(rng.normal(0, _GROW)))
    across = quad[3] - quad[0]
    angle = float(np.arctan2(across[1], across[0]) + np.radians(rng.normal(0, _TURN)))
    zoom = CROP / side
    matrix = zoom * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    if flip := rng.random() < 0.5:
        matrix = np.diag([-1, 1]) @ matrix
    offset = CROP * (0.5 + rng.normal(0, _SHIFT, 2)) - matrix @ quad.mean(0)
    place = np.column_stack([matrix, offset + 0.5 * matrix.sum(1) - 0.5])
    rgb = people.rgb[i]
    crop, _ = warped(rgb, np.ones(rgb.shape[:2], np.float32), place, CROP, zoom)
    image = np.clip(np.rint(crop), 0, 255).astype(np.uint8)
    if rng.random() < 0.15:
        image, _ = obstruct(image, rng, most=1)
    there = points @ matrix.T + offset
    return image, there[[1, 0, 2, 4, 3]] if flip else there
