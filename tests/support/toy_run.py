"""Jobs on the toy models, for tests; importable by a process of its own that can be killed."""

import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import pipeline.core.files
from pipeline.batch.runner import Outcome
from pipeline.config import RunConfig
from pipeline.core.crop import FFHQ_512, Crop, apply
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.project_folder import project_folder
from pipeline.run.job import Job
from pipeline.run.runner import RunOutcome, run
from tests.support.toy_models import RESOLUTION, ToyModels, portrait_image

PLACE = ((60.0, 20.0), (50.0, 120.0), (150.0, 130.0), (160.0, 30.0))
STEPS = Path(__file__).parent / "toy_steps"


def toy_config(**settings: Any) -> RunConfig:
    """Two toy steps, encoder only, batches of three."""
    if str(STEPS) not in sys.path:
        sys.path.insert(0, str(STEPS))
    values: dict[str, Any] = {"batch": 3, "projection": {"n_iter": 0}, "steps": ["toy_square", "toy_invert"]}
    return RunConfig.model_validate(values | settings)


def toy_job(input_dir: Path, output_dir: Path, /, config: dict[str, Any] | None = None, **asked: Any) -> Job:
    """A job on the toy steps; `config` changes settings."""
    return Job(input_dir, output_dir, toy_config(**(config or {})), **asked)


def toy_models(detector: Any = None) -> Any:
    """Toy models with a detector, by default one that sees the face of `toy_photo`."""
    models = ToyModels()
    models.detector = detector or ToyDetector()
    return models


def toy_run(input_dir: Path, output_dir: Path, /, detector: Any = None, **asked: Any) -> RunOutcome:
    """Run a toy job on toy models."""
    return run(toy_job(input_dir, output_dir, **asked), toy_models(detector))


class ToyDetector:
    """Sees one face, where `toy_photo` puts it; nobody in the dark."""

    def detect(self, image: Image) -> list[Face]:
        height, width = image.shape[:2]
        points = apply(Crop(PLACE, width, height, 1).to_photo(), FFHQ_512 - 0.5)
        return [Face((0.0, 0.0, 1.0, 1.0), 0.9, points)] if image.mean() > 1 else []


def toy_photo(seed: int) -> Image:
    """A photograph, uint8 (150, 200, 3), with a portrait that the toy generator can make nearly."""
    photo = np.random.default_rng(seed).integers(90, 110, (150, 200, 3), np.uint8)
    crop = Crop(PLACE, 200, 150, RESOLUTION)
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    cv2.warpAffine(portrait_image(seed), crop.to_crop(), (200, 150), photo, flags, cv2.BORDER_TRANSPARENT)
    return photo


def slow_files(delay: float) -> None:
    """Spend `delay` seconds between each temporary file and its renaming: time to be killed in."""
    fsync = pipeline.core.files.os.fsync

    def slow_fsync(descriptor: int) -> None:
        time.sleep(delay)
        fsync(descriptor)

    pipeline.core.files.os.fsync = slow_fsync


def slow_run(input_dir: Path, output_dir: Path, delay: float, config: dict[str, Any], **asked: Any) -> None:
    """A toy run with slow files."""
    slow_files(delay)
    toy_run(input_dir, output_dir, config=config, keep=("toy_square",), **asked)


def toy_projection(input_dir: Path, output_dir: Path, config: dict[str, Any] | None = None) -> Outcome:
    """Find the toy latents of a folder of crops."""
    return project_folder(input_dir, output_dir, toy_models(), toy_config(**(config or {})))


def slow_projection(input_dir: Path, output_dir: Path, delay: float, config: dict[str, Any]) -> None:
    """A toy projection with slow files."""
    slow_files(delay)
    toy_projection(input_dir, output_dir, config)
