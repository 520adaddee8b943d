"""A whole folder through the pipeline: streams, notes what is done, goes on where it was killed, skips bad photos."""

import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.batch.folder import PHOTOS, RunFolder, digest
from pipeline.batch.io_queue import Writers, writing
from pipeline.batch.manifest import MANIFEST, Manifest, Record
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.progress import Observer
from pipeline.core.version import package_version
from pipeline.edit.render import TRANSLATION_STAGE, arithmetic, open_steps, step_folder
from pipeline.edit.requests import NO_EDIT, Item
from pipeline.photo.paste import recipe_of
from pipeline.run.frame_sources import FrameSource, RenderedFrames, StoredFrames
from pipeline.run.job import Job, Photographs, check_stages, items
from pipeline.run.portrait import PendingWrites, PortraitRun
from pipeline.run.source_photos import SourcePhotos, read_aligned

if TYPE_CHECKING:
    from pipeline.models import Models


@dataclass
class Outcome:
    """What a run did.

    photos: folder of edited photographs, if any · images: written now · failed, warnings: texts by portrait ·
    report, sheet: not for `--only`
    """

    folder: Path
    portraits: int
    resumed: int
    images: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, str] = field(default_factory=dict)
    report: Path | None = None
    sheet: Path | None = None
    photos: Path | None = None


@dataclass(frozen=True)
class Plan:
    """Which stages run. first: stage whose images the frames start from · steps: names that run · saved: whether the
    images of `first` are read back · manifest: file name of the records."""

    first: str
    steps: tuple[str, ...]
    saved: bool
    manifest: str = MANIFEST

    @property
    def last(self) -> str:
        """Stage whose images are the result."""
        return self.steps[-1] if self.steps else self.first


def run(job: Job, models: "Models", observer: Observer | None = None) -> Outcome:
    """Do what is not done yet of `job`.

    Errors of one photo are recorded and the others go on; BadInput, BadConfig, MissingWeights, SpaceMismatch,
    RunConflict and CannotWrite are raised when they concern the whole run. Killed at any moment and started again, a
    run ends with the same image bytes.
    """
    photos = items(job)
    check_plan(job)
    with RunFolder(job.output_dir) as folder:
        plan = make_plan(job, folder)
        _agree(job, models, folder, plan)
        return _Run(job, models, folder, plan, photos, observer or Observer()).go()


def check_plan(job: Job) -> None:
    """BadInput for stages that this run does not have."""
    steps = list(job.config.step_settings())
    check_stages([name for name in (job.only,) if name], steps, "--only")
    check_stages([name for name in (job.start,) if name], steps, "--from")
    check_stages(job.keep, [TRANSLATION_STAGE, *steps], "--keep")
    if job.only and job.start:
        raise BadInput("Give either --only or --from, not both.")


def make_plan(job: Job, folder: RunFolder) -> Plan:
    """The stages of a job; BadInput when it needs kept images and there are none."""
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
            f"{folder.path} holds no images from before {chosen}: run everything once with --keep {before}, then this."
        )
    if job.only and index < len(names) - 1:
        return Plan(first, (chosen,), saved=True, manifest=f"manifest_{chosen}.jsonl")
    return Plan(first, tuple(names[index:]), saved=True)


def _agree(job: Job, models: "Models", folder: RunFolder, plan: Plan) -> None:
    """Refuse to mix, in one folder, results of different settings or weights."""
    if plan.manifest != MANIFEST:
        return
    asked = {
        "edits": ",".join(job.edits or (NO_EDIT,)) if job.edits is not None else None,
        "sheet": sha256(job.sheet) if job.sheet else None,
        "latents": str(job.latents.resolve()) if job.latents else None,
        "photos": asdict(job.photos) if job.photos else None,
    }
    identity = {"version": package_version(), "weights": models.fingerprint, "device": str(models.device), **asked}
    names = list(job.config.step_settings())
    later = range(names.index(plan.steps[0]), len(names) + 99) if plan.saved else ()
    folder.agree(
        job.config.model_dump(mode="json"),
        identity,
        may_change=tuple(f"steps.{index}." for index in later),
        as_noted=tuple(asked) if plan.saved else (),
    )


