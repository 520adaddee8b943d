"""The user's aligned images as one array of the training's size, shrunk once and memory-mapped."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.batch.inputs import left_out
from pipeline.core.errors import BadInput
from pipeline.core.files import atomic_file
from pipeline.core.images import list_images, read_image, resize
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import Image

LEAST = 50
"""Images without which no training starts."""


def open_images(folders: Sequence[Path], resolution: int, cache: Path, progress: Progress = SILENT) -> Image:
    """Images of the folders, uint8 (N, R, R, 3), from the cache or resized into it.

    What cannot be read or is not square is named and left out. The cache notices a changed file by its size and time.

    Args:
        folders: Folders of square images, as `face-edit align` writes them.
        resolution: Side R in pixels.
        cache: Folder of the resized images.
        progress: Receives the progress, and a warning for each file that is left out.

    Raises:
        BadInput: A folder is missing, or fewer than 50 images remain.
    """
    paths = []
    for folder in folders:
        found, others = list_images(folder)
        paths += found
        if others:
            progress.note(left_out(others))
    target = cache_file(paths, resolution, cache)
    if not target.is_file():
        _resize(paths, resolution, target, progress)
    pixels: Image = np.memmap(target, np.uint8, "r") if target.stat().st_size else np.zeros(0, np.uint8)
    images = pixels.reshape(-1, resolution, resolution, 3)
    if len(images) < LEAST:
        raise BadInput(
            f"There are {len(images)} images to train on in {', '.join(map(str, folders))}: "
            f"at least {LEAST} are needed, some hundreds give a useful result."
        )
    return images


def cache_file(paths: Sequence[Path], resolution: int, cache: Path) -> Path:
    """The file of the resized images in the folder `cache`."""
    total = hashlib.sha256()
    for path in paths:
        status = path.stat()
        total.update(f"{path.resolve()} {status.st_size} {status.st_mtime_ns}\n".encode(errors="surrogateescape"))
    return cache / f"images-{resolution}-{total.hexdigest()[:16]}.rgb"


def _resize(paths: Sequence[Path], resolution: int, target: Path, progress: Progress) -> None:
    with atomic_file(target) as file:
        for done, path in enumerate(paths, 1):
            progress.step("reading images", done, len(paths))
            try:
                file.write(_square(path, resolution).tobytes())
            except BadInput as error:
                progress.warn(str(error))


def _square(path: Path, resolution: int) -> Image:
    image = read_image(path)
    height, width = image.shape[:2]
    if height != width:
        raise BadInput(f"{path} is not square ({width} x {height} pixels): cut the face out with `face-edit align`.")
    return resize(image, resolution)


def rows_of_step(count: int, step: int, batch_size: int, seed: int) -> np.ndarray:
    """Rows of the images of a step (batch_size,): every image once in each pass, in an order by pass and seed."""
    position = np.arange(step * batch_size, (step + 1) * batch_size)
    orders = {
        epoch: np.random.default_rng((seed, epoch)).permutation(count) for epoch in set((position // count).tolist())
    }
    return np.array([orders[i // count][i % count] for i in position.tolist()])
