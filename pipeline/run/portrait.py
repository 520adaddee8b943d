"""One portrait of a run, from frames to files and records."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.batch.folder import RunFolder, digest
from pipeline.batch.io_queue import Writers
from pipeline.batch.manifest import Manifest, Record
from pipeline.batch.work import Pending, Work
from pipeline.core.errors import FATAL, BadInput
from pipeline.core.files import is_file, remove
from pipeline.core.images import write_image
from pipeline.core.progress import Progress
from pipeline.core.types import Edit, Frame, Image, Portrait
from pipeline.edit.render import TRANSLATION_STAGE, arithmetic, reseed
from pipeline.edit.requests import Item
from pipeline.models import Models
from pipeline.run.frame_sources import FrameSource, Read, Ready
from pipeline.run.scores import edit_scores
from pipeline.run.source_photos import SourcePhotos
from pipeline.run.supports import Arrays, stored, write_supports


@dataclass(frozen=True)
class PortraitRun(Work[Item, Read, Read]):
    """Renders one portrait's edits and queues their files.

    Attributes:
        decides: Settings of the steps and the first stage, JSON-serialisable.
        final: Folder of the results.
        kept: Folder by stage of `--keep`.
        batch: Edits per batch.
        seed: Seed of the random numbers in steps.
        precision: Arithmetic of the nets, as of `pipeline.edit.render.arithmetic`.
        photos: Photographs to paste edits back into, or None.
        force: Whether portraits are edited that the generator does not know.
    """

    folder: RunFolder
    models: Models
    source: FrameSource
    manifest: Manifest
    progress: Progress
    decides: tuple[Any, ...]
    final: str
    kept: Mapping[str, str]
    batch: int
    seed: int
    precision: str
    photos: SourcePhotos | None = None
    force: bool = False
    _faces: dict[Path, list[Item]] = field(default_factory=dict)
    """Portraits of each photograph."""
    _open: set[str] = field(default_factory=set)
    """Portraits that are not recorded yet."""
    _pasting: "list[tuple[str, Future[None]]]" = field(default_factory=list)

    def key(self, item: Item) -> str:
        requests = None if item.requests is None else [request.name for request in item.requests]
        return digest(self.source.digest(item), requests, *self.decides)

    def files(self, item: Item, records: Sequence[Record]) -> list[Path]:
        names = [record.edit for record in records if record.edit is not None]
        folders = (self.final, *self.kept.values())
        images = [self.folder.image(folder, item.name, name) for folder in folders for name in names]
        if self.photos is not None:
            images += self.folder.crop(item.name)
        return images + [self.folder.supports(folder, item.name) for folder in self._supported()]

    def begin(self, items: Sequence[Item], todo: set[str], writers: Writers) -> None:
        self._open.update(todo)
        for item in items:
            self._faces.setdefault(item.path, []).append(item)
        for photo in self._faces:
            self._put_back(photo, writers)

    def load(self, item: Item) -> Read:
        return self.source.load(item)

    def deliver(self, item: Item, computed: Read, base: Record, writers: Writers) -> Pending:
        with arithmetic(self.precision, self.models.device):
            return self._edited(item, computed, base, writers)

    def _edited(self, item: Item, computed: Read, base: Record, writers: Writers) -> Pending:
        self.progress.step(item.name)
        ready = self.source.ready(item, computed)
        reseed(self.seed, item.name)
        if ready.warning is not None and not self.force:
            raise BadInput(f"{ready.warning} It is edited all the same with --force.")
        if ready.warning is not None:
            self.progress.warn(f"{item.name}: {ready.warning}")
        base = replace(base, of=len(ready.edits), current=dict(ready.current), warning=ready.warning)
        pending = Pending([])
        if self.photos is not None:  # photographs of an earlier start are not results of this one
            for edit in ready.edits:
                remove(self.folder.photo(item.photo, edit.name))
        try:
            self._render(item, ready, base, pending, writers)
        except FATAL:
            raise
        except Exception as error:
            for file in pending.files:
                file.exception()
            self._discard(ready.portrait, ready.edits)
            return Pending([replace(base, error=self.folder.failure(item.name, error))], advanced=pending.advanced)
        finally:
            ready.portrait.maps.clear()
        pending.records = pending.records or [base]
        return pending

    def recorded(self, records: Sequence[Record], writers: Writers) -> None:
        self._open.discard(records[0].portrait)
        self._put_back(Path(records[0].source), writers)

    def not_put_back(self) -> dict[str, str]:
        """Error sentence by name of each photograph that could not be written."""
        return {
            name: self.folder.failure(name, error)
            for name, file in self._pasting
            if isinstance(error := file.exception(), Exception)
        }

    def _render(self, item: Item, ready: Ready, base: Record, pending: Pending, writers: Writers) -> None:
        supports: dict[str, Arrays] = {folder: {} for folder in self._supported()}
        for start in range(0, len(ready.edits), self.batch):
            batch = ready.edits[start : start + self.batch]
            began = time.monotonic()
            raw: dict[str, Image] = {}
            frames = self.source.frames(ready.portrait, batch, self._watch(pending, writers, supports, raw))
            seconds = round((time.monotonic() - began) / len(batch), 4)
            for frame in frames:
                record = self._record(item, base, frame, raw, ready.figures)
                pending.files.append(writers.submit(write_image, self.folder.path / str(record.image), frame.image))
                if self.photos is not None:
                    supports[self.final] |= stored(frame, later=False)
                pending.records.append(replace(record, seconds=seconds))
            share = len(batch) / len(ready.edits)
            pending.advanced += share
            self.progress.advance(share, len(batch))
        for folder, values in supports.items():
            path = self.folder.supports(folder, base.portrait)
            pending.files.append(writers.submit(write_supports, path, values))

    def _watch(self, pending: Pending, writers: Writers, supports: dict[str, Arrays], raw: dict[str, Image]) -> Any:
        """Watch of the blending: queues the images of `--keep` and collects the raw renderings for the scores."""

        def watch(stage: str, frames: list[Frame]) -> None:
            if stage == TRANSLATION_STAGE:
                rendered = [each for each in frames if not np.shares_memory(each.image, each.portrait.image)]
                raw.update({frame.edit.name: frame.image for frame in rendered})
            if stage not in self.kept:
                return
            folder = self.kept[stage]
            for frame in frames:
                path = self.folder.image(folder, frame.portrait.name, frame.edit.name)
                pending.files.append(writers.submit(write_image, path, frame.image))
                supports[folder] |= stored(frame, later=True)

        return watch

    def _record(
        self, item: Item, base: Record, frame: Frame, raw: Mapping[str, Image], figures: Mapping[str, float]
    ) -> Record:
        scores = dict(figures) | edit_scores(frame, raw.get(frame.edit.name))
        path = self.folder.image(self.final, base.portrait, frame.edit.name).relative_to(self.folder.path)
        strength = frame.edit.moves[0][1] if len(frame.edit.moves) == 1 else None
        record = replace(base, edit=frame.edit.name, strength=strength, image=path.as_posix(), scores=scores)
        record = replace(record, missed=frame.edit.missed or None)
        if self.photos is None:
            return record
        photo = self.folder.photo(item.photo, frame.edit.name).relative_to(self.folder.path)
        return replace(record, photo=photo.as_posix())

    def _discard(self, portrait: Portrait, edits: Sequence[Edit]) -> None:
        for folder in (self.final, *self.kept.values()):
            for edit in edits:
                remove(self.folder.image(folder, portrait.name, edit.name))

    def _supported(self) -> tuple[str, ...]:
        """Folders whose supports are stored, for later steps and paste-back."""
        return (*self.kept.values(), *((self.final,) if self.photos is not None else ()))

    def _put_back(self, photo: Path, writers: Writers) -> None:
        """Queue the missing edited photographs once all faces of the photo are recorded."""
        faces = self._faces[photo]
        if self.photos is None or self._open.intersection(item.name for item in faces):
            return
        name, by_edit = faces[0].photo, dict[str, list[Record]]()
        for item in faces:
            for record in self.manifest.by_portrait.get(item.name, ()):
                if record.edit is not None and not is_file(self.folder.photo(name, record.edit)):
                    by_edit.setdefault(record.edit, []).append(record)
        edited = self.photos.edited(name, photo)
        for edit, records in by_edit.items():
            self._pasting.append((name, writers.submit(edited.write, edit, records)))
