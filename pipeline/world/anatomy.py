"""The anatomy that all people share: a head's mesh, what can be done to its shape, and maps of its parts.

Lengths are in decimetres; x points to the person's left, y up, z to the front.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Floats = NDArray[np.floating]
"""Arrays of the world: float32 where they are large."""
Ints = NDArray[np.int32]

DATA = Path(__file__).with_name("head.npz")
AXIS = 0.2
"""z of the vertical axis about which a canonical head is unrolled."""


@dataclass(frozen=True)
class Anatomy:
    """What head.npz holds, ready for use.

    Attributes:
        rest: Coarse vertices (n, 3) without any target, with eyes, teeth and tongue.
        targets: Shifts of the coarse vertices, one row of 3 n per target.
        index: Row of each target by name.
        steps: Catmull-Clark step (m, n) from coarse to fine vertices of the skin; the first n rows are the coarse ones.
        quads: Fine quads of the skin (q, 4).
        triangles: The same as triangles (2 q, 3).
        coarse_triangles: Triangles between the first n fine vertices.
        canonical: Fine vertices (m, 3) of the average face: coordinates in which skin, hair and clothes are described.
        masks: How much each fine vertex belongs to lips, ears, inside-mouth and eyelids, (m,) in 0..1.
        parts: Coarse quads by name of l-eye, r-eye, upper-teeth, lower-teeth and tongue.
        hand: Vertices (h, 3) of a left hand from its wrist, palm down, and its triangles.
    """

    rest: Floats
    targets: sparse.csr_matrix
    index: dict[str, int]
    steps: sparse.csr_matrix
    quads: Ints
    triangles: Ints
    coarse_triangles: Ints
    canonical: Floats
    masks: dict[str, Floats]
    parts: dict[str, Ints]
    hand: tuple[Floats, Ints]


def halves(quads: Ints) -> Ints:
    """Two triangles of each quad: (q, 4) to (2 q, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def unrolled(canonical: Floats) -> tuple[Floats, Floats]:
    """Angle about the head's axis (0 in front, positive to the person's left) and height of points (..., 3)."""
    return np.arctan2(canonical[..., 0], canonical[..., 2] - AXIS), canonical[..., 1]


@cache
def anatomy() -> Anatomy:
    """The embedded anatomy."""
    with np.load(DATA) as file:
        data = {name: file[name] for name in file.files}
    rest, names = data["rest"], [str(name) for name in data["names"]]
    values = (data["target_values"].astype(np.float32), data["target_columns"], data["target_rows"])
    targets = sparse.csr_matrix(values, (len(names), rest.size))
    rows = data["step_rows"]
    steps = sparse.csr_matrix((data["step_values"], data["step_columns"], rows), (len(rows) - 1, len(rest)))
    index = {name: row for row, name in enumerate(names)}
    average = [index[f"{who}-{sex}-young"] for who in ("african", "asian", "caucasian") for sex in ("female", "male")]
    mean = np.asarray(targets[average].mean(0), np.float32).reshape(-1, 3)
    canonical = np.asarray(steps @ (rest + mean), np.float32)
    u, y = unrolled(canonical)
    keep = {  # the painted masks have specks elsewhere
        "lips": (np.abs(u) < 0.24) & (np.abs(y - 6.68) < 0.16),
        "inside-mouth": np.abs(u) < 0.4,
        "ears": (np.abs(np.abs(u) - 1.22) < 0.3) & (np.abs(y - 7.15) < 0.3),
        "eyelids": np.abs(y - 7.34) < 0.12,
    }
    masks = {name: np.where(where, data[name] / np.float32(255), 0).astype(np.float32) for name, where in keep.items()}
    parts = {name: data[name] for name in ("l-eye", "r-eye", "upper-teeth", "lower-teeth", "tongue")}
    quads = data["quads"]
    coarse = halves(quads.reshape(-1, 4, 4)[:, :, 0])
    hand = (data["hand"], halves(data["hand_quads"]))
    return Anatomy(rest, targets, index, steps, quads, halves(quads), coarse, canonical, masks, parts, hand)
