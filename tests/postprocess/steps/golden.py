"""The golden images of the blending steps: `python -m tests.postprocess.steps.golden` writes them to tests/golden.

Each is the 64 px scene of `tests/support/labelled_scene.py` after one step, beside the support that is left (grey).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from pipeline.core.images import write_image
from tests.support.labelled_scene import CPU, scene

GOLDEN = Path(__file__).parents[2] / "golden"
TOLERANCE = 2
CASES = (
    ("domain_mixup", "Bn_max"),
    ("domain_mixup", "Ch_max"),
    ("segmentation", "Hs_1"),
    ("segmentation", "Sk_2"),
    ("segmentation", "Be_max"),
    ("segmentation", "D_1"),
    ("segmentation", "Gl_1"),
    ("depth_segmentation", "Hs_1"),
    ("gfp_gan", "A_2"),
)


def draw(step: str, identifier: str) -> np.ndarray:
    frame, models = scene(identifier, hat=step != "depth_segmentation")
    (result,) = importlib.import_module(f"postprocess.steps.{step}").Settings().open(models, CPU)([frame])
    grey = np.rint(result.support * 255).astype(np.uint8)
    return np.concatenate([result.image, np.repeat(grey[:, :, None], 3, axis=2)], axis=1)


def cases() -> dict[str, Callable[[], np.ndarray]]:
    return {f"{step}_{identifier}": partial(draw, step, identifier) for step, identifier in CASES}


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, make in cases().items():
        write_image(GOLDEN / f"{name}.png", make())
