"""Measures the embedded face detector on photographs.

    face-edit train demo detector points
    OMP_NUM_THREADS=1 .venv/bin/python -m tests.pipeline.photo.detector_bench

Prints for the photographs beside this repository, for this detector and for YuNet where it was fetched: how many
labelled faces are found, how many other things, and how far the five points lie from the true ones, in shares of the
eyes' distance.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.model_sets import model_set
from pipeline.core.weights import expected_path
from pipeline.photo.detector import FaceDetector, FaceNet
from pipeline.photo.embedded_net import open_embedded_net
from pipeline.photo.photo import read_photo
from pipeline.photo.yunet import YuNet
from pipeline.training.face_detector import FOUND
from tests.support.package_nets import PHOTOS


@dataclass
class Seen:
    """What a detector sees in a photograph.

    Attributes:
        photo: Name of the file.
        off: For each labelled face mean distance of its points from the true ones, in shares of the eyes' distance;
            None where it is not found.
        others: Number of things that are no labelled face.
    """

    photo: str
    off: list[float | None]
    others: int


def seen(detector: FaceDetector) -> Iterator[Seen]:
    """For each photograph."""
    places = json.loads((PHOTOS / "photos/places.json").read_text())
    for path in sorted((PHOTOS / "photos/photos").iterdir()):
        found = detector.detect(read_photo(path).rgb)
        off: list[float | None] = []
        truth = [np.array(place["points"]) for place in places.values() if place["photo"] == path.name]
        for points in truth:
            between = float(np.hypot(*(points[1] - points[0])))
            away = [float(np.hypot(*(face.points - points).T).mean()) / between for face in found]
            nearest = min(range(len(found)), key=away.__getitem__, default=None)
            off.append(away[nearest] if nearest is not None and away[nearest] < FOUND else None)
        yield Seen(path.name, off, len(found) - sum(each is not None for each in off))


def report(name: str, net: FaceNet) -> None:
    began = time.monotonic()
    photos = list(seen(FaceDetector(net)))
    for photo in photos:
        print(f"  {photo.photo:24s}{[each and round(each, 3) for each in photo.off]} others {photo.others}")
    every = [each for photo in photos for each in photo.off]
    off = [each for each in every if each is not None]
    print(
        f"{name}: {len(off)} of {len(every)} faces, {sum(photo.others for photo in photos)} others, points off by "
        f"{100 * float(np.median(off or [np.nan])):.1f} % (median), {time.monotonic() - began:.0f} s"
    )


def main() -> None:
    report("embedded", open_embedded_net())
    yunet = Path(expected_path(model_set("faces").files["detector"]))
    if yunet.exists():
        report("YuNet", YuNet(yunet))


if __name__ == "__main__":
    main()
