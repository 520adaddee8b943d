"""Measure the scale of what can be seen of people: writes latents.npz, to which a generator is bound.

python -m pipeline.world.bake_latents
"""

import numpy as np

from pipeline.world.latents import SCALE
from pipeline.world.person import draw
from pipeline.world.seen import seen

POPULATION = 3200


def main() -> None:
    """Write the file."""
    numbers = np.stack([seen(draw(seed)) for seed in range(POPULATION)])
    np.savez(SCALE, mean=numbers.mean(0), deviation=numbers.std(0) + 1e-6)


if __name__ == "__main__":
    main()
