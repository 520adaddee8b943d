"""Generated counterparts of the renders, for parts whose inputs include generated images."""

from __future__ import annotations

import torch
from rich.progress import track

from pipeline.core.errors import MissingWeights
from pipeline.core.files import sha256
from pipeline.core.types import Image
from pipeline.training.context import TrainingContext
from pipeline.training.data import RenderSet, stored

MOST = 2000


def generated_images(context: TrainingContext, renders: RenderSet, size: int) -> Image | None:
    """Generated images of the first latents z of `renders`, stored beside them in one file per generator.

    Args:
        size: Side of the images, which are generated at full resolution and shrunk.

    Returns:
        uint8 (n, size, size, 3), n at most MOST; None without a trained generator.
    """
    weights = context.target("generator")
    if not weights.exists():
        return None
    try:
        generator = context.models.generator
    except MissingWeights:
        return None
    z = torch.from_numpy(renders.z[:MOST])
    batches = track(z.split(20), description=f"drawing {size} px", transient=True)
    path = renders.folder / f"generated{size}-{sha256(weights)[:8]}.npy"
    with torch.inference_mode():
        images = (generator.render(generator.map(batch), size=size) for batch in batches)
        return stored(path, (len(z), size, size, 3), images)
