"""Rendered people for training: the files of `train people` in one folder, and their arrays in memory-mapped files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.batch.folder import RunFolder
from pipeline.core.crop import five_of_ibug
from pipeline.core.errors import RunConflict
from pipeline.core.files import move_atomic, require_space
from pipeline.core.images import resize
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Floats, Image
from pipeline.training.people import Plan, Shard, shards, write_people
from pipeline.world.extra import renderer, renderer_version
from pipeline.world.person import company
from pipeline.world.portrait import inverse_depth, person_of

OPTION = "--work-dir"
"""Option of `train demo` that names the folder of all people."""

BYTES = 6  # of the arrays for each pixel of a picture
DEPTH_SCALE = 65535.0


class RenderSet:
    """A folder of rendered people; row i is the same picture in each array, and the arrays are memory-mapped.

    Attributes:
        plan: What they are.
        rgb: uint8 (N, size, size, 3).
        labels: uint8 (N, size, size).
        depth: `inverse_depth` * DEPTH_SCALE, uint16 (N, size, size).
        seen: float32 (N, d), of each person as of `seen`; (N, 0) of the wild look.
        points: Five points of each face as of `five_of_ibug`, float32 (N, 5, 2) in pixels; whole numbers are corners.
        oval: Outline of each face, float32 (N, k, 2) in pixels.
        alone: Whether nobody else can be seen, (N,).
        attributes: True values by code, float32 (N,) each: class numbers, or cursors in -1..1.
        edits: Name of the edit that makes a picture out of the one before, "occasion", or "", (N,).
        renderer: Version of what rendered them, see `renderer_version`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rgb = np.load(folder / "rgb.npy", mmap_mode="r")
        self.labels = np.load(folder / "labels.npy", mmap_mode="r")
        self.depth = np.load(folder / "depth.npy", mmap_mode="r")
        with np.load(folder / "people.npz") as file:
            self.plan = Plan(**json.loads(str(file["plan"])))
            self.seen, self.edits, self.renderer = file["seen"], file["edits"], str(file["renderer"])
            self.points, self.oval, self.alone = file["points"], file["oval"], file["alone"]
            self.attributes: dict[str, npt.NDArray[np.floating]] = {
                str(code): file["values"][:, i] for i, code in enumerate(file["codes"])
            }

    def __len__(self) -> int:
        return int(self.rgb.shape[0])

    @cached_property
    def pairs(self) -> npt.NDArray[np.int64]:
        """Rows that are the person of the row before, (P,)."""
        return np.flatnonzero(self.edits != "")

    @property
    def sets(self) -> list[RenderSet]:
        """This one; see RenderSets."""
        return [self]

    def small(self, size: int) -> Image:
        """RGB (N, size, size, 3) shrunk by area, stored beside the others."""
        if size == self.rgb.shape[1]:
            return self.rgb
        parts = (resize(np.asarray(image), size)[None] for image in self.rgb)
        return stored(self.folder / f"rgb{size}.npy", (len(self), size, size, 3), parts)


class Chain:
    """Arrays of one shape but for their length, one after another; read by one row or by an array of rows."""

    def __init__(self, parts: list[Any]) -> None:
        self._parts, self._starts = parts, np.cumsum([0, *(len(part) for part in parts)])
        self.shape = (int(self._starts[-1]), *parts[0].shape[1:])

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: int | npt.NDArray[np.integer]) -> Any:
        part = np.searchsorted(self._starts, rows, side="right") - 1
        if isinstance(rows, int | np.integer):
            return self._parts[part][rows - self._starts[part]]
        out = np.empty((len(rows), *self.shape[1:]), self._parts[0].dtype)
        for i, array in enumerate(self._parts):
            out[part == i] = array[rows[part == i] - self._starts[i]]
        return out


class RenderSets:
    """Several sets of renders as one, with the arrays of RenderSet that trainings read."""

    def __init__(self, sets: Sequence[RenderSet]) -> None:
        self.sets = list(sets)
        self.rgb, self.labels, self.depth = (
            Chain([getattr(each, n) for each in sets]) for n in ("rgb", "labels", "depth")
        )
        self.points, self.oval, self.alone = (
            np.concatenate([getattr(each, n) for each in sets]) for n in ("points", "oval", "alone")
        )
        self.attributes = {
            code: np.concatenate([each.attributes[code] for each in sets]) for code in sets[0].attributes
        }

    def __len__(self) -> int:
        return len(self.rgb)

    def small(self, size: int) -> Chain:
        """RGB (N, size, size, 3) as of RenderSet.small."""
        return Chain([each.small(size) for each in self.sets])


Renders = RenderSet | RenderSets


