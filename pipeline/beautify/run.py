"""Runner of `beautify`: a folder of photographs, resumable."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.batch.folder import RunFolder
from pipeline.batch.inputs import Input, find_inputs, input_digest
from pipeline.batch.io_queue import Writers
from pipeline.batch.manifest import MANIFEST, Manifest, Record
from pipeline.batch.ray_engine import Cluster
from pipeline.batch.runner import Batch, Outcome
from pipeline.batch.work import Pending, Work
from pipeline.beautify.faces import Retoucher
from pipeline.beautify.job import RetouchJob
from pipeline.core.devices import choose_device
from pipeline.core.progress import SILENT, Progress
from pipeline.photo.photo import Photo, read_photo, write_photo


def beautify_all(
    photos: Iterable[Path],
    output_dir: Path,
    retoucher: Retoucher,
    identity: dict[str, Any] | None = None,
    gps: bool = False,
    tell: Callable[[Record], None] = lambda _: None,
    progress: Progress = SILENT,
    spread: tuple[Cluster, RetouchJob] | None = None,
) -> Outcome:
    """Write DIR/NAME.png of every incomplete photo; failures are recorded and the others continue.

    Args:
        photos: Files, and folders of photos.
        identity: What results depend on besides the settings of `retoucher`, such as the parser's hash.
        gps: Whether results keep the GPS position of the photo.
        tell: Receives the record of each photo.
        spread: Where the photos are processed, and how the workers there open `retoucher`; None: in this process.

    Raises:
        BadInput: No photos, two of one name and suffix, or results that would replace a photo.
        RunConflict: Another process works in the folder, or it was started with other settings.
    """
    items = [Input(name, path) for name, path in find_inputs(photos, [output_dir], progress).items()]
    with RunFolder(output_dir) as folder:
        _agree(folder, retoucher, identity or {}, gps)
        work = _Retouching(folder, retoucher, gps, tell)
        engine = None
        if spread:
            cluster, job = spread
            engine = cluster.engine(partial(_reopened, job, gps), choose_device(job.device).type)
        progress.step("retouching")
        return Batch(work, folder, Manifest(folder.path / MANIFEST), progress, engine).run([[item] for item in items])


def _agree(folder: RunFolder, retoucher: Retoucher, identity: dict[str, Any], gps: bool) -> None:
    options = {"aligned": retoucher.detector is None, "face": retoucher.only, "gps": gps}
    folder.agree(options | retoucher.settings.model_dump(), identity)


def _reopened(job: RetouchJob, gps: bool, folder: RunFolder, progress: Progress) -> "_Retouching":
    """The work on a worker, whose weights must be those of the run."""
    retoucher = job.open()
    _agree(folder, retoucher, job.identity(), gps)
    return _Retouching(folder, retoucher, gps, lambda _: None)


class _Retouching(Work[Input, Photo, Photo]):
    """Retouches the faces of each photo."""

    def __init__(self, folder: RunFolder, retoucher: Retoucher, gps: bool, tell: Callable[[Record], None]) -> None:
        self._folder, self._retoucher, self._gps, self._tell = folder, retoucher, gps, tell

    def key(self, item: Input) -> str:
        return input_digest(item.path)

    def files(self, item: Input, records: Sequence[Record]) -> list[Path]:
        return [self._path(item)]

    def load(self, item: Input) -> Photo:
        return read_photo(item.path)

    def deliver(self, item: Input, computed: Photo, base: Record, writers: Writers) -> Pending:
        result, notes = self._retoucher.photo(computed)
        recipe = result.recipe or {}
        warning = "; ".join([*notes, *recipe.get("left_out", [])]) or None
        path = self._path(item)
        record = replace(
            base, edit="beautify", image=path.name, warning=warning, scores={"faces": recipe.get("faces", 0)}
        )
        return Pending([record], [writers.submit(write_photo, path, result, self._gps)])

    def recorded(self, records: Sequence[Record], writers: Writers) -> None:
        self._tell(records[0])

    def _path(self, item: Input) -> Path:
        return self._folder.path / f"{item.name}.png"
