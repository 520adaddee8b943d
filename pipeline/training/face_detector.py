"""Recipe of the embedded face detector, trained on scenes of rendered people; see `face_scenes`."""

from __future__ import annotations

import copy
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import to_tensor
from pipeline.core.types import Floats
from pipeline.photo.embedded_net import STRIDE, UNIT, EmbeddedNet
from pipeline.photo.pyramid_net import PyramidNet
from pipeline.training import augment
from pipeline.training.data import RenderSets
from pipeline.training.face_scenes import Scene, draw_scene
from pipeline.training.recipe import Batch, Moment, PartRecipe

SIZE = 128
"""Side of the scenes, pixels."""

MEASURED, FOUND = 300, 0.5
"""Scenes to measure on, and largest distance of the points of a face that counts as found, in distances of the eyes."""

_MIDDLE, _BESIDE = 0.2, 0.45  # of a face's size: cells nearer to its middle hold it, those up to there may or not


class FaceDetectorRecipe(PartRecipe):
    """Focal loss of the middles (Lin et al., 2017), absolute errors of boxes and points in shares of the face."""

    rate = 3e-3
    batch_size = 16
    minutes = 20.0
    photographs = True

    def build(self) -> nn.Module:
        """The net of the config: RGB in -1..1 to 15 numbers of each cell, see `EmbeddedNet`."""
        net = PyramidNet(**self.config)
        nn.init.constant_(net.state_dict()["head.2.bias"][:1], -4.0)  # faces are rare
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        """Scenes (B, 3, S, S) in -1..1 and their `targets` (B, 17, S / 8, S / 8)."""
        scenes = [draw_scene(self.data, rng, SIZE) for _ in range(self.batch_size)]
        images = augment.photographed(np.stack([scene.image for scene in scenes]), rng)
        x = augment.noise(augment.colour(to_tensor(images), rng, 1.2), rng, 0.12)
        return x, torch.from_numpy(np.stack([targets(scene) for scene in scenes]))

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        """Sums over all cells, over the number of those that hold a face."""
        x, truth = batch
        out = net(x.contiguous(memory_format=torch.channels_last))
        face, counts, size, values = truth[:, 0], truth[:, 1], truth[:, 2], truth[:, 3:]
        cross = F.binary_cross_entropy_with_logits(out[:, 0], face, reduction="none")
        missed = 1 - torch.exp(-cross)
        weight = counts * missed**2 * (0.25 + 0.5 * face)
        held = face.sum().clamp(min=1)
        off = (out[:, 1:] - values).abs()
        scale = (UNIT / size.clamp(min=1))[:, None]
        off = torch.cat([off[:, :2] * scale, off[:, 2:4], off[:, 4:] * scale], 1)
        shares = (off[:, :4].mean(1) + 3 * off[:, 4:].mean(1)) * face
        return (weight * cross).sum() / held * 4 + 2 * shares.sum() / held

    def metrics(self, net: nn.Module) -> dict[str, float]:
        """Figures of `search_figures` on scenes of held-out people of both looks."""
        people, rng = RenderSets(list(self.held_out.values())), np.random.default_rng(1)
        return search_figures(cast(PyramidNet, net), [draw_scene(people, rng, SIZE) for _ in range(MEASURED)])


def search_figures(net: PyramidNet, scenes: list[Scene]) -> dict[str, float]:
    """What a detector finds in scenes, before its finds are looked at again.

    Returns:
        Shares of the faces that are to be found (recall) and of the finds that are faces (precision), and the mean
        distance of the points of the nearest find from the true ones, in distances of the eyes.
    """
    searching = copy.deepcopy(net).cpu()
    finds, right, off = 0, 0, []
    for scene in scenes:
        seen = [face.points + 0.5 for face in EmbeddedNet(searching, searching).search(scene.image)]
        away = np.full((len(seen), len(scene.points)), np.inf)
        for i, truth in enumerate(scene.points):
            between = np.hypot(*(truth[1] - truth[0]))
            away[:, i] = [np.hypot(*(points - truth).T).mean() / between for points in seen]
        finds, right = finds + len(seen), right + int((away < FOUND).any(1).sum())
        off += list(away.min(0, initial=np.inf)[np.array(scene.counts, bool)])
    found = [each for each in off if each < FOUND]
    return {
        "recall": len(found) / max(len(off), 1),
        "precision": right / max(finds, 1),
        "points_off": float(np.mean(found or FOUND)),
    }


def targets(scene: Scene) -> Floats:
    """What the net has to say of a scene, (17, S / 8, S / 8): face 0 or 1, whether the cell counts, size of the face in
    pixels, and the last 14 numbers that `EmbeddedNet` reads."""
    cells = len(scene.image) // STRIDE
    out = np.zeros((17, cells, cells), np.float32)
    out[1] = 1
    y, x = (np.mgrid[:cells, :cells] + 0.5) * STRIDE
    order = np.argsort([-np.prod(box[2:] - box[:2]) for box in scene.boxes])
    for i in order:  # smaller faces last, which win
        box, points = scene.boxes[i], scene.points[i]
        size, middle = float(np.sqrt(np.prod(box[2:] - box[:2]))), points.mean(0)
        away = np.hypot(x - middle[0], y - middle[1])
        if not scene.counts[i]:
            out[1][(away < max(_BESIDE * size, STRIDE)) & (out[0] == 0)] = 0
            continue
        here = (away < _MIDDLE * size) | (away == away.min())
        out[1][(away < max(_BESIDE * size, STRIDE)) & (out[0] == 0)] = 0
        out[:3, here] = np.array([1, 1, size])[:, None]
        offsets = np.concatenate([((box[:2] + box[2:]) / 2)[None], points])[:, :, None]
        offsets = (offsets - np.stack([x[here], y[here]])) / UNIT
        extent = np.log((box[2:] - box[:2]) / UNIT)[:, None] + np.zeros((2, here.sum()))
        out[3:, here] = np.concatenate([offsets[0], extent, offsets[1:].reshape(10, -1)])
    return out
