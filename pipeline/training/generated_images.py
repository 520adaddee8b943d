"""The generator's pictures of the z of a render set: other parts learn to read them as well as the renders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.core.errors import MissingWeights
from pipeline.core.files import sha256

if TYPE_CHECKING:
    from pipeline.training.context import TrainingContext
    from pipeline.training.data import RenderSet

Images = np.ndarray
MOST = 2000


def generated_images(context: TrainingContext, of: RenderSet, size: int) -> Images | None:
    """Pictures uint8 (n, size, size, 3) of map(z) for the set's first n <= MOST z; None while there is no generator.

    They are kept beside the renders, one file per generator, drawn at full resolution and shrunk like everything that
    these nets get to see.
    """
    import torch
    from rich.progress import track

    try:
        digest = sha256(context.target("generator"))[:8] if context.target("generator").exists() else None
        generator = context.models.generator if digest else None
    except MissingWeights:
        generator = None
    if generator is None:
        return None
    path = of.folder / f"generated{size}-{digest}.npy"
    if not path.exists():
        temporary = path.with_suffix(".part")
        count = min(len(of), MOST)
        out = np.lib.format.open_memmap(temporary, "w+", np.uint8, (count, size, size, 3))
        for start in track(range(0, count, 20), description=f"drawing {size} px", transient=True):
            z = torch.from_numpy(of.z[start : min(start + 20, count)]).to(context.device)
            with torch.inference_mode():
                out[start : start + 20] = generator.render(generator.map(z), size=size)
        out.flush()
        temporary.replace(path)
    return np.load(path, mmap_mode="r")
