"""Reads Anycost GAN's boundaries: for each of CelebA's attributes the normal of a linear classifier in W."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline.core.checkpoints import load_state
from pipeline.core.errors import BadInput
from pipeline.core.types import Floats
from projection.attributes.celeba import CELEBA_NAMES

N_STYLE = 18
CHANGED = 12
"""Styles that the published editor moves: the later ones are colours of the whole picture."""


def read_boundary(path: Path | str) -> dict[str, Floats]:
    """Directions of length 1 by CelebA's attribute ("Young"), float32 (1, 18, dim), 0 beyond the first 12 styles.

    The published file holds tensors (1, dim) called `39_Young`, in W of a 1024 px generator. MissingWeights when it
    cannot be read, BadInput when it holds something else.
    """
    found: dict[str, Floats] = {}
    for key, tensor in load_state(path).items():
        number, _, name = key.partition("_")
        if name not in CELEBA_NAMES or not number.isdigit() or tensor.ndim != 2 or len(tensor) != 1:
            raise BadInput(f"{path} is no boundary file: its entry {key} is no direction (1, dim) of a CelebA name.")
        direction = tensor.numpy() / np.linalg.norm(tensor.numpy())
        whole = np.zeros((1, N_STYLE, direction.shape[1]), np.float32)
        whole[:, :CHANGED] = direction
        found[name] = whole
    if not found:
        raise BadInput(f"{path} is no boundary file: it holds no direction.")
    return found
