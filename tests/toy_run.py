"""Jobs on the toy models, for tests; importable by a process of its own that can be killed."""

import sys
import time
from pathlib import Path
from typing import Any

import pipeline.core.files
from pipeline.config import RunConfig
from pipeline.job import Job
from pipeline.run import Outcome, run
from tests.toys import ToyModels

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


def toy_run(input_dir: Path, output_dir: Path, /, **asked: Any) -> Outcome:
    """Run a toy job on toy models."""
    return run(toy_job(input_dir, output_dir, **asked), ToyModels())


def slow_run(input_dir: Path, output_dir: Path, delay: float, config: dict[str, Any]) -> None:
    """A toy run that spends `delay` seconds between each temporary file and its renaming: time to be killed in."""
    fsync = pipeline.core.files.os.fsync

    def slow_fsync(descriptor: int) -> None:
        time.sleep(delay)
        fsync(descriptor)

    pipeline.core.files.os.fsync = slow_fsync
    toy_run(input_dir, output_dir, config=config, keep=("toy_square",))
