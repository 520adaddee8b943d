"""Pictures and labels shrunk once and kept on disk: decoding large photographs anew costs an epoch most of its time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.core.errors import BadInput
from pipeline.core.files import move_atomic
from pipeline.core.images import read_image, resize
from pipeline.core.progress import SILENT, Progress
from postprocess.labels import LAPA

Array = npt.NDArray[np.uint8]
Pair = tuple[Path, Path]


@dataclass(frozen=True)
class Split:
    """Pictures of one size with their labels, mapped from disk.

    Attributes:
        rgb: uint8 (N, size, size, 3).
        labels: uint8 (N, size, size).
    """

    rgb: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)


def find_pairs(folder: Path) -> list[Pair]:
    """Pictures and labels of one split, `images/*.jpg` with `labels/*.png` of the same names, sorted.

    Raises BadInput where there are none, or where a picture has no labels.
    """
    pairs = [(image, folder / "labels" / f"{image.stem}.png") for image in sorted((folder / "images").glob("*.jpg"))]
    if not pairs:
        raise BadInput(f"There are no pictures {folder}/images/*.jpg: name a folder in the layout of LaPa.")
    if lacking := [labels for _, labels in pairs if not labels.is_file()]:
        raise BadInput(f"{len(lacking)} pictures have no labels, the first one misses {lacking[0]}.")
    return pairs


def shrink_labels(labels: Array, size: int) -> Array:
    """Label map (H, W) -> (size, size) by nearest neighbour: any mean of two labels would be a third class."""
    import cv2

    return np.asarray(cv2.resize(labels, (size, size), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def read_labels(path: Path) -> Array:
    """Label map (H, W) of a grey or palette PNG; BadInput when it is no such picture or has classes beyond LaPa's."""
    from pipeline.core.images import open_image

    with open_image(path) as file:
        if file.mode not in ("L", "P"):
            raise BadInput(f"{path} is no label map: it needs one channel of 8 bits, not {file.mode}.")
        labels = np.array(file, np.uint8)
    if labels.max() >= len(LAPA):
        raise BadInput(f"{path} has a label {labels.max()}: LaPa's are 0 to {len(LAPA) - 1}.")
    return labels


def open_split(folder: Path, size: int, cache: Path, progress: Progress = SILENT) -> Split:
    """A split of a LaPa-like folder at one size, from the cache, or shrunk into it first.

    A changed picture or label map is noticed by its size and time.

    Raises:
        BadInput: What `find_pairs`, `read_labels` and `read_image` refuse.
    """
    pairs = find_pairs(folder)
    place = cache / f"{folder.name}-{size}-{_digest(pairs)}"
    rgb, labels = place / "rgb.npy", place / "labels.npy"
    if not labels.exists():
        place.mkdir(parents=True, exist_ok=True)
        _shrink(folder.name, pairs, size, rgb, labels, progress)
    return Split(np.load(rgb, mmap_mode="r"), np.load(labels, mmap_mode="r"))


def _digest(pairs: list[Pair]) -> str:
    total = hashlib.sha256()
    for path in (path for pair in pairs for path in pair):
        status = path.stat()
        total.update(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}\n".encode())
    return total.hexdigest()[:16]


def _shrink(name: str, pairs: list[Pair], size: int, rgb: Path, labels: Path, progress: Progress) -> None:
    shapes = {rgb: (len(pairs), size, size, 3), labels: (len(pairs), size, size)}
    temporary = {path: path.with_suffix(".part") for path in shapes}
    arrays = {path: np.lib.format.open_memmap(temporary[path], "w+", np.uint8, shape) for path, shape in shapes.items()}
    for i, (image, classes) in enumerate(pairs):
        pixels, found = read_image(image), read_labels(classes)
        if pixels.shape[:2] != found.shape:
            raise BadInput(f"{image} and its labels differ in size: {pixels.shape[:2]} and {found.shape}.")
        arrays[rgb][i], arrays[labels][i] = resize(pixels, size), shrink_labels(found, size)
        progress.step(f"shrinking {name}", i + 1, len(pairs))
    for path, array in arrays.items():  # the labels last: they tell that both are complete
        array.flush()
        move_atomic(temporary[path], path)
