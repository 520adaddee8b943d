"""Context of the parts of a training: renders, device, and the config, paths and metadata of each part."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch

from pipeline.core.progress import SILENT, Progress
from pipeline.core.weights import ModelSet, expected_path, model_set
from pipeline.models import Models
from pipeline.training.data import RenderPlan, RenderSet, Variant, open_renders
from pipeline.world.parameters import HELD_OUT_SEED
from pipeline.world.render import VERSION

TRAIN_SEED = 1_000_000


@dataclass(frozen=True)
class TrainingContext:
    """Training of the `demo` set.

    Attributes:
        work_dir: Folder of renders and checkpoints, outside the tree.
        device: Device of the nets.
        portraits: Number of renders for training.
        held_out_portraits: Number of renders for measuring.
        workers: Rendering processes; 0 renders in the calling process.
        seed: Seed of weights and batches.
        tune: Whether to start from the weights in the tree instead of fresh ones.
        bar: Progress of the search for directions, which takes minutes.
    """

    work_dir: Path
    device: torch.device
    portraits: int = 12_000
    held_out_portraits: int = 400
    workers: int = 2
    seed: int = 0
    tune: bool = False
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
        """Portraits for training."""
        return self._open("renders", self.portraits, TRAIN_SEED)

    @cached_property
    def edited_renders(self) -> RenderSet:
        """First half of the portraits for training, each with one attribute changed."""
        return self._open("edits", self.portraits // 2, TRAIN_SEED, "edit")

    @cached_property
    def held_out(self) -> RenderSet:
        """Portraits for measuring; no part is trained on their seeds."""
        return self._open("held-out", self.held_out_portraits, HELD_OUT_SEED)

    def _open(self, name: str, count: int, seed: int, variant: Variant = "") -> RenderSet:
        plan = RenderPlan(count, seed, self.set.resolution, variant)
        return open_renders(self.work_dir / f"{name}-{count}", plan, self.workers)

    def config(self, part: str) -> dict[str, Any]:
        """Arguments of the part's net as declared in configs/models.yaml."""
        return dict(self.set.files[part].config)

    def target(self, part: str) -> Path:
        """Path of the part's weights."""
        return expected_path(self.set.files[part])

    def checkpoint(self, part: str) -> Path:
        """Path of the part's checkpoint."""
        return self.work_dir / "checkpoints" / f"{part}.pt"

    def metadata(self, part: str, metrics: Mapping[str, float], minutes: float) -> dict[str, str]:
        """Metadata of the part's weights file: data, settings, versions and held-out figures."""
        return {
            "what": f"{part} of the demo set: it knows rendered portraits only",
            "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "data": f"{self.portraits} portraits of the portrait world {renderer_version()} from seed {TRAIN_SEED}",
            "minutes": f"{minutes:.1f} on {self.device.type}, seed {self.seed}",
            "torch": torch.__version__,
            "commit": commit(),
            "metrics": json.dumps({name: round(value, 4) for name, value in metrics.items()}),
            "config": json.dumps(self.config(part)),
            "space": self.set.space,
        }


def renderer_version() -> str:
    """Version of the portrait world and a short hash over the renderer's sources, such as "1-0f3c5a7be921"."""
    total = hashlib.sha256()
    for source in sorted(files("pipeline.world").iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py") and source.name != "samples.py":  # which only writes renders to files
            total.update(source.read_bytes())
    return f"{VERSION}-{total.hexdigest()[:12]}"


def commit() -> str:
    """Short hash of the checked-out git commit, with "+" if files differ from it, or "unknown"."""
    root = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
