"""Runner of `run-pipeline`: edits of a folder of portraits or photographs, resumable, with a report."""

from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import writing
from pipeline.batch.manifest import MANIFEST, Manifest
from pipeline.batch.ray_engine import Cluster
from pipeline.batch.runner import Batch, Outcome
from pipeline.core import digests
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.names import nearest
from pipeline.core.progress import SILENT, Progress
from pipeline.core.version import package_version
from pipeline.edit.render import TRANSLATION_STAGE, open_steps, step_folder
from pipeline.edit.requests import NO_EDIT, Item
from pipeline.models import Models
from pipeline.run.contact_sheet import write_contact_sheet
from pipeline.run.frame_sources import FrameSource, RenderedFrames, StoredFrames
from pipeline.run.job import Job, items
from pipeline.run.portrait import PortraitRun
from pipeline.run.report import write_report
from pipeline.run.source_photos import SourcePhotos, read_aligned
from projection.translations import know_own

MATTED = "depth_segmentation"
"""The step in which a matte, where it was fetched, takes the place of depth."""


@dataclass
class RunOutcome(Outcome):
    """Result of a run. Report and contact sheet are not written for `--only`.

    Attributes:
        folder: Folder of the edited images.
        photos: Folder of the edited photographs, if any.
        without_result: Photos without a complete portrait, or that edits could not be put back into.
    """

    folder: Path = Path()
    photos: Path | None = None
    without_result: tuple[str, ...] = ()
    report: Path | None = None
    sheet: Path | None = None

    @property
    def exit_code(self) -> int:
        """0 when every photo gave a result, 1 when one gave none."""
        return 1 if self.without_result else 0

    @property
    def images(self) -> int:
        """Number of images written in this pass."""
        return sum(record.image is not None for records in self.records.values() for record in records)


@dataclass(frozen=True)
class Plan:
    """Stages of a run.

    Attributes:
        first: Stage whose images the frames start from.
        steps: Names of the steps to run.
        saved: Whether the images of `first` are read from the folder.
        manifest: File name of the records.
    """

    first: str
    steps: tuple[str, ...]
    saved: bool
    manifest: str = MANIFEST

    @property
    def last(self) -> str:
        """Stage whose images are the result."""
        return self.steps[-1] if self.steps else self.first

    @property
    def kept(self) -> tuple[str, ...]:
        """Stages that `--keep` applies to: all before the last, whose images are always written."""
        return self.steps[:-1] if self.saved else (self.first, *self.steps)[:-1]


def run(job: Job, models: Models, progress: Progress = SILENT, cluster: Cluster | None = None) -> RunOutcome:
    """Process the incomplete portraits of a job; failures are recorded and the others continue.

    A run that is killed at any moment and restarted ends with the same image bytes.

    Args:
        cluster: Where the portraits are processed; None: in this process.

    Raises:
        FaceEditError: An error of the whole run, see `pipeline.core.errors.FATAL`; BadInput for an invalid job.
    """
    know_own(job.config.translations)
    inputs = items(job, progress)
    check_plan(job)
    with RunFolder(job.output_dir) as folder:
        work, photos = _opened(job, models, folder, progress)
        portraits = _portraits(inputs, photos, job, progress)
        engine = cluster.engine(partial(_reopened, job, models), models.device.type) if cluster else None
        done = Batch(work, folder, work.manifest, progress, engine).run([[portrait] for portrait in portraits])
        for line in models.ran:
            folder.log(line)
        outcome = RunOutcome(**vars(done), folder=folder.path / work.final)
        lost = work.not_put_back()
        outcome.failed |= lost
        good = {item.path for item in portraits if item.name not in outcome.failed}
        outcome.without_result = (*lost, *sorted({item.path.name for item in portraits} - {path.name for path in good}))
        outcome.photos = folder.photos if work.photos else None
        if work.manifest.path.name == MANIFEST:
            _report(outcome, folder, work.manifest, job, progress)
        return outcome


def check_plan(job: Job) -> None:
    """Raise BadInput, naming the nearest stage, for stages that this run does not have."""
    steps = list(job.config.step_settings())
    kept = [("--keep", name, [TRANSLATION_STAGE, *steps]) for name in job.keep]
    for option, name, known in (("--only", job.only, steps), ("--from", job.start, steps), *kept):
        if name and name not in known:
            raise BadInput(f"{option} {name}: this run has no such step{nearest(name, known)}")
    if job.only and job.start:
        raise BadInput("Give either --only or --from, not both.")


