"""Loop of an adversarial training: budget, checkpoints, log, sample grids, distances to the images."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from pipeline.core.images import write_image
from pipeline.core.progress import Progress
from pipeline.core.types import Image
from pipeline.training.gan import parallel
from pipeline.training.gan.distances import Distances, distances
from pipeline.training.gan.features import Features, features_of
from pipeline.training.gan.nets import AdversarialNets
from pipeline.training.gan.record import Record
from pipeline.training.gan.samples import MEASURED_SEED, pictures, sample_grid
from pipeline.training.gan.settings import PREDICTOR, GanSettings
from pipeline.training.gan.start import Start

CHECKPOINT_SECONDS = 120.0
LOG_EVERY = 8  # steps of a line of the log, which holds their means


@dataclass(frozen=True)
class Schedule:
    """When a training ends and what it shows meanwhile.

    Attributes:
        kimg: Thousands of images to train on, earlier starts included; None for no limit.
        minutes: Wall time of the steps, earlier starts included; None for no limit.
        sample_every: Thousands of images between two sample grids.
        measure_every: Thousands of images between two measurements; None for the first and the last step alone.
        measured: Pictures of a measurement; 0 for none.
        features: Name of the features on which distances are measured.
    """

    kimg: float | None = None
    minutes: float | None = None
    sample_every: float = 1.0
    measure_every: float | None = None
    measured: int = 2000
    features: str = PREDICTOR


class GanTraining:
    """A training in a folder, which continues there.

    Args:
        start: Nets before the first step.
        settings: Settings of the training.
        images: uint8 (N, R, R, 3).
        folder: Folder of checkpoint, log and samples.
        signature: What tells this training from others: settings, start and images.
        device: Device of the nets.
        progress: Receives the progress in images.

    Raises:
        BadInput: The checkpoint belongs to another training.
    """

    def __init__(
        self,
        start: Start,
        settings: GanSettings,
        images: Image,
        folder: Path,
        signature: str,
        device: torch.device,
        progress: Progress,
    ) -> None:
        self.settings, self.images, self.device, self.progress = settings, images, device, progress
        self.nets = AdversarialNets(start, settings, device)
        self.leads = parallel.rank() == 0
        self.record = Record(folder, f"{signature} {parallel.size()} processes", self.leads)
        self.step, self._seconds = 0, 0.0
        self._pending: list[dict[str, float]] = []
        self._real: dict[tuple[str, int], Features] = {}
        saved = self.record.load(device)
        if saved is not None:
            self.step, self._seconds, self._pending = saved["step"], saved["seconds"], saved["pending"]
            self.nets.restore(saved["nets"], self.step)
            progress.note(f"continues at {self.kimg:.2f} thousand images")
        self.record.cut_log(self.step)

    @property
    def kimg(self) -> float:
        """Thousands of images trained on."""
        return self.step * self.settings.batch_size / 1000

    def run(self, schedule: Schedule) -> Distances | None:
        """Train until the schedule ends; the last distances, None if nothing is measured.

        Raises:
            BadInput: The training diverges, or a file cannot be written.
            MissingWeights: The features of the measurements cannot be computed.
        """
        self.progress.start(None if schedule.kimg is None else schedule.kimg * 1000, self.kimg * 1000)
        self.progress.step("training")
        found = self._measured_before(schedule)
        if self.step == 0:
            found = self._show(schedule)
        clock = _Clock(self._seconds)
        kept = clock.seconds
        while not self._ended(schedule, clock.seconds):
            self._take_step()
            if self._passed(schedule.sample_every):
                with clock.stopped():
                    self._draw()
            if schedule.measure_every and self._passed(schedule.measure_every):
                with clock.stopped():
                    found = self._measure(schedule)
            self._seconds = clock.seconds
            if self._seconds - kept >= CHECKPOINT_SECONDS:
                self._keep()
                kept = self._seconds
        self._keep()
        if self._measured_before(schedule) is None:
            found = self._show(schedule)
        parallel.wait()
        return found

    def _take_step(self) -> None:
        self._pending.append(self.nets.take_step(self.step, self.images))
        self.step += 1
        self.progress.advance(self.settings.batch_size, self.settings.batch_size)
        if self.step % LOG_EVERY == 0:
            names = dict.fromkeys(name for line in self._pending for name in line)
            means = {name: np.mean([line[name] for line in self._pending if name in line]) for name in names}
            self.record.log(self.step, {"kimg": self.kimg, **{k: round(float(v), 6) for k, v in means.items()}})
            self._pending = []

    def _ended(self, schedule: Schedule, seconds: float) -> bool:
        """The same in all processes, whose clocks differ."""
        ended = schedule.kimg is not None and self.kimg >= schedule.kimg
        late = schedule.minutes is not None and seconds >= schedule.minutes * 60
        return ended or bool(parallel.mean(torch.tensor(float(late), device=self.device)) > 0)

    def _passed(self, every: float) -> bool:
        """Whether the last step reached a multiple of so many thousand images."""
        return int(self.kimg / every) > int((self.kimg - self.settings.batch_size / 1000) / every)

    def _keep(self) -> None:
        self.record.keep(
            {"step": self.step, "seconds": self._seconds, "pending": self._pending, "nets": self.nets.state()}
        )

    def _show(self, schedule: Schedule) -> Distances | None:
        self._draw()
        return self._measure(schedule)

    def _draw(self) -> None:
        if self.leads:
            write_image(self.record.samples(self.kimg), sample_grid(self.nets.mean_generator))

    def _measure(self, schedule: Schedule) -> Distances | None:
        """Distances of the averaged generator's pictures to the images, noted in the log; None in other processes."""
        if not schedule.measured or not self.leads:
            return None
        self.progress.step("measuring")
        net, size = self.nets.mean_generator, self.settings.resolution
        drawn = features_of(pictures(net, schedule.measured, size, MEASURED_SEED), self.device, schedule.features)
        found = distances(self._real_features(schedule), drawn, schedule.features)
        self.record.log(self.step, {"kimg": self.kimg, **asdict(found)})
        self.progress.note(
            f"{self.kimg:.2f} thousand images: FID {found.fid:.3f}, KID {found.kid:.3f} ({found.features})"
        )
        self.progress.step("training")
        return found

    def _measured_before(self, schedule: Schedule) -> Distances | None:
        """The distances of this step on the schedule's features, if the log has them."""
        for line in self.record.lines():
            if line["step"] == self.step and line.get("features") == schedule.features:
                return Distances(line["fid"], line["kid"], line["features"])
        return None

    def _real_features(self, schedule: Schedule) -> Features:
        key = schedule.features, min(schedule.measured, len(self.images))
        if key not in self._real:
            chosen = np.linspace(0, len(self.images) - 1, key[1]).round().astype(int)
            self._real[key] = features_of(np.asarray(self.images[chosen]), self.device, schedule.features)
        return self._real[key]


class _Clock:
    """Seconds of the steps alone, from those of earlier starts on."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic() - seconds

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @contextmanager
    def stopped(self) -> Iterator[None]:
        begin = time.monotonic()
        yield
        self._began += time.monotonic() - begin
