"""Trainings learn: pictures come closer to the images, from random weights and from a loaded set."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.progress import SILENT
from pipeline.core.types import Image
from pipeline.models import Models
from pipeline.training.gan.loop import GanTraining, Schedule
from pipeline.training.gan.settings import GanSettings
from pipeline.training.gan.start import open_start
from tests.pipeline.training.gan.gan import CPU

pytestmark = pytest.mark.full
SMALL = GanSettings(resolution=32, width=32, max_width=64)


@pytest.fixture(scope="module")
def people(demo_models: Models) -> Image:
    """200 people of the embedded generator, 32 px."""
    generator = demo_models.generator
    w = generator.map(torch.randn(200, generator.dim, generator=torch.Generator().manual_seed(7)))
    return generator.render(w[:, None].expand(-1, generator.n_style, -1), resolution=32)


def learned(folder: Path, settings: GanSettings, base: str | None, images: Image, kimg: float) -> float:
    """FID at the end as a share of that at the start."""
    torch.manual_seed(0)
    training = GanTraining(open_start(settings, base), settings, images, folder, "", CPU, SILENT)
    schedule = Schedule(kimg=kimg, measured=400)
    training.run(schedule)
    first, *_, last = (line["fid"] for line in training.record.lines() if "fid" in line)
    return float(last / first)


def test_random_weights_learn_people(people: Image, tmp_path: Path) -> None:
    assert learned(tmp_path, SMALL, None, people, 2.0) < 0.85


def test_a_loaded_generator_learns_a_look(people: Image, tmp_path: Path) -> None:
    blue = np.clip(people.astype(np.float32) * [0.6, 0.9, 1.2] + [0, 10, 20], 0, 255).astype(np.uint8)
    settings = replace(SMALL, discriminator_width=0.5, batch_size=8, warm_up=0.2)
    assert learned(tmp_path, settings, "demo", blue, 0.8) < 0.8
