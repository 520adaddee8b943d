"""Motions of the demo set: where the pixels of an aligned face go when its shape is edited; the renderer knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from pipeline.core.attributes import canonical, parse
from pipeline.core.types import Floats
from pipeline.training.context import STUDIO_SEED, TrainingContext
from pipeline.training.directions import starts
from pipeline.world.extra import renderer
from pipeline.world.person import Person, counterfactual, draw
from postprocess.domains import domain_distance
from postprocess.labels import Labels
from postprocess.own_pixels.motions import place

LIPS, NOSE = ("mouth", "upper lip", "lower lip"), ("nose",)
FACE = ("skin", "left brow", "right brow", "left eye", "right eye", "glasses", *NOSE, *LIPS)


@dataclass(frozen=True)
class Kind:
    """How an edit moves skin.

    Attributes:
        parts: Parts whose place and size it follows; one eye may be hidden, which would move both.
        photographs: How much of the mean motion photographs take, such that the mesh of most of them sees it.
        rendered: Whether rendered portraits take it too, since it brings them nearer to the truth.
    """

    parts: tuple[str, ...] = ()
    photographs: float = 1.75
    rendered: bool = True


_LIPS, _NOSE, _EYES = Kind(LIPS), Kind(NOSE), Kind()
# On turned heads a motion that stays where it is would blow up the far cheek.
_CHEEKS = Kind(FACE, 1.5, rendered=False)
KINDS: Mapping[str, Kind] = {
    **{"Bp_min": _LIPS, "Bp_max": _LIPS, "Bn_min": _NOSE, "Bn_max": _NOSE},
    **{"N_min": _EYES, "N_max": _EYES, "Ch_min": _CHEEKS, "Ch_max": _CHEEKS},
    "Sm_1": Kind(LIPS, 0.4, False),  # rendered people smile broadly, which moves more than a mouth
}
"""Edits that move skin and hardly change anything else."""
FADING = 6.0
"""Distance from the domain of an edit over which its motion fades, cells: nothing is torn at the domain's edge."""
PEOPLE = 200
SIDE = 64
"""Side of a field in cells."""
FACING = 0.15
"""Least cosine of the angle between skin and camera at which a vertex counts as seen."""


def write_motions(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Write the mean motion by each edit of KINDS over the first PEOPLE for training."""
    import torch

    from pipeline.core.weights import save_state

    renderer()  # says what is missing
    people = [draw(seed) for seed in range(STUDIO_SEED, STUDIO_SEED + PEOPLE)]
    found = {}
    for name in KINDS:
        found[name] = motion = mean_motion(name, people) * faded(parse(name).code)
        log(f"{name:8s} at most {256 * np.abs(motion).max():.1f} pixels of 256")
    state = {name: torch.from_numpy(motion).half() for name, motion in found.items()}
    labels = np.asarray(context.renders.labels[:PEOPLE])
    more = {
        name: asdict(kind) | {"place": mean_place(kind.parts, labels) if kind.parts else ()}
        for name, kind in KINDS.items()
    }
    metadata = context.metadata("motions", f"{PEOPLE} studio people", {}, 0.0)
    save_state(context.target("motions"), state, metadata | {"motions": json.dumps(more)})


def mean_place(parts: Sequence[str], labels: Labels) -> list[float]:
    """Mean place (4,) of parts in classes (n, S, S), see `postprocess.own_pixels.motions.place`."""
    found = np.nanmean([place(one, parts) for one in labels], axis=0)
    return [round(float(value), 4) for value in found]


def mean_motion(name: str, people: Sequence[Person]) -> Floats:
    """Mean motion by an edit of those whom it changes, see `averaged`."""
    return averaged([(one, counterfactual(one, **canonical(name))) for one in people if starts(one, name)])


def averaged(pairs: Sequence[tuple[Person, Person]]) -> Floats:
    """Mean motion of the skin's vertices in the picture from a person to another look of the same.

    Returns:
        (SIDE, SIDE, 2) in shares of the picture's side, x and y; 0 where most of the people have no skin.
    """
    import cv2

    total, seen = np.zeros((SIDE, SIDE, 2)), np.zeros((SIDE, SIDE))
    for before, after in pairs:
        moved, there = _motion(before, after)
        total, seen = total + moved, seen + there
    mean = total / np.maximum(seen, 1)[:, :, None] * np.clip(2 * seen / max(len(pairs), 1), 0, 1)[:, :, None]
    return np.asarray(cv2.GaussianBlur(mean.astype(np.float32), (0, 0), 1.0) / SIDE, np.float32)


def faded(code: str) -> Floats:
    """Weight (SIDE, SIDE, 1) of a motion by an edit of an attribute, which fades out of its domain."""
    return np.asarray(np.clip(1 - domain_distance((code,), SIDE, SIDE) / FADING, 0, 1)[:, :, None], np.float32)


def _motion(before: Person, after: Person) -> tuple[np.ndarray, np.ndarray]:
    """Mean motion in each cell, (SIDE, SIDE, 2) in cells, and whether there is skin in it."""
    from pipeline.world.camera import camera_of
    from pipeline.world.render import body_of

    first, last = body_of(before), body_of(after)
    camera = camera_of(before, first)
    seen = first.normals @ camera.rotation[2] > FACING
    start, end = (camera.project(body.skin, SIDE)[seen, :2] for body in (first, last))
    x, y = np.clip(start.astype(int), 0, SIDE - 1).T
    moved, points = np.zeros((SIDE, SIDE, 2)), np.zeros((SIDE, SIDE))
    np.add.at(moved, (y, x), end - start)
    np.add.at(points, (y, x), 1)
    return moved / np.maximum(points, 1)[:, :, None], points > 0
