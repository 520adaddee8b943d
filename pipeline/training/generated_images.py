"""Generated counterparts of the renders, for parts whose inputs include generated images."""

from __future__ import annotations

import torch
from rich.progress import track

from pipeline.core.errors import MissingWeights
from pipeline.core.files import sha256
from pipeline.core.types import Image
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderSet, stored
from pipeline.world.latents import from_seen

MOST = 2000


def generated_images(context: TrainingContext, renders: RenderSet, size: int) -> Image | None:
    """Generated images of the first people of `renders`, stored beside them in one file per generator.

    Args:
        size: Side of the images, which are generated at full resolution and shrunk.

    Returns:
        uint8 (n, size, size, 3), n at most MOST; None without a trained generator.
    """
    weights = context.target("generator")
    if not weights.exists():
        return None
    try:
        with torch.inference_mode(False):  # a training that is already finished opens it for its figures
            generator = context.models.generator
    except MissingWeights:
        return None
    w = torch.from_numpy(from_seen(renders.seen[:MOST], context.set.dim))
    batches = track(w.split(20), description=f"drawing {size} px", transient=True)
    path = renders.folder / f"generated{size}-{sha256(weights)[:8]}.npy"
    with torch.inference_mode():
        images = (generator.render(batch, size=size) for batch in batches)
        return stored(path, (len(w), size, size, 3), images)
