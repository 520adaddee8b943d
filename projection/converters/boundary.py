"""Anycost GAN's boundary file: for each attribute of CelebA the normal of a linear classifier in W."""

from pathlib import Path

import numpy as np

from pipeline.core.checkpoints import load_state
from pipeline.core.errors import BadInput
from pipeline.core.types import Floats
from projection.attributes.celeba import CELEBA_NAMES

N_STYLE = 18
CHANGED = 12
"""Styles that the published editor moves; the later ones are colours of the whole image."""


def read_boundary(path: Path | str) -> dict[str, Floats]:
    """Directions of length 1 by CelebA's attribute ("Young"), float32 (1, 18, dim), 0 beyond the first 12 styles.

    The published file holds tensors (1, dim) named `39_Young`, in W of a 1024 px generator.

    Raises:
        MissingWeights: The file cannot be read.
        BadInput: The file has other content.
    """
    found: dict[str, Floats] = {}
    for key, tensor in load_state(path).items():
        number, _, name = key.partition("_")
        if name not in CELEBA_NAMES or not number.isdigit() or tensor.ndim != 2 or len(tensor) != 1:
            raise BadInput(
                f"{path} is not a boundary file: its entry {key} is not a direction (1, dim) of a CelebA name."
            )
        found[name] = np.zeros((1, N_STYLE, tensor.shape[1]), np.float32)
        found[name][:, :CHANGED] = tensor.numpy() / np.linalg.norm(tensor.numpy())
    if not found:
        raise BadInput(f"{path} is not a boundary file: it holds no direction.")
    return found
