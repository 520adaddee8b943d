"""Runner of `restore`: the faces of several photos form one batch."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.batch.inputs import input_digest
from pipeline.batch.io_queue import Writers, writing
from pipeline.batch.manifest import MANIFEST, Manifest, Record
from pipeline.batch.ray_engine import Cluster
from pipeline.batch.runner import Batch, Outcome
from pipeline.batch.work import Pending, Work
from pipeline.core.images import write_image
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from pipeline.photo.detector import FaceDetector, open_detector
from pipeline.photo.photo import Photo, write_photo
from pipeline.restore.job import COMPARISONS, RESTORED, Item, RestoreJob, items, portions
from pipeline.restore.nets import RestoreNets, note, open_nets
from pipeline.restore.photo import PhotoFaces, enlarged, finished, prepare
from pipeline.restore.statistics import earlier_seconds, status, write_statistics

if TYPE_CHECKING:
    import torch

COMPARED = 1024
"""Largest height of a comparison, pixels."""

STATISTICS_SECONDS = 5.0

Restored = tuple[PhotoFaces, list[Image]]
"""A photo with its faces, and the restored faces."""


@dataclass
class RestoreOutcome(Outcome):
    """Result of a restoration.

    Attributes:
        folder: Folder of the restored photos.
    """

    folder: Path = Path()

    @property
    def restored(self) -> int:
        """Number of photos restored in this pass."""
        return sum(status(record) == "restored" for (record,) in self.records.values())

    @property
    def faces(self) -> int:
        """Number of faces restored in this pass."""
        return self._count("restored")

    @property
    def sharp(self) -> int:
        """Number of faces left as they are in this pass, since they are sharp."""
        return self._count("sharp")

    @property
    def without_face(self) -> list[str]:
        """Photos of this pass without a face, by name."""
        return [name for name, (record,) in self.records.items() if status(record) in ("no face", "skipped")]

    def _count(self, score: str) -> int:
        return sum(int(record.scores.get(score, 0)) for (record,) in self.records.values())


def run(
    job: RestoreJob,
    device: "torch.device",
    detector: FaceDetector | None = None,
    progress: Progress = SILENT,
    cluster: Cluster | None = None,
) -> RestoreOutcome:
    """Process the incomplete photos of a job; a killed and restarted run ends with the same bytes.

    Args:
        detector: Face detector; None if photos are aligned faces already.
        cluster: Where the photos are processed, with the detector of `open_detector`; None: in this process.

    Raises:
        FaceEditError: An error of the whole run, see `pipeline.core.errors.FATAL`; BadInput for an invalid job.
    """
    photos = items(job, progress)
    nets = open_nets(job, device, detector)
    with RunFolder(job.output_dir) as folder:
        folder.agree(job.settings(), nets.identity)
        work = _Restoration(job, nets, photos, folder)
        engine = cluster.engine(partial(_reopened, job, device), device.type) if cluster else None
        progress.step("restoring")
        try:
            done = Batch(work, folder, work.manifest, progress, engine).run(portions(photos))
        finally:
            work.write_statistics()
            for line in nets.ran:
                folder.log(line)
        return RestoreOutcome(**vars(done), folder=job.output_dir / RESTORED)


def _reopened(job: RestoreJob, device: "torch.device", folder: RunFolder, progress: Progress) -> "_Restoration":
    """The work of a job on a worker, whose weights and version must be those of the run."""
    nets = open_nets(job, device, None if job.detector == "aligned" else open_detector())
    folder.agree(job.settings(), nets.identity)
    return _Restoration(job, nets, (), folder)


class _Restoration(Work[Item, PhotoFaces, Restored]):
    """Restores the faces of each photo and pastes them back."""

    def __init__(self, job: RestoreJob, nets: RestoreNets, photos: Sequence[Item], folder: RunFolder) -> None:
        self._job, self._nets, self._folder = job, nets, folder
        self._inputs = {item.name: item.path for item in photos}
        self.manifest = Manifest(folder.path / MANIFEST)
        self._earlier = earlier_seconds(folder.path)
        self._began = self._written = time.monotonic()

    def key(self, item: Item) -> str:
        return input_digest(item.path)

    def files(self, item: Item, records: Sequence[Record]) -> list[Path]:
        if records[0].image is None:
            return []
        return [self._path(item.name)] + ([self._comparison(item.name)] if self._job.comparisons else [])

    def load(self, item: Item) -> PhotoFaces:
        return prepare(item, self._nets, self._job.upscale, self._job.face)

    def compute(self, loaded: Sequence[PhotoFaces]) -> Sequence[Restored]:
        faces = [face for photo in loaded for face in photo.faces]
        restored = iter(self._nets.restorer.restore([face.image for face in faces], [face.share for face in faces]))
        return [(photo, [next(restored) for _ in photo.faces]) for photo in loaded]

    def deliver(self, item: Item, computed: Restored, base: Record, writers: Writers) -> Pending:
        photo, faces = computed
        sharp = len(faces) - photo.restored
        scores: dict[str, float] = {"faces": photo.found, "restored": photo.restored, "sharp": sharp}
        record = replace(base, edit="restore", scores=scores)
        if photo.notes:
            record = replace(record, warning=" ".join(photo.notes))
        if not faces and self._job.no_face == "skip":
            return Pending([record])
        large = enlarged(photo.photo, self._job.upscale, self._nets)
        file = writers.submit(self._write, photo, large, faces)
        image = self._path(item.name).relative_to(self._folder.path).as_posix()
        return Pending([replace(record, image=image)], [file])

    def recorded(self, records: Sequence[Record], writers: Writers) -> None:
        if time.monotonic() - self._written > STATISTICS_SECONDS:
            self.write_statistics()

    def write_statistics(self) -> None:
        """Write the statistics of the records so far."""
        settings = {**self._job.settings(), "device": self._nets.identity["device"]}
        seconds = self._earlier + time.monotonic() - self._began
        with writing():
            write_statistics(
                self._folder.path, self._inputs, self.manifest.by_portrait, settings, seconds, note(self._job.model)
            )
        self._written = time.monotonic()

    def _write(self, photo: PhotoFaces, large: Photo, faces: list[Image]) -> None:
        recipe = {"restored": self._job.settings(), "faces": photo.restored}
        drawn = self._nets.upscaler is not None
        result = finished(photo, large, faces, recipe if photo.restored or drawn else None, drawn)
        write_photo(self._path(photo.item.name), result, self._job.gps)
        if self._job.comparisons:
            write_image(self._comparison(photo.item.name), side_by_side(photo.photo.rgb, result.rgb))

    def _path(self, name: str) -> Path:
        return self._folder.path / RESTORED / f"{name}.png"

    def _comparison(self, name: str) -> Path:
        return self._folder.path / COMPARISONS / f"{name}_compare.jpg"


def side_by_side(before: Image, after: Image) -> Image:
    """A photo before and after, side by side at the same size, at most COMPARED pixels high."""
    import cv2

    height = min(len(after), COMPARED)
    size = (max(round(after.shape[1] * height / len(after)), 1), height)
    pair = [
        cv2.resize(one, size, interpolation=cv2.INTER_AREA if len(one) > height else cv2.INTER_LANCZOS4)
        for one in (before, after)
    ]
    return np.asarray(np.concatenate(pair, axis=1), np.uint8)
