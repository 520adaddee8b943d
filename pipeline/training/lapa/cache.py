"""Cache of shrunk images and label maps, which saves most of an epoch's time: decoding large photographs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pipeline.core.errors import BadInput
from pipeline.core.files import move_atomic
from pipeline.core.images import open_image, read_image, resize
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image
from postprocess.labels import LAPA, Labels

Pair = tuple[Path, Path]


@dataclass(frozen=True)
class Split:
    """Images of one size with their labels, memory-mapped.

    Attributes:
        rgb: uint8 (N, size, size, 3).
        labels: uint8 (N, size, size).
    """

    rgb: Image
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


def find_pairs(folder: Path) -> list[Pair]:
    """Paths of a split's images and label maps, `images/*.jpg` with `labels/*.png` of the same names, sorted.

    Raises:
        BadInput: There are no images, or an image has no label map.
    """
    pairs = [(image, folder / "labels" / f"{image.stem}.png") for image in sorted((folder / "images").glob("*.jpg"))]
    if not pairs:
        raise BadInput(f"There are no images {folder}/images/*.jpg: name a folder in the layout of LaPa.")
    if missing := [labels for _, labels in pairs if not labels.is_file()]:
        raise BadInput(f"{len(missing)} images have no label map, the first missing one is {missing[0]}.")
    return pairs


def shrink_labels(labels: Labels, size: int) -> Labels:
    """Label map (H, W) to (size, size) by nearest neighbour: the mean of two labels is a third class."""
    return np.asarray(cv2.resize(labels, (size, size), interpolation=cv2.INTER_NEAREST_EXACT), np.uint8)


def read_labels(path: Path) -> Labels:
    """Label map (H, W) of a grey or palette PNG.

    Raises:
        BadInput: The file is not such an image, or it has labels that LaPa does not define.
    """
    with open_image(path) as file:
        if file.mode not in ("L", "P"):
            raise BadInput(f"{path} is not a label map: it needs one channel of 8 bits, not {file.mode}.")
        labels = np.array(file, np.uint8)
    if labels.max() >= len(LAPA):
        raise BadInput(f"{path} has a label {labels.max()}: the labels of LaPa are 0 to {len(LAPA) - 1}.")
    return labels


def open_split(folder: Path, size: int, cache: Path, progress: Progress = SILENT) -> Split:
    """A split at one size, shrunk into the cache first if it is missing there.

    The cache notices a changed file by its size and time.

    Args:
        folder: Folder of the split in the layout of LaPa.
        size: Side in pixels.
        cache: Folder of the cache.
        progress: Receives the progress of shrinking.

    Raises:
        BadInput: A file is missing or unreadable, or an image and its labels differ in size.
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
