"""Sample sheet before a long run: a few faces, original and restored at several fidelities."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as pillow
from PIL import ImageDraw, ImageFont

from pipeline.core.errors import BadInput
from pipeline.core.files import printable
from pipeline.core.images import resize, write_image
from pipeline.core.names import counted
from pipeline.core.progress import Progress
from pipeline.core.types import Image
from pipeline.photo.detector import FaceDetector
from pipeline.restore.job import Item, RestoreJob, items
from pipeline.restore.nets import RestoreNets, Restorer, open_nets
from pipeline.restore.photo import prepare

if TYPE_CHECKING:
    import torch

FILE = "samples.png"
FIDELITIES = (0.5, 0.7, 0.9)
CELL, LABEL, GAP = 256, 20, 8


def write_samples(
    job: RestoreJob, count: int, device: "torch.device", detector: FaceDetector | None, progress: Progress
) -> Path:
    """Write a sheet of the largest faces of `count` photos, evenly spread over the folder; returns its path.

    Raises:
        BadInput: `count` is below 1, or no face is found.
    """
    if count < 1:
        raise BadInput(f"--num-samples {count} is out of range: ask for 1 or more.")
    photos = items(job, progress)
    chosen = [photos[int(index)] for index in np.unique(np.linspace(0, len(photos) - 1, count).round())]
    nets = open_nets(job, device, detector)
    fidelities = tuple(sorted({*FIDELITIES, job.fidelity}))
    rows: dict[str, list[Image]] = {}
    for done, item in enumerate(chosen):
        progress.step("samples", done, len(chosen))
        rows[item.name] = sample(item, nets, fidelities, job.upscale, job.face)
    if not any(rows.values()):
        many = counted(len(chosen), "sample")
        raise BadInput(f"No face was found in the {many}: increase --num-samples or use other photos.")
    path = job.output_dir / FILE
    write_image(path, sheet(rows, ["original", *(f"fidelity {one:g}" for one in fidelities)]))
    return path


def sample(
    item: Item, nets: RestoreNets, fidelities: Sequence[float], upscale: int = 1, only: int | None = None
) -> list[Image]:
    """A face, the original and the result at each fidelity, CELL pixels wide; empty where `prepare` finds none.

    Args:
        upscale: As of `prepare`.
        only: As of `prepare`; by default the largest face.
    """
    try:
        subject = prepare(item, nets, upscale, only)
    except BadInput:
        return []
    if not subject.faces:
        return []
    face, net = subject.faces[0], nets.restorer.net
    results = [Restorer(net, fidelity).restore([face.image], [face.share])[0] for fidelity in fidelities]
    return [resize(picture, CELL) for picture in (face.image, *results)]


def sheet(rows: dict[str, list[Image]], titles: Sequence[str]) -> Image:
    """Rows of pictures under their titles, each with its photo's name, on white."""
    width = GAP + len(titles) * (CELL + GAP)
    page = pillow.new("RGB", (width, LABEL + len(rows) * (LABEL + CELL + GAP)), "white")
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(13)
    for column, title in enumerate(titles):
        draw.text((GAP + column * (CELL + GAP), 3), title, fill="black", font=font)
    for row, (name, pictures) in enumerate(rows.items()):
        top = LABEL + row * (LABEL + CELL + GAP)
        title = printable(name if pictures else f"{name}: no face to restore")
        draw.text((GAP, top + 3), title, fill="grey", font=font)
        for column, picture in enumerate(pictures):
            page.paste(pillow.fromarray(picture), (GAP + column * (CELL + GAP), top + LABEL))
    return np.asarray(page)