def make_plan(job: Job, folder: RunFolder) -> Plan:
    """The stages of a job; raises BadInput when it needs kept images and there are none."""
    names = list(job.config.step_settings())
    chosen = job.only or job.start
    if chosen is None:
        return Plan(TRANSLATION_STAGE, tuple(names), saved=False)
    index = names.index(chosen)
    before = names[index - 1] if index else TRANSLATION_STAGE
    for first in (before, TRANSLATION_STAGE):
        if any((folder.path / step_folder(first)).glob("*/*.png")):
            break
    else:
        raise BadInput(
            f"{folder.path} holds no images from before {chosen}: run all steps once with --keep {before} first."
        )
    if job.only and index < len(names) - 1:
        return Plan(first, (chosen,), saved=True, manifest=f"manifest_{chosen}.jsonl")
    return Plan(first, tuple(names[index:]), saved=True)


def _opened(job: Job, models: Models, folder: RunFolder, progress: Progress) -> tuple[PortraitRun, SourcePhotos | None]:
    """The work of a job, and its photographs if it has any."""
    plan = make_plan(job, folder)
    matte = _matte(job, models)
    if plan.manifest == MANIFEST:
        _require_same_inputs(job, models, folder, plan, matte)
    progress.step("loading")
    photos = SourcePhotos(folder, models, job.photos, job.config.step_settings()) if job.photos else None
    settings = {name: job.config.step_settings()[name] for name in plan.steps}
    steps = open_steps(settings, models)
    read = photos.read if photos else read_aligned
    source: FrameSource = (
        StoredFrames(job, folder, models, steps, read, plan.first)
        if plan.saved
        else RenderedFrames(job, folder, models, steps, read, progress)
    )
    work = PortraitRun(
        folder=folder,
        models=models,
        source=source,
        manifest=Manifest(folder.path / plan.manifest),
        progress=progress,
        decides=(
            {name: value.model_dump(mode="json") for name, value in settings.items()},
            plan.first,
            *([matte] if matte else []),
        ),
        final=step_folder(plan.last),
        kept={name: step_folder(name) for name in job.keep if name in plan.kept},
        batch=job.config.batch,
        seed=job.config.seed,
        precision=job.config.precision,
        photos=photos if plan.manifest == MANIFEST else None,
        force=job.force or job.latents is not None,
    )
    return work, photos


def _reopened(job: Job, models: Models, folder: RunFolder, progress: Progress) -> PortraitRun:
    """The work of a job on a worker, whose weights and version must be those of the run."""
    know_own(job.config.translations)
    return _opened(job, models, folder, progress)[0]


def _matte(job: Job, models: Models) -> str | None:
    """Hash of the net that tells person from background in this run's photographs; None where depth does."""
    if job.photos is None or MATTED not in job.config.step_settings() or models.matte is None:
        return None
    return digests.current(models.matte.path)


def _require_same_inputs(job: Job, models: Models, folder: RunFolder, plan: Plan, matte: str | None) -> None:
    """Refuse to mix results of different settings or weights in one folder."""
    asked = {
        "edits": ",".join(job.edits or (NO_EDIT,)) if job.edits is not None else None,
        "sheet": sha256(job.sheet) if job.sheet else None,
        "latents": str(job.latents.resolve()) if job.latents else None,
        "photos": asdict(job.photos) if job.photos else None,
    }
    nets = {"weights": models.fingerprint, "matte": matte, "device": str(models.device), "backends": models.backends}
    names = list(job.config.step_settings())
    later = range(names.index(plan.steps[0]), len(names) + 99) if plan.saved else ()
    folder.agree(
        job.config.model_dump(mode="json"),
        {"version": package_version(), **nets, **asked},
        may_change=tuple(f"steps.{index}." for index in later),
        as_noted=tuple(asked) if plan.saved else (),
    )


def _portraits(inputs: list[Item], photos: SourcePhotos | None, job: Job, progress: Progress) -> list[Item]:
    """The portraits of a job: its crops, or the faces of its photographs."""
    if photos is None:
        return inputs
    found: list[Item] = []
    for number, photo in enumerate(inputs):
        progress.step("finding faces", number, len(inputs))
        found += photos.portraits(photo, job.latents)
    return found


def _report(outcome: RunOutcome, folder: RunFolder, manifest: Manifest, job: Job, progress: Progress) -> None:
    progress.step("report")
    records = list(manifest.by_portrait.values())
    with writing():
        outcome.sheet = write_contact_sheet(folder, records)
        outcome.report = write_report(folder, records, job.config)
