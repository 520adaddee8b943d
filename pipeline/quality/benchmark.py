"""`face-edit bench edits`: methods on the same held-out portraits and latents, in a folder that can be continued."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline.batch.folder import RunFolder
from pipeline.core.attributes import known_attributes, parse
from pipeline.core.files import json_bytes, write_atomic
from pipeline.core.images import write_image
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image, Portrait
from pipeline.core.version import package_version
from pipeline.edit.latent_store import LatentStore
from pipeline.edit.select_edits import choose_edits
from pipeline.quality import metrics
from pipeline.quality.baselines.store import Baselines
from pipeline.quality.foreign import check, read_images
from pipeline.quality.judging import Judging, Row
from pipeline.quality.methods import Case, Methods
from pipeline.quality.portraits import Subject, population_limits, subjects
from pipeline.world.extra import renderer_version

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.models import Models

PORTRAITS, TARGETS, MEASURED = "portraits", "targets.csv", "measured"


@dataclass(frozen=True)
class Benchmark:
    """A benchmark in a folder, of which the caller holds the lock.

    portraits/NNN.png, projected_latents/NNN.npy, targets.csv: what every method is given.
    directions/METHOD.safetensors: translations of the baselines. measured/METHOD/NNN.json: rows of a portrait, written
    when it is finished; later starts skip it.

    Attributes:
        count: Number of portraits.
        others: Folders with results of other people's methods, by name: images/NNN/EDIT.png.
    """

    folder: RunFolder
    models: Models
    config: RunConfig
    count: int
    others: Mapping[str, Path]
    progress: Progress = SILENT

    @property
    def titles(self) -> dict[str, str]:
        """All methods with their titles."""
        return self._methods.titles | {name: name for name in self.others}

    def prepare(self) -> None:
        """Write what every method is given: portraits, their latents, the targets.

        Raises:
            BadInput: The renderer of people is missing.
            RunConflict: The folder was begun with other settings, weights or renderer.
        """
        nets = {"weights": self.models.fingerprint, "device": str(self.models.device)}
        identity = {"version": package_version(), "renderer": renderer_version(), **nets}
        self.folder.agree(self.config.model_dump(mode="json"), identity)
        self.progress.start(self.count)
        for subject in self._subjects:
            image = self.folder.path / PORTRAITS / f"{key(subject)}.png"
            if not image.is_file():
                write_image(image, subject.image)
            self._portrait(subject)
            self.progress.advance()
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(["portrait", "edit", "attribute", "target"])
        for name, edits in self._targets.items():
            for edit in edits:
                attribute = known_attributes()[parse(edit).code]
                table.writerow([name, edit, attribute.title, attribute.values[parse(edit).value].title])
        write_atomic(self.folder.path / TARGETS, text.getvalue().encode())

    def measure(self) -> Iterator[list[Row]]:
        """Rows of all methods by portrait, those of our own from the folder where they are there already.

        Yields:
            One row per method and edit: `portrait`, `method`, `edit`, the figures of `Judging`, `success_truth`,
            `improves` (1 where `gain` is positive) and `distance` (root of the mean squared difference from the truth).

        Raises:
            BadInput: An image of another method is missing or has another size.
        """
        for name, folder in self.others.items():
            check(name, folder, self._targets, self.folder.path / TARGETS)
        self.progress.start(self.count * len(self.titles))
        for subject in self._subjects:
            yield self._measured(subject)

    def _measured(self, subject: Subject) -> list[Row]:
        edits = self._targets[key(subject)]
        case = Case(self._portrait(subject), edits)
        judging: Judging | None = None
        rows: list[Row] = []
        for name in self.titles:
            path = self.folder.path / MEASURED / name / f"{key(subject)}.json"
            if name not in self.others and path.is_file():
                rows += json.loads(path.read_text("utf-8"))
            else:
                self.progress.step(f"{key(subject)} {name}")
                judging = judging or Judging(subject, edits, self.models, self._limits)
                foreign = self.others.get(name)
                if foreign is None:
                    found = judged(name, judging, self._methods.images(name, case))
                    write_atomic(path, json_bytes(found))
                else:  # which may change: nothing is stored
                    size = len(subject.image)
                    found = judged(name, judging, read_images(foreign, key(subject), edits, size))
                rows += found
            self.progress.advance()
        return rows

    def _portrait(self, subject: Subject) -> Portrait:
        found = self._store.find(key(subject), subject.image, self.progress)
        return Portrait(subject.name, subject.image, found.values, self.models.space, tuning=found.load_tuning())

    @cached_property
    def _subjects(self) -> list[Subject]:
        return list(subjects(self.count, self.models.generator.resolution))

    @cached_property
    def _targets(self) -> dict[str, list[str]]:
        """Edits of each portrait that the set has translations for and that can be seen."""
        found = {}
        for subject in self._subjects:
            edits, _ = choose_edits(Portrait(subject.name, subject.image, None, self.models.space), self.models)
            found[key(subject)] = [edit.name for edit in edits if subject.shows(edit.name)]
        return found

    @cached_property
    def _store(self) -> LatentStore:
        return LatentStore(self.folder.path, self.models, self.config.projection)

    @cached_property
    def _methods(self) -> Methods:
        baselines = Baselines(self.folder.path, self.models, progress=self.progress)
        return Methods(self.models, self.config, baselines)

    @cached_property
    def _limits(self) -> metrics.Limits:
        return population_limits()


def key(subject: Subject) -> str:
    """Name of a portrait's files."""
    return f"{subject.number:03d}"


def judged(method: str, judging: Judging, images: list[Image]) -> list[Row]:
    """Rows of a method's images of one portrait, see `Benchmark.measure`."""
    rows: list[Row] = []
    changes, seen = judging.changes(images), judging.seen(images)
    for i, edit in enumerate(judging.identifiers):
        row: Row = {"portrait": key(judging.subject), "method": method, "edit": edit, **changes[i], **seen[i]}
        row["success_truth"] = judging.seen_in_truths[i]["success"]
        gain = changes[i]["gain"]
        row["improves"] = gain if np.isnan(gain) else float(gain > 0)
        row["distance"] = metrics.mean_square(images[i], judging.truths[i]) ** 0.5
        rows.append(row)
    return rows
