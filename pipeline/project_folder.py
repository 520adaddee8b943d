"""Inversion of a folder of aligned crops: latents, reconstructions and a table of figures."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.batch.folder import RunFolder, digest
from pipeline.batch.inputs import Input, find_inputs, input_digest
from pipeline.batch.io_queue import Writers, writing
from pipeline.batch.manifest import Manifest, Record
from pipeline.batch.runner import Batch, Outcome
from pipeline.batch.work import Pending, Work
from pipeline.core.files import printable, write_atomic
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from pipeline.edit.invert import unknown_face
from pipeline.edit.latent_store import LatentStore, read_crop

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.models import Models

MANIFEST = "manifest_projection.jsonl"
TABLE = "errors.csv"
FIGURES = ("inversion_psnr", "tuned_psnr", "inversion_identity", "tuned_identity", "loss")
COLUMNS = {"inversion_psnr": "psnr"}
"""Columns of the table whose name differs from their figure."""


@dataclass(frozen=True)
class Crop(Input):
    """An aligned crop, and the SHA-256 of its file."""

    digest: str


def project_folder(
    input_dir: Path, output_dir: Path, models: "Models", config: "RunConfig", progress: Progress = SILENT
) -> Outcome:
    """Find the latent of each crop of a folder that has none yet, in the store shared by all commands.

    Raises:
        BadInput: No crops, or two of one name and suffix.
        RunConflict: Another process is writing to the folder, or an earlier version wrote it.
    """
    found = find_inputs([input_dir], RunFolder(output_dir).image_folders, progress)
    crops = [Crop(name, path, input_digest(path)) for name, path in found.items()]
    with RunFolder(output_dir) as folder:
        work = _Projection(folder, models, config, crops, progress)
        try:
            return Batch(work, folder, work.manifest, progress).run([[crop] for crop in crops])
        finally:
            work.write_table()


class _Projection(Work[Crop, Image, Image]):
    """One latent for each crop."""

    def __init__(
        self, folder: RunFolder, models: "Models", config: "RunConfig", crops: Sequence[Crop], progress: Progress
    ) -> None:
        self._folder, self._models, self._config, self._crops, self._progress = folder, models, config, crops, progress
        self._store = LatentStore(folder.path, models, config.projection)
        self.manifest = Manifest(folder.path / MANIFEST)

    def key(self, item: Crop) -> str:
        return digest(item.digest, self._config.projection.model_dump(mode="json"), self._models.fingerprint)

    def files(self, item: Crop, records: Sequence[Record]) -> list[Path]:
        return self._store.files(item.name)

    def load(self, item: Crop) -> Image:
        return read_crop(item.path)

    def deliver(self, item: Crop, computed: Image, base: Record, writers: Writers) -> Pending:
        figures = dict(self._store.find(item.name, computed, self._progress).figures)
        warning = unknown_face(figures, self._models)
        if warning is not None:
            self._progress.warn(f"{item.name}: {warning}")
        return Pending([replace(base, edit="projection", scores=figures, warning=warning)])

    def write_table(self) -> None:
        """Write the figures and failures of all recorded crops as CSV."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["name", *(COLUMNS.get(name, name) for name in FIGURES), "seconds", "error"])
        for record in (record for crop in self._crops for record in self.manifest.by_portrait.get(crop.name, ())):
            figures = [record.scores.get(name, "") for name in FIGURES]
            table.writerow([record.portrait, *figures, "" if record.error else record.seconds, record.error or ""])
        with writing():
            write_atomic(self._folder.path / TABLE, printable(text.getvalue()).encode())