def described(sets: Iterable[RenderSet]) -> str:
    """Numbers and kinds of people, such as "12000 studio people, 3000 wild people"."""
    what = {"": "", "edit": " with and without an edit", "occasion": " on two occasions"}
    return ", ".join(
        f"{len(each) - len(each.pairs)} {each.plan.look} people{what[each.plan.pairs]}"
        + (" of even attributes" if each.plan.even else "")
        for each in sets
    )


def stored(path: Path, shape: tuple[int, ...], parts: Iterable[Image]) -> Image:
    """A uint8 array in a file, memory-mapped; a missing file is written from `parts`, consecutive rows of the array.

    Raises:
        BadInput: There is too little room.
        RunConflict: Another process is writing to the folder.
    """
    if not path.exists():
        with RunFolder(path.parent, OPTION):
            require_space(path.parent, math.prod(shape), OPTION)
            temporary, start = path.with_name(f".{path.name}.tmp"), 0
            out = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
            for part in parts:
                out[start : start + len(part)] = part
                start += len(part)
            out.flush()
            move_atomic(temporary, path)
    return np.load(path, mmap_mode="r")


def open_renders(folder: Path, count: int, plan: Plan, workers: int, progress: Progress = SILENT) -> RenderSet:
    """The pictures of `count` people in a folder; missing ones are rendered first.

    Args:
        folder: New folder, or one of `train people` with the same plan.
        count: Number of people; twice as many pictures with `plan.pairs`.
        plan: What they are.
        workers: Rendering processes.
        progress: Receives the number of finished files.

    Raises:
        BadInput: See `write_people`; or the arrays have too little room.
        RunConflict: The folder is of another plan, version or renderer, or another process writes to it.
    """
    arrays = folder / f"arrays-{count}"
    if not (arrays / "people.npz").exists():
        write_people(folder, count, plan, workers, progress, OPTION)
        with RunFolder(folder, OPTION):
            _collect(shards(folder, count, plan), plan, arrays, progress)
    renders = RenderSet(arrays)
    if renders.plan != plan:
        raise RunConflict(f"{folder} has people of other settings: choose another {OPTION}.")
    if renders.renderer != renderer_version():
        raise RunConflict(f"The renderer has changed since the people of {folder}: remove them, or change it back.")
    return renders


def _collect(files: list[Shard], plan: Plan, arrays: Path, progress: Progress) -> None:
    """Copy files of people into arrays; people.npz is written last."""
    if plan.look == "studio":
        renderer()  # what is seen is computed with its packages
        from pipeline.world.seen import seen

    count, size = sum(shard.pictures for shard in files), plan.size
    require_space(arrays, count * size**2 * BYTES, OPTION)  # a full disk kills what writes to mapped memory
    kinds: dict[str, tuple[type, tuple[int, ...]]] = {
        "rgb": (np.uint8, (count, size, size, 3)),
        "labels": (np.uint8, (count, size, size)),
        "depth": (np.uint16, (count, size, size)),
    }
    out = {
        name: np.lib.format.open_memmap(arrays / f"{name}.npy", "w+", dtype, shape)
        for name, (dtype, shape) in kinds.items()
    }
    texts: dict[str, list[str]] = {"people": [], "edits": []}
    places: dict[str, list[Floats]] = {"landmarks": [], "oval": []}
    progress.start(len(files))
    progress.step(f"reading {arrays.parent.name}")
    for shard in files:
        with np.load(shard.path) as file:
            start, n = len(texts["people"]), shard.pictures  # the file of a larger folder may hold more
            rows = slice(start, start + n)
            out["rgb"][rows], out["labels"][rows] = file["rgb"][:n], file["labels"][:n]
            out["depth"][rows] = [np.rint(inverse_depth(depth) * DEPTH_SCALE) for depth in file["depth"][:n]]
            for name, lines in texts.items():
                lines.extend(map(str, file[name][:n]))
            for name, parts in places.items():
                parts.append(file[name][:n])
        progress.advance()
    for array in out.values():
        array.flush()
    persons, values = zip(*map(person_of, texts["people"]), strict=True)
    temporary = arrays / "people.part.npz"
    np.savez(
        temporary,
        plan=json.dumps(asdict(plan)),
        renderer=renderer_version(),
        seen=np.stack([seen(person) if plan.look == "studio" else np.empty(0, np.float32) for person in persons]),
        values=np.array([list(found.values()) for found in values], np.float32),
        codes=np.array(list(values[0])),
        edits=np.array(texts["edits"]),
        points=five_of_ibug(np.concatenate(places["landmarks"])),
        oval=np.concatenate(places["oval"]),
        alone=np.array([company(person) is None for person in persons]),
    )
    move_atomic(temporary, arrays / "people.npz")
