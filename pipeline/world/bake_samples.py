"""Render the sample people: writes sample_portraits/.

    python -m pipeline.world.bake_samples

Only developers run it, when people change; the result is committed. It needs the extra `world`.
"""

import numpy as np

from pipeline.core.files import atomic_file
from pipeline.core.images import write_image
from pipeline.world.person import draw
from pipeline.world.portrait import stacked
from pipeline.world.render import render
from pipeline.world.samples import FOLDER, TRUTH, picture_of

# Held-out seeds: both sexes, 21 to 74 years, all ancestries; straight, curly, grey and no hair.
STUDIO = (900_000_001, 900_000_002, 900_000_011, 900_000_017, 900_000_025, 900_000_026, 900_000_030, 900_000_037)
WILD = (900_000_006, 900_000_031)  # turned away, with a mask; closed eyes behind glasses


def bake() -> None:
    """Write one picture per person and the truth of all; the same bytes every time on one machine."""
    people = [*(draw(seed) for seed in STUDIO), *(draw(seed, "wild") for seed in WILD)]
    arrays = stacked(people, [render(person) for person in people])
    for path in FOLDER.glob("*.png"):
        path.unlink()
    for person, rgb in zip(people, arrays.pop("rgb"), strict=True):
        write_image(picture_of(person), rgb)
    with atomic_file(TRUTH) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


if __name__ == "__main__":
    bake()
