"""The renders every part trains on: made once into memory-mapped arrays by worker processes, resumable after a kill."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import BadInput

CHUNK = 50
DEPTH_SCALE = 65535.0
Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class RenderPlan:
    """Content of a folder of renders; chunk k of CHUNK portraits has seed `seed` + k.

    Attributes:
        count: Portraits.
        seed: Of the first chunk.
        size: Side in pixels.
        variant: "view" for the same persons in other circumstances, "edit" with one attribute changed, see
            `pipeline.training.variations`.
    """

    count: int
    seed: int
    size: int = 256
    variant: Literal["", "view", "edit"] = ""

    @property
    def chunks(self) -> int:
        return -(-self.count // CHUNK)

    def rows(self, chunk: int) -> slice:
        return slice(chunk * CHUNK, min((chunk + 1) * CHUNK, self.count))

    def latents(self, chunk: int) -> npt.NDArray[np.float32]:
        """Latents z (n, Z_DIM) of one chunk."""
        from pipeline.world.parameters import sample_z

        rows = self.rows(chunk)
        z = sample_z(CHUNK, self.seed + chunk)[: rows.stop - rows.start]
        if self.variant:
            from pipeline.training.variations import edited, other_view

            z = {"view": other_view, "edit": edited}[self.variant](z, self.seed + chunk)
        return z.numpy()


class RenderSet:
    """A finished folder of renders; arrays are memory-mapped, index i is the same portrait in each.

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

    def small(self, size: int) -> npt.NDArray[np.uint8]:
        """RGB shrunk by area to size x size, made once and kept beside the renders."""
        from pipeline.core.images import resize

        if size == self.rgb.shape[1]:
            return self.rgb
        path = self.folder / f"rgb{size}.npy"
        if not path.exists():
            temporary = path.with_suffix(".part")
            out = np.lib.format.open_memmap(temporary, "w+", np.uint8, (len(self), size, size, 3))
            for i, image in enumerate(self.rgb):
                out[i] = resize(np.asarray(image), size)
            out.flush()
            temporary.replace(path)
        return np.load(path, mmap_mode="r")

    @cached_property
    def attributes(self) -> dict[str, Array]:
        """Ground truth per attribute code, each (N,): class index or cursor value."""
        import torch

        from pipeline.world import attributes
        from pipeline.world.parameters import Parameters

        return attributes.values(Parameters.from_z(torch.from_numpy(self.z)))


def open_renders(folder: Path, plan: RenderPlan, workers: int = 2) -> RenderSet:
    """The renders of `plan`, from `folder` where they are finished, else made (or continued) there.

    workers: processes that render; 0 renders in this one. Raises BadInput when the folder holds another plan, or when
    the renderer no longer draws what the folder holds.
    """
    from rich.progress import track

    for _ in track(build(folder, plan, workers), description="rendering", total=plan.chunks, transient=True):
        pass
    return RenderSet(folder)


def build(folder: Path, plan: RenderPlan, workers: int = 2) -> Iterator[int]:
    """Render the chunks that `folder` still lacks; yields each chunk's number when it is on disk."""
    _prepare(folder, plan)
    done = np.load(folder / "done.npy", mmap_mode="r+")
    finished = [int(k) for k in np.flatnonzero(done)]
    if finished:
        _check(folder, plan, finished[0])
    yield from finished
    missing = [int(k) for k in np.flatnonzero(done == 0)]
    if not workers or not missing:
        for k in missing:
            _render_chunk(folder, plan, k)
            yield k
        return
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _single_thread) as pool:
        for job in as_completed([pool.submit(_render_chunk, folder, plan, k) for k in missing]):
            yield job.result()


def _prepare(folder: Path, plan: RenderPlan) -> None:
    record = asdict(plan)
    described = folder / "plan.json"
    if described.exists():
        if json.loads(described.read_text()) != record:
            raise BadInput(f"{folder} holds other renders ({described.read_text()}): remove it or name another folder.")
        return
    from pipeline.world.parameters import Z_DIM

    folder.mkdir(parents=True, exist_ok=True)
    n, size = plan.count, plan.size
    shapes: list[tuple[str, type, tuple[int, ...]]] = [
        ("rgb", np.uint8, (n, size, size, 3)),
        ("labels", np.uint8, (n, size, size)),
        ("depth", np.uint16, (n, size, size)),
        ("z", np.float32, (n, Z_DIM)),
        ("done", np.uint8, (plan.chunks,)),
    ]
    for name, dtype, shape in shapes:
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", dtype, shape).flush()
    described.write_text(json.dumps(record))


def _single_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _render_chunk(folder: Path, plan: RenderPlan, chunk: int) -> int:
    import torch

    from pipeline.world.parameters import Parameters
    from pipeline.world.render import render

    z, rows = plan.latents(chunk), plan.rows(chunk)
    arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r+") for name in ("rgb", "labels", "depth", "z", "done")}
    arrays["z"][rows] = z
    parameters = Parameters.from_z(torch.from_numpy(z))
    for start in range(0, len(z), 10):  # ten at a time keep a worker's memory small and its data in the cache
        part = slice(start, min(start + 10, len(z)))
        to = slice(rows.start + part.start, rows.start + part.stop)
        drawn = render(parameters[part], plan.size)
        arrays["rgb"][to] = drawn.rgb
        arrays["labels"][to] = drawn.labels
        arrays["depth"][to] = np.rint(np.clip(drawn.depth, 0, 1) * DEPTH_SCALE)
    for name in ("rgb", "labels", "depth", "z"):
        arrays[name].flush()
    arrays["done"][chunk] = 1
    arrays["done"].flush()
    return chunk


def _check(folder: Path, plan: RenderPlan, chunk: int) -> None:
    """Raise BadInput when the first portraits of a finished chunk no longer come out of the renderer."""
    import torch

    from pipeline.world.parameters import Parameters
    from pipeline.world.render import render

    first = plan.rows(chunk).start
    count = min(2, plan.count - first)
    drawn = render(Parameters.from_z(torch.from_numpy(plan.latents(chunk)[:count])), plan.size).rgb
    stored = np.load(folder / "rgb.npy", mmap_mode="r")[first : first + count]
    if np.abs(drawn.astype(np.int16) - stored).mean() > 0.5:
        raise BadInput(f"The renderer has changed since {folder} was made: remove that folder to render anew.")
