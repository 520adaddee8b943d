"""Batch sizes follow from one budget, and memory from batch sizes, however many images there are."""

import subprocess
import sys

import pytest

from pipeline.core import batch_sizes as sizes

PROGRAM = """
import numpy as np
import projection.generator as module
from pipeline.models import Models
from pipeline.quality.machine import memory_peak

models = Models("demo", "cpu")
generator, mean = models.generator, models.generator.mean_latent.cpu().numpy()
latents = np.tile(mean, (16, generator.n_style, 1))
generator.render(latents[:1])
for at_once, count in ((1, 1), (1, 4), (8, 8), (8, 8), (8, 16)):
    module.GENERATED_PIXELS = at_once * generator.resolution**2
    print(memory_peak(lambda: generator.render(latents[:count]), models.device) or 0)
"""


def test_the_sizes_stay_what_results_were_made_with() -> None:
    assert (sizes.IMAGES, sizes.SMALL_IMAGES, sizes.ENCODED_IMAGES, sizes.PHOTOS) == (8, 32, 16, 8)
    assert (sizes.FACES, sizes.FACES_ON_GPU, sizes.PHOTO_PIXELS) == (2, 16, 64_000_000)
    assert [sizes.GENERATED_PIXELS // side**2 for side in (1024, 512, 256, 128)] == [4, 16, 64, 256]


def test_memory_follows_the_batch_and_not_the_number_of_images() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    one, alone, eight, again, twice = map(int, done.stdout.split())
    if not one:
        pytest.skip("this system does not tell how much memory was used")
    grown = eight - one
    assert grown > 7 * 2**20, "eight images need more than one"
    assert alone - one < grown / 2
    assert twice - max(eight, again) < grown / 2  # the heap of a process grows a little by itself
