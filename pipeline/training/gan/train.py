"""A whole training: images, start, loop, and the model set at the end."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch

from pipeline.batch.folder import RunFolder
from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.model_sets import ModelSet, model_set
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from pipeline.core.user_model_sets import safe_name
from pipeline.core.weights import fingerprint
from pipeline.training.gan import parallel
from pipeline.training.gan.features import require
from pipeline.training.gan.images import open_images
from pipeline.training.gan.loop import GanTraining, Schedule
from pipeline.training.gan.result import Origin, require_free, write_set
from pipeline.training.gan.settings import GanSettings
from pipeline.training.gan.start import open_start


@dataclass(frozen=True)
class Job:
    """Places and names of a training.

    Attributes:
        folders: Folders of aligned images.
        folder: Folder of its files.
        name: Name of the model set to make.
        start_from: Set whose generator is tuned, or None.
        like: Set whose other nets go with the generator.
    """

    folders: tuple[Path, ...]
    folder: Path
    name: str
    start_from: str | None
    like: str


def train_generator(
    job: Job, settings: GanSettings, schedule: Schedule, device: torch.device, progress: Progress
) -> ModelSet | None:
    """Train until the schedule ends and make a model set of the result; None in all processes but the first.

    Raises:
        BadInput: Images, settings or names cannot be used, or the training diverges.
        BadConfig: There is no such set, or that of the other nets has no generator.
        MissingWeights: The set to start from, or what the features of the measurements need, is not here.
        RunConflict: Another training writes to the folder.
    """
    with nullcontext() if parallel.rank() else RunFolder(job.folder):
        return _train(job, settings, schedule, device, progress)


def _train(
    job: Job, settings: GanSettings, schedule: Schedule, device: torch.device, progress: Progress
) -> ModelSet | None:
    parallel.share(settings.batch_size)
    if schedule.measured:
        require(schedule.features)
    safe_name(job.name, "a model set")
    like = model_set(job.like)
    if not like.space:
        raise BadConfig(f"Model set {like.name} has no generator: choose one with a generator for --like.")
    torch.manual_seed(settings.seed)
    start = open_start(settings, job.start_from)
    if settings.freeze_d > len(start.discriminator.blocks):
        raise BadInput(
            f"--freeze-d {settings.freeze_d}: the discriminator has {len(start.discriminator.blocks)} blocks."
        )
    images = _images(job, settings.resolution, progress)
    source = fingerprint(start.base) if start.base else "random"
    signature = f"{settings} {source} {hashlib.sha256(images.data).hexdigest()}"
    origin = Origin(job.name, like, job.start_from, signature, job.folder)
    require_free(origin)
    training = GanTraining(start, settings, images, job.folder, signature, device, progress)
    found = training.run(schedule)
    return write_set(training, origin, found) if training.leads else None


def _images(job: Job, resolution: int, progress: Progress) -> Image:
    """The images; the first process resizes them, the others wait for it."""
    if parallel.rank():
        parallel.wait()
        return open_images(job.folders, resolution, job.folder, SILENT)
    images = open_images(job.folders, resolution, job.folder, progress)
    parallel.wait()
    return images
