"""Renders for training: memory-mapped arrays written by worker processes, resumable after a kill."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from rich.progress import track

from pipeline.core.errors import BadInput
from pipeline.core.images import resize
from pipeline.core.types import Floats, Image
from pipeline.training.variations import edited, other_view
from pipeline.world import attributes
from pipeline.world.parameters import Z_DIM, Parameters, sample_z
from pipeline.world.render import render

CHUNK = 50
DEPTH_SCALE = 65535.0
Variant = Literal["", "view", "edit"]


@dataclass(frozen=True)
class RenderPlan:
    """Content of a folder of renders; chunk k of CHUNK portraits has seed `seed` + k.

    Attributes:
        count: Number of portraits.
        seed: Seed of the first chunk.
        size: Side in pixels.
        variant: "view" for `pipeline.training.variations.other_view` of the portraits, "edit" for `edited`.
    """

    count: int
    seed: int
    size: int = 256
    variant: Variant = ""

    @property
    def chunks(self) -> int:
        return -(-self.count // CHUNK)

    def rows(self, chunk: int) -> slice:
        return slice(chunk * CHUNK, min((chunk + 1) * CHUNK, self.count))

    def latents(self, chunk: int) -> Floats:
        """Latents z (n, Z_DIM) of a chunk."""
        rows = self.rows(chunk)
        z = sample_z(CHUNK, self.seed + chunk)[: rows.stop - rows.start]
        if self.variant:
            z = {"view": other_view, "edit": edited}[self.variant](z, self.seed + chunk)
        return z.numpy()


class RenderSet:
    """A finished folder of renders; arrays are memory-mapped, row i is the same portrait in each.

    Attributes:
        rgb: uint8 (N, size, size, 3).
        labels: uint8 (N, size, size).
        depth: Inverse depth * 65535, uint16 (N, size, size).
        z: Latents, float32 (N, Z_DIM).
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plan = RenderPlan(**json.loads((folder / "plan.json").read_text()))
        self.rgb = np.load(folder / "rgb.npy", mmap_mode="r")
        self.labels = np.load(folder / "labels.npy", mmap_mode="r")
        self.depth = np.load(folder / "depth.npy", mmap_mode="r")
        self.z = np.load(folder / "z.npy")

    def __len__(self) -> int:
        return int(self.rgb.shape[0])

    def small(self, size: int) -> Image:
        """RGB (N, size, size, 3) shrunk by area, stored beside the renders."""
        if size == self.rgb.shape[1]:
            return self.rgb
        parts = (resize(np.asarray(image), size)[None] for image in self.rgb)
        return stored(self.folder / f"rgb{size}.npy", (len(self), size, size, 3), parts)

    @cached_property
    def attributes(self) -> dict[str, npt.NDArray[np.generic]]:
        """Ground truth per attribute code, each (N,): class index or cursor value."""
        return attributes.values(Parameters.from_z(torch.from_numpy(self.z)))


def stored(path: Path, shape: tuple[int, ...], parts: Iterable[Image]) -> Image:
    """A uint8 array in a file, memory-mapped; a missing file is written from `parts`, consecutive rows of the array."""
    if not path.exists():
        temporary, start = path.with_suffix(".part"), 0
        out = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
        for part in parts:
            out[start : start + len(part)] = part
            start += len(part)
        out.flush()
        temporary.replace(path)
    return np.load(path, mmap_mode="r")


def open_renders(folder: Path, plan: RenderPlan, workers: int = 2) -> RenderSet:
    """The renders of `plan` in `folder`, where missing chunks are rendered first.

    Args:
        folder: New folder, or one with finished or unfinished renders of the plan.
        workers: Rendering processes; 0 renders in the calling process.

    Raises:
        BadInput: The folder holds another plan, or the renderer has changed since.
    """
    for _ in track(build(folder, plan, workers), description="rendering", total=plan.chunks, transient=True):
        pass
    return RenderSet(folder)


def build(folder: Path, plan: RenderPlan, workers: int = 2) -> Iterator[int]:
    """Render the missing chunks of `folder`; yields the number of each finished chunk.

    Raises:
        BadInput: See `open_renders`.
    """
    _prepare(folder, plan)
    done = np.load(folder / "done.npy", mmap_mode="r+")
    finished = [int(k) for k in np.flatnonzero(done)]
    if finished:
        _check(folder, plan, finished[0])
    yield from finished
    missing = [int(k) for k in np.flatnonzero(done == 0)]
    if not workers or not missing:
        yield from (_render_chunk(folder, plan, k) for k in missing)
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)) as pool:
        for job in as_completed([pool.submit(_render_chunk, folder, plan, k) for k in missing]):
            yield job.result()


def _prepare(folder: Path, plan: RenderPlan) -> None:
    record = asdict(plan)
    described = folder / "plan.json"
    if described.exists():
        if json.loads(described.read_text()) != record:
            raise BadInput(f"{folder} holds other renders ({described.read_text()}): remove it or name another folder.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    n, size = plan.count, plan.size
    arrays: dict[str, tuple[type, tuple[int, ...]]] = {
        "rgb": (np.uint8, (n, size, size, 3)),
        "labels": (np.uint8, (n, size, size)),
        "depth": (np.uint16, (n, size, size)),
        "z": (np.float32, (n, Z_DIM)),
        "done": (np.uint8, (plan.chunks,)),
    }
    for name, (dtype, shape) in arrays.items():
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape).flush()
    described.write_text(json.dumps(record))


def _render_chunk(folder: Path, plan: RenderPlan, chunk: int) -> int:
    z, rows = plan.latents(chunk), plan.rows(chunk)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r+") for name in ("rgb", "labels", "depth", "z", "done")}
    arrays["z"][rows] = z
    parameters = Parameters.from_z(torch.from_numpy(z))
    for start in range(0, len(z), 10):  # ten at a time keep a worker's memory small and its data in the cache
        drawn = render(parameters[start : start + 10], plan.size)
        to = slice(rows.start + start, rows.start + start + len(drawn.rgb))
        arrays["rgb"][to] = drawn.rgb
        arrays["labels"][to] = drawn.labels
        arrays["depth"][to] = np.rint(np.clip(drawn.depth, 0, 1) * DEPTH_SCALE)
    for name in ("rgb", "labels", "depth", "z"):
        arrays[name].flush()
    arrays["done"][chunk] = 1
    arrays["done"].flush()
    return chunk


def _check(folder: Path, plan: RenderPlan, chunk: int) -> None:
    """Compare the first portraits of a finished chunk with the present renderer; BadInput if they differ."""
    first = plan.rows(chunk).start
    count = min(2, plan.count - first)
    drawn = render(Parameters.from_z(torch.from_numpy(plan.latents(chunk)[:count])), plan.size).rgb
    expected = np.load(folder / "rgb.npy", mmap_mode="r")[first : first + count]
    if np.abs(drawn.astype(np.int16) - expected).mean() > 0.5:
        raise BadInput(f"The renderer has changed since {folder} was written: remove that folder to render again.")
