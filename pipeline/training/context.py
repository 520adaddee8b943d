"""Context of the parts of a training: renders, device, and the config, paths and metadata of each part."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from pipeline.core.progress import SILENT, Progress
from pipeline.core.weights import ModelFile, ModelSet, expected_path, model_set
from pipeline.models import Models
from pipeline.training.data import RenderSet, RenderSets, open_renders
from pipeline.training.people import Plan
from pipeline.world.extra import renderer_version
from pipeline.world.person import HELD_OUT_SEED

# First seeds of the people that nets are trained on; held-out ones start at HELD_OUT_SEED.
STUDIO_SEED, WILD_SEED, PAIRS_SEED, OCCASIONS_SEED, EVEN_SEED = 0, 1_000_000, 2_000_000, 3_000_000, 4_000_000


@dataclass(frozen=True)
class TrainingContext:
    """Training of the nets of the sets `demo` and `faces-demo`.

    Attributes:
        work_dir: Folder of renders and checkpoints, outside the tree.
        device: Device of the nets.
        portraits: Number of people of the studio look for training.
        wild_portraits: Number of people of the wild look for training.
        pairs: Number of people for training that are followed by an edit, and of those seen on another occasion.
        even: Number of people for training whose attributes are drawn evenly.
        held_out_portraits: Number of people for measuring, of each look and on another occasion.
        workers: Rendering processes.
        seed: Seed of weights and batches.
        tune: Whether to start from the weights in the tree instead of fresh ones.
        first: Number of the first person of each kind for training; a net is tuned best on people that are new to it.
        bar: Progress of rendering and of the search for directions.
    """

    work_dir: Path
    device: torch.device
    portraits: int
    wild_portraits: int
    pairs: int
    even: int
    held_out_portraits: int
    workers: int
    seed: int = 0
    tune: bool = False
    first: int = 0
    bar: AbstractContextManager[Progress] = field(default_factory=lambda: nullcontext(SILENT))

    @cached_property
    def set(self) -> ModelSet:
        return model_set("demo")

    @cached_property
    def models(self) -> Models:
        """The nets in the tree, for parts that build on others."""
        return Models("demo", str(self.device))

    @cached_property
    def renders(self) -> RenderSet:
        """People of the studio look for training."""
        plan = Plan("studio", self.set.resolution, STUDIO_SEED + self.first)
        return self._open("studio", self.portraits, plan)

    @cached_property
    def wild(self) -> RenderSet:
        """People of the wild look for training."""
        return self._open("wild", self.wild_portraits, Plan("wild", self.set.resolution, WILD_SEED + self.first))

    @cached_property
    def everybody(self) -> RenderSets:
        """All people for training, for nets that may meet a photograph; `renders` come first.

        Those with an edit are among them: their attributes go together less than those of the population.
        """
        return RenderSets([self.renders, self.edited_renders, self.wild])

    @cached_property
    def edited_renders(self) -> RenderSet:
        """People of the studio look, each followed by the same person with one attribute changed."""
        plan = Plan("studio", self.set.resolution, PAIRS_SEED + self.first, "edit")
        return self._open("pairs", self.pairs, plan)

    @cached_property
    def even_renders(self) -> RenderSet:
        """People of the studio look whose attributes are drawn evenly, for nets that read them."""
        plan = Plan("studio", self.set.resolution, EVEN_SEED + self.first, even=True)
        return self._open("even", self.even, plan)

    @cached_property
    def occasions(self) -> RenderSet:
        """People of the studio look, each followed by the same person on another occasion."""
        plan = Plan("studio", self.set.resolution // 2, OCCASIONS_SEED + self.first, "occasion")
        return self._open("occasions", self.pairs, plan)

    @cached_property
    def held_out_occasions(self) -> RenderSet:
        """The same for measuring."""
        plan = Plan("studio", self.set.resolution // 2, HELD_OUT_SEED, "occasion")
        return self._open("held-occasions", self.held_out_portraits, plan)

    @cached_property
    def held_out(self) -> RenderSet:
        """People of the studio look for measuring; no part is trained on their seeds."""
        return self._open("held", self.held_out_portraits, Plan("studio", self.set.resolution, HELD_OUT_SEED))

    @cached_property
    def held_out_wild(self) -> RenderSet:
        """People of the wild look for measuring."""
        return self._open("held-wild", self.held_out_portraits, Plan("wild", self.set.resolution, HELD_OUT_SEED))

    @property
    def held_out_looks(self) -> dict[str, RenderSet]:
        """People for measuring, by the prefix of the names of their figures."""
        return {"": self.held_out, "wild_": self.held_out_wild}

    def _open(self, name: str, count: int, plan: Plan) -> RenderSet:
        with self.bar as progress:
            return open_renders(self.work_dir / name, count, plan, self.workers, progress)

    def file(self, part: str) -> ModelFile:
        """The part's file as declared in configs/models.yaml."""
        return (self.set if part in self.set.files else model_set("faces-demo")).files[part]

    def config(self, part: str) -> dict[str, Any]:
        """Arguments of the part's net."""
        return dict(self.file(part).config)

    def target(self, part: str) -> Path:
        """Path of the part's weights."""
        return expected_path(self.file(part))

    def checkpoint(self, part: str) -> Path:
        """Path of the part's checkpoint."""
        return self.work_dir / "checkpoints" / f"{part}.pt"

    def metadata(self, part: str, data: str, metrics: Mapping[str, float], minutes: float) -> dict[str, str]:
        """Metadata of the part's weights file: people that it was trained on, settings, versions, held-out figures."""
        return {
            "what": f"{part} of the embedded models: it knows rendered people only",
            "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "data": f"{data}; renderer {renderer_version()}",
            "minutes": f"{minutes:.1f} on {self.device.type}, seed {self.seed}",
            "torch": torch.__version__,
            "commit": commit(),
            "metrics": json.dumps({name: round(value, 4) for name, value in metrics.items()}),
            "config": json.dumps(self.config(part)),
            "space": self.set.space,
        }


def commit() -> str:
    """Short hash of the checked-out git commit, with "+" if files differ from it, or "unknown"."""
    root = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