class _Run:
    """The state of one run."""

    def __init__(
        self, job: Job, models: "Models", folder: RunFolder, plan: Plan, photos: list[Item], observer: Observer
    ) -> None:
        self.job, self.models, self.folder, self.plan = job, models, folder, plan
        self.observer = observer
        self.manifest = Manifest(folder.path / plan.manifest)
        self.album = _album(job, job.photos, folder, models) if job.photos else None
        self.portraits_of = {photo.path: self._portraits(photo, done, len(photos)) for done, photo in enumerate(photos)}
        self.photos = [item for items in self.portraits_of.values() for item in items]
        self.settings = {name: job.config.step_settings()[name] for name in plan.steps}
        self.desk = PortraitRun(
            folder=folder,
            first=plan.first,
            final=step_folder(plan.last),
            kept={name: step_folder(name) for name in job.keep if name in stages_kept(plan)},
            batch=job.config.batch,
            models=models,
            seed=job.config.seed,
            album=self.album if plan.manifest == MANIFEST else None,
        )

    def go(self) -> Outcome:
        began = time.monotonic()
        self.observer.phase("loading")
        source = self._source()
        keys = {item.name: self._key(item, source) for item in self.photos}
        todo = {name for name, key in keys.items() if not self._complete(name, key)}
        with writing():
            self.manifest.rewrite([item.name for item in self.photos if item.name not in todo])
        outcome = Outcome(self.folder.path / self.desk.final, len(self.photos), len(self.photos) - len(todo))
        outcome.photos = self.folder.path / PHOTOS if self.desk.album else None
        self.observer.start(outcome.portraits, outcome.resumed)
        with arithmetic(self.job.config.precision, self.models.device), Writers() as writers:
            written: deque[PendingWrites] = deque()
            unfinished = set(todo)
            for path in self.portraits_of:
                self._put_back(path, unfinished, writers)
            for ready in source.ready(self._batches(), todo):
                written.append(self.desk.work(ready, keys[ready.item.name], source, writers, self.observer))
                while len(written) > 2:
                    self._note(written.popleft(), outcome, unfinished, writers)
            while written:
                self._note(written.popleft(), outcome, unfinished, writers)
        with writing():
            self.manifest.rewrite([item.name for item in self.photos])
        outcome.seconds = time.monotonic() - began
        if self.plan.manifest == MANIFEST:
            self._tell(outcome)
        return outcome

    def _source(self) -> FrameSource:
        steps = open_steps(self.settings, self.models)
        read = self.album.read if self.album else read_aligned
        if self.plan.saved:
            return StoredFrames(self.job, self.folder, self.models, steps, read, self.plan.first)
        return RenderedFrames(self.job, self.folder, self.models, steps, read, self._progress)

    def _progress(self, what: str, done: int, most: int, loss: float) -> None:
        self.observer.phase(f"{what} {done}/{most}, loss {loss:.4f}")

    def _batches(self) -> list[list[Item]]:
        """Always cut from all photos: which ones are projected together must not depend on what is done already."""
        size = self.job.config.batch
        return [self.photos[start : start + size] for start in range(0, len(self.photos), size)]

    def _key(self, item: Item, source: FrameSource) -> str:
        settings = {name: value.model_dump(mode="json") for name, value in self.settings.items()}
        wishes = None if item.wishes is None else [wish.name for wish in item.wishes]
        return digest(source.digest(item), wishes, settings, self.plan.first)

    def _complete(self, name: str, key: str) -> bool:
        records = self.manifest.finished(name, key)
        return bool(records) and all(path.is_file() for path in self.desk.files(name, records))

    def _portraits(self, photo: Item, done: int, most: int) -> list[Item]:
        if self.album is None:
            return [photo]
        self.observer.phase(f"finding faces {done}/{most}")
        return self.album.portraits(photo, self.job.latents)

    def _put_back(self, photo: Path, unfinished: set[str], writers: Writers) -> None:
        """Have the edited photos written that are not there, if all faces of the photo are done."""
        album, names = self.desk.album, [item.name for item in self.portraits_of[photo]]
        if album is None or unfinished.intersection(names):
            return
        by_edit: dict[str, list[Record]] = {}
        for record in (record for name in names for record in self.manifest.by_portrait.get(name, ())):
            if record.edit is not None:
                by_edit.setdefault(record.edit, []).append(record)
        for edit, records in by_edit.items():
            if not album.path(photo, edit).is_file():
                writers.submit(album.write, photo, edit, records)

    def _note(self, work: PendingWrites, outcome: Outcome, unfinished: set[str], writers: Writers) -> None:
        """Wait until a portrait's files are written, then say in the manifest that it is complete."""
        work.wait()
        with writing():
            self.manifest.append(work.records)
        name, first = work.records[0].portrait, work.records[0]
        if first.error is not None:
            outcome.failed[name] = first.error
        else:
            outcome.images += first.of
        if first.warning is not None:
            outcome.warnings[name] = first.warning
        unfinished.remove(name)
        self._put_back(Path(first.source), unfinished, writers)
        self.observer.portrait()

    def _tell(self, outcome: Outcome) -> None:
        """Contact sheet and report, of all portraits of the folder, old and new."""
        from pipeline.run.contact_sheet import write_contact_sheet
        from pipeline.run.report import write_report

        self.observer.phase("report")
        records = list(self.manifest.by_portrait.values())
        with writing():
            outcome.sheet = write_contact_sheet(self.folder, records)
            outcome.report = write_report(self.folder, records, self.job.config)


def stages_kept(plan: Plan) -> tuple[str, ...]:
    """Stages of a plan whose images `--keep` can ask for: those before the last, whose images are always written."""
    return plan.steps[:-1] if plan.saved else (plan.first, *plan.steps)[:-1]


def _album(job: Job, photos: Photographs, folder: RunFolder, models: "Models") -> SourcePhotos:
    recipe = recipe_of(models.set, job.config.step_settings())
    return SourcePhotos(folder, models.set.resolution, photos.face, photos.gps, recipe)
