"""Rendered people in the layout of the LaPa data set, as training data without photographs."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from pipeline.batch.folder import IDENTITY, RunFolder
from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.images import write_image
from pipeline.core.progress import Progress
from pipeline.core.types import Floats
from pipeline.core.version import package_version
from pipeline.training.people import PEOPLE, Plan, write_people
from postprocess.beauty.regions import filled
from postprocess.labels import CelebAMask, Labels, to_lapa

SEEDS = {"train": 1_000_000, "val": 800_000_000, "test": 900_000_000}
"""Of the first `wild` person of each split; "test" is held out from all trainings."""
STUDIO_SEEDS = 10_000_000
"""From there to the first `studio` person."""
STUDIO_SHARE = 0.25

_COVERED = ("left_brow", "right_brow", "left_eye", "right_eye")
"""Outlines of what spectacles cover, named like their classes."""


def write_renders(
    folder: Path, counts: dict[str, int], size: int, workers: int, given: Sequence[Path], progress: Progress
) -> None:
    """Write rendered people in the layout of LaPa, one in four `studio`, the others `wild`; resumes after a kill.

    Args:
        folder: New folder, or one of an unfinished call.
        counts: Number of people of each split of SEEDS.
        size: Side in pixels of those that are rendered.
        workers: Rendering processes.
        given: Folders of `write_people` whose people are the split "train"; without any, people are rendered for it.
        progress: Receives the files of people that were rendered, and the names of the splits.

    Raises:
        BadInput: The folder holds other files, people cannot be rendered here, or a given folder has none to train on.
        RunConflict: The folder was written with other arguments, or another process writes to it.
        OutOfMemory: A rendering process was killed.
    """
    if folder.is_dir() and not (folder / IDENTITY).is_file() and any(folder.iterdir()):
        raise BadInput(f"{folder} is not empty: name a new folder.")
    places = {split: _people(folder, split, count, size) for split, count in counts.items()}
    files = [path for place in given for path in to_train_on(place)]
    with RunFolder(folder) as held:
        held.agree({**counts, "size": size, "people": [path.stem for path in files]}, {"version": package_version()})
        for split, plans in places.items():
            shards = files if split == "train" else []
            for place, count, plan in () if shards else plans:
                write_people(place, count, plan, workers, progress)
                shards = [*shards, *sorted(place.glob("*.npz"))]
            progress.step(f"writing {split}")
            for shard in shards:
                _unpack(shard, folder / split)


def _people(folder: Path, split: str, count: int, size: int) -> list[tuple[Path, int, Plan]]:
    """Folder, number and plan of the people of each look in a split."""
    studio = round(STUDIO_SHARE * count)
    plans = (
        (count - studio, Plan("wild", size, SEEDS[split])),
        (studio, Plan("studio", size, SEEDS[split] + STUDIO_SEEDS)),
    )
    return [(folder / "people" / f"{split}-{plan.look}", number, plan) for number, plan in plans if number]


def to_train_on(folder: Path) -> list[Path]:
    """The files of `write_people` in a folder; raises BadInput if there are none, or people of other splits."""
    files = sorted(path for path in folder.glob("*.npz") if path.stem.isdigit())
    if not files:
        raise BadInput(f"There are no people {folder}/*.npz: name a folder of `face-edit train people`.")
    if int(files[-1].stem) + PEOPLE > SEEDS["val"]:
        raise BadInput(f"{folder} holds people to measure on: train on seeds below {SEEDS['val']}.")
    return files


def _unpack(shard: Path, folder: Path) -> None:
    """Write a file of people as `images/*.jpg` and `labels/*.png`; those that are complete are kept."""
    try:
        with np.load(shard) as file:
            outlines = {name: file[name] for name in ("oval", *_COVERED)}
            names = [f"{shard.parent.name}-{shard.stem}-{i:02d}" for i in range(len(file["people"]))]
            paths = [folder / "labels" / f"{name}.png" for name in names]
            if all(path.is_file() for path in paths):
                return
            for i, (path, rgb, labels) in enumerate(zip(paths, file["rgb"], file["labels"], strict=True)):
                write_image(folder / "images" / f"{path.stem}.jpg", rgb)
                seen = without_spectacles(labels, {name: points[i] for name, points in outlines.items()})
                write_atomic(path, np.asarray(cv2.imencode(".png", to_lapa(seen))[1]).tobytes())
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{shard} cannot be read: write it again with `face-edit train people`.") from error


def without_spectacles(labels: Labels, outlines: dict[str, Floats]) -> Labels:
    """The classes of CelebAMask-HQ (H, W) of a person, seen through spectacles.

    LaPa's labels ignore spectacles. Within the oval of the face there is skin or nose, whichever is nearer, and brows
    and eyes within their outlines; elsewhere there is what is nearest.

    Args:
        labels: Classes with spectacles.
        outlines: Outlines (n, 2) in pixels, whole numbers being corners of pixels: the oval, eyes and brows.
    """
    worn = labels == CelebAMask.GLASSES
    if not worn.any():
        return labels
    parts = {name: filled(np.asarray(points, np.float64) - 0.5, labels.shape) for name, points in outlines.items()}
    face = np.isin(labels, (CelebAMask.SKIN, CelebAMask.NOSE))
    beside = ~worn & ~np.isin(labels, [CelebAMask[name.upper()] for name in _COVERED])
    seen = np.where(worn, np.where(parts["oval"], _nearest(labels, face), _nearest(labels, beside)), labels)
    for name in _COVERED:
        seen[worn & parts[name]] = CelebAMask[name.upper()]
    return np.asarray(seen, np.uint8)


def _nearest(labels: Labels, known: np.ndarray) -> Labels:
    """The class of the nearest pixel of `known` (H, W) at each pixel (H, W)."""
    _, index = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    classes = np.zeros(index.max() + 1, np.uint8)
    classes[index[known]] = labels[known]
    return classes[index]
