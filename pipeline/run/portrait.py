"""One portrait of a run, from frames to files and records."""

import io
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.batch.io_queue import WHOLE_RUN, Writers, sentence
from pipeline.batch.manifest import Record
from pipeline.core.files import write_atomic
from pipeline.core.images import write_image
from pipeline.core.progress import Observer
from pipeline.core.types import Edit, Frame, Image, Portrait
from pipeline.edit.invert import unknown_face
from pipeline.edit.render import TRANSLATION_STAGE, reseed
from pipeline.run.frame_sources import FrameSource, Ready
from pipeline.run.scores import edit_scores
from pipeline.run.source_photos import SourcePhotos

if TYPE_CHECKING:
    from pipeline.models import Models


Supports = dict[str, Any]
"""By edit, the support (H, W) of its image: float32 of an image that later steps start from, else whether above 0."""


@dataclass
class PendingWrites:
    """What came of a portrait: files being written, and the records to note once they are."""

    records: list[Record]
    files: list["Future[Any]"] = field(default_factory=list)

    def wait(self) -> None:
        """Return when every file is written; raises what went wrong with one."""
        for file in self.files:
            file.result()


@dataclass(frozen=True)
class PortraitRun:
    """Where portraits are worked on.

    first: stage that frames start from · final: folder of the results · kept: folder by stage of `--keep` ·
    batch: edits rendered at once · seed: of whatever a step draws · album: photographs to put edits back into, if any
    """

    folder: RunFolder
    models: "Models"
    first: str
    final: str
    kept: Mapping[str, str]
    batch: int
    seed: int
    album: SourcePhotos | None = None

    def files(self, portrait: str, records: Sequence[Record]) -> list[Path]:
        """Every file that a complete portrait has besides its records."""
        names = [record.edit for record in records if record.edit is not None]
        folders = (self.final, *self.kept.values())
        images = [self.folder.image(folder, portrait, name) for folder in folders for name in names]
        if self.album is not None:
            images += self.album.crop(portrait)
        return images + [self.folder.supports(folder, portrait) for folder in self._supported()]

    def work(self, ready: Ready, key: str, source: FrameSource, writers: Writers, observer: Observer) -> PendingWrites:
        """Render one portrait's edits and queue their files; its failure becomes its record, the run's is raised."""
        item, portrait = ready.item, ready.portrait
        base = Record(item.name, str(item.path), key, len(ready.edits), current=dict(ready.current))
        if portrait is None:
            observer.edits(0, 1.0)
            return PendingWrites([replace(base, error=ready.error)])
        observer.phase(item.name)
        reseed(self.seed, item.name)
        if "inversion_psnr" in ready.figures:
            base = replace(base, warning=unknown_face(ready.figures["inversion_psnr"], self.models))
            if base.warning is not None:
                observer.warn(f"{item.name}: {base.warning}")
        work = PendingWrites([])
        supports: dict[str, Supports] = {folder: {} for folder in self._supported()}
        if self.album is not None:  # photos with the edits of an earlier start must not pass for those of this one
            for edit in ready.edits:
                self.album.path(item.path, edit.name).unlink(missing_ok=True)
        try:
            for start in range(0, len(ready.edits), self.batch):
                batch = ready.edits[start : start + self.batch]
                began = time.monotonic()
                raw: dict[str, Image] = {}
                frames = source.frames(portrait, batch, self._watch(work, writers, supports, raw))
                seconds = round((time.monotonic() - began) / len(batch), 4)
                for frame in frames:
                    record = self._record(base, frame, raw, ready.figures)
                    path = self.folder.path / str(record.image)
                    work.files.append(writers.submit(write_image, path, frame.image))
                    if self.album is not None:
                        supports[self.final][frame.edit.name] = frame.support > 0
                    work.records.append(replace(record, seconds=seconds))
                observer.edits(len(batch), len(batch) / len(ready.edits))
        except WHOLE_RUN:
            raise
        except Exception as error:
            observer.edits(0, 1.0 - len(work.records) / len(ready.edits))
            work.wait()
            self._discard(portrait, ready.edits)
            return PendingWrites([replace(base, error=sentence(error))])
        finally:
            portrait.maps.clear()
        for folder, values in supports.items():
            work.files.append(writers.submit(_write_supports, self.folder.supports(folder, item.name), values))
        work.records = work.records or [base]
        return work

    def _watch(
        self, work: PendingWrites, writers: Writers, supports: dict[str, Supports], raw: dict[str, Image]
    ) -> Any:
        """Keeps what `--keep` asks for, and the renderings that the scores compare with."""

        def watch(stage: str, frames: list[Frame]) -> None:
            if stage == TRANSLATION_STAGE:
                raw.update({frame.edit.name: frame.image for frame in frames})
            if stage not in self.kept:
                return
            folder = self.kept[stage]
            for frame in frames:
                path = self.folder.image(folder, frame.portrait.name, frame.edit.name)
                work.files.append(writers.submit(write_image, path, frame.image))
                supports[folder][frame.edit.name] = frame.support

        return watch

    def _record(self, base: Record, frame: Frame, raw: Mapping[str, Image], figures: Mapping[str, float]) -> Record:
        scores = dict(figures) | edit_scores(frame, raw.get(frame.edit.name))
        path = self.folder.image(self.final, base.portrait, frame.edit.name).relative_to(self.folder.path)
        strength = frame.edit.moves[0][1] if len(frame.edit.moves) == 1 else None
        record = replace(base, edit=frame.edit.name, strength=strength, image=path.as_posix(), scores=scores)
        if self.album is None:
            return record
        photo = self.album.path(Path(base.source), frame.edit.name).relative_to(self.folder.path)
        return replace(record, photo=photo.as_posix())

    def _discard(self, portrait: Portrait, edits: Sequence[Edit]) -> None:
        """A portrait that failed half-way leaves no images that could pass for a result."""
        for folder in (self.final, *self.kept.values()):
            for edit in edits:
                self.folder.image(folder, portrait.name, edit.name).unlink(missing_ok=True)

    def _supported(self) -> tuple[str, ...]:
        """Folders whose images have their supports stored: pasting back asks where the final ones may differ."""
        return (*self.kept.values(), *((self.final,) if self.album is not None else ()))


def _write_supports(path: Path, values: Supports) -> None:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **values)
    write_atomic(path, buffer.getvalue())
