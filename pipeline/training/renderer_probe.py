"""Probe against renderer drift: small renders stored beside the weights, compared with the present renderer."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import BadInput

COUNT, SIZE, SEED = 6, 64, 900_000_777
# Allows for isolated pixels, which other processors round differently.
TOLERANCE = 1.0


def probe_path() -> Path:
    """Path of the PNG strip beside the weights; its description has the suffix .json."""
    return Path(str(files("projection"))) / "weights" / "renderer_probe.png"


def draw_probe(count: int = COUNT, size: int = SIZE, seed: int = SEED) -> npt.NDArray[np.uint8]:
    """Seeded people side by side, every other one wild, above their grey label maps: uint8 (2 * size, count * size, 3).

    Raises:
        BadInput: The extra `world` is missing.
    """
    from pipeline.world.extra import renderer
    from pipeline.world.person import Look, draw

    render = renderer()
    looks: tuple[Look, ...] = ("studio", "wild")
    drawn = [render(draw(seed + i, looks[i % 2]), size) for i in range(count)]
    labels = np.repeat(np.concatenate([portrait.labels for portrait in drawn], 1)[..., None] * 13, 3, axis=2)
    return np.concatenate([np.concatenate([portrait.rgb for portrait in drawn], 1), labels])


def write_probe(path: Path | None = None) -> Path:
    """Store the probe of the present renderer, as a training of all parts does; its path; raises as `draw_probe`."""
    from pipeline.core.files import write_atomic
    from pipeline.core.images import write_image
    from pipeline.training.context import commit
    from pipeline.world.extra import renderer_version

    path = path or probe_path()
    write_image(path, draw_probe())
    record = {"count": COUNT, "size": SIZE, "seed": SEED, "renderer": renderer_version(), "commit": commit()}
    write_atomic(path.with_suffix(".json"), (json.dumps(record, indent=1) + "\n").encode())
    return path


def check_probe(path: Path | None = None) -> float:
    """Mean absolute difference (0..255) between the stored probe and the present renderer.

    Raises:
        BadInput: The difference exceeds TOLERANCE: the weights were trained on other renders. Or the extra `world` is
            missing.
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
