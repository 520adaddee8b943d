"""What the parts of a training share: renders, device, and each part's declared config, place and metadata."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.progress import SILENT, Progress
from pipeline.core.weights import ModelSet, expected_path, model_set
from pipeline.training.data import RenderPlan, RenderSet, open_renders

if TYPE_CHECKING:
    import torch

    from pipeline.models import Models

TRAIN_SEED = 1_000_000


@dataclass(frozen=True)
class TrainingContext:
    """One training of the `demo` set.

    Attributes:
        work_dir: Folder of renders and checkpoints, outside the tree.
        device: Where nets are trained.
        portraits: Renders to train on.
        held_out_portraits: Renders to measure on.
        workers: Rendering processes; 0 renders in this one.
        seed: Seed of weights and batches.
        tune: Whether to continue from the weights in the tree instead of from fresh ones.
        bar: Shows the search for directions, which takes minutes.
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
        """The set as it stands in the tree, for parts that build on others."""
        from pipeline.models import Models

        return Models("demo", str(self.device))

    @cached_property
    def renders(self) -> RenderSet:
        """Portraits to train on."""
        plan = RenderPlan(self.portraits, TRAIN_SEED, self.set.resolution)
        return open_renders(self.work_dir / f"renders-{plan.count}", plan, self.workers)

    @cached_property
    def edited_renders(self) -> RenderSet:
        """The first half of the portraits to train on, each with one attribute changed."""
        plan = RenderPlan(self.portraits // 2, TRAIN_SEED, self.set.resolution, variant="edit")
        return open_renders(self.work_dir / f"edits-{plan.count}", plan, self.workers)

    @cached_property
    def held_out(self) -> RenderSet:
        """Portraits from seeds that no part trains on."""
        from pipeline.world.parameters import HELD_OUT_SEED

        plan = RenderPlan(self.held_out_portraits, HELD_OUT_SEED, self.set.resolution)
        return open_renders(self.work_dir / f"held-out-{plan.count}", plan, self.workers)

    def config(self, part: str) -> dict[str, Any]:
        """Arguments of the part's net as declared in configs/models.yaml."""
        return dict(self.set.files[part].config)

    def target(self, part: str) -> Path:
        """Where the part's weights are written."""
        return expected_path(self.set.files[part])

    def checkpoint(self, part: str) -> Path:
        """Where the part's training is kept."""
        return self.work_dir / "checkpoints" / f"{part}.pt"

    def metadata(self, part: str, metrics: Mapping[str, float], minutes: float) -> dict[str, str]:
        """What a weights file says about itself."""
        import torch

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
    import hashlib
    from importlib.resources import files

    from pipeline.world.render import VERSION

    total = hashlib.sha256()
    for source in sorted(files("pipeline.world").iterdir(), key=lambda entry: entry.name):
        if source.name.endswith(".py") and source.name != "samples.py":  # which only writes what the renderer draws
            total.update(source.read_bytes())
    return f"{VERSION}-{total.hexdigest()[:12]}"


def commit() -> str:
    """Short hash of the git commit the code stands at, with "+" when files differ from it, or "unknown"."""
    root = Path(__file__).resolve().parents[2]
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
