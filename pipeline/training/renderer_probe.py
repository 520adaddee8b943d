"""Probe against renderer drift: small renders stored beside the weights, compared with the present renderer."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import BadInput

COUNT, SIZE, SEED = 6, 64, 777
# Allows for isolated pixels, which other processors round differently.
TOLERANCE = 1.0


def probe_path() -> Path:
    """Path of the PNG strip beside the weights; its description has the suffix .json."""
    return Path(str(files("projection"))) / "weights" / "renderer_probe.png"


def draw_probe(count: int = COUNT, size: int = SIZE, seed: int = SEED) -> npt.NDArray[np.uint8]:
    """Renders of seeded portraits side by side above their grey label maps, uint8 (2 * size, count * size, 3)."""
    from pipeline.world.parameters import Parameters, sample_z
    from pipeline.world.render import render

    drawn = render(Parameters.from_z(sample_z(count, seed)), size)
    labels = np.repeat(drawn.labels[..., None] * 13, 3, axis=3)
    return np.concatenate([np.concatenate(list(drawn.rgb), 1), np.concatenate(list(labels), 1)])


def write_probe(path: Path | None = None) -> Path:
    """Store the probe of the present renderer, as a training of all parts does; returns its path."""
    from pipeline.core.files import write_atomic
    from pipeline.core.images import write_image
    from pipeline.training.context import commit, renderer_version

    path = path or probe_path()
    write_image(path, draw_probe())
    record = {"count": COUNT, "size": SIZE, "seed": SEED, "renderer": renderer_version(), "commit": commit()}
    write_atomic(path.with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode())
    return path


def check_probe(path: Path | None = None) -> float:
    """Mean absolute difference (0..255) between the stored probe and the present renderer.

    Raises:
        BadInput: The difference exceeds TOLERANCE: the weights were trained on other renders.
    """
    from pipeline.core.images import read_image

    path = path or probe_path()
    record = json.loads(path.with_suffix(".json").read_text())
    stored = read_image(path)
    drawn = draw_probe(record["count"], record["size"], record["seed"])
    difference = float(np.abs(drawn.astype(np.int16) - stored).mean()) if drawn.shape == stored.shape else 255.0
    if difference > TOLERANCE:
        raise BadInput(
            f"The renderer has changed since the weights were trained (mean difference {difference:.1f} of 255): "
            "train the demo set again or undo the change."
        )
    return difference
