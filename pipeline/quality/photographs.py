"""`face-edit bench photos`: edits of photographs, for which no truth is known."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.config import RunConfig
from pipeline.core.crop import apply
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.images import resize
from pipeline.core.types import Frame, Image, Portrait
from pipeline.edit.invert import invert, needed
from pipeline.edit.refusals import refusals
from pipeline.edit.render import OpenStep, arithmetic, open_steps, render, reseed
from pipeline.edit.requests import EditRequest
from pipeline.edit.select_edits import choose_edits
from pipeline.models import Models
from pipeline.photo.face import Face
from pipeline.photo.face_mesh import FaceMesh, open_face_mesh
from pipeline.photo.faces import crop_face
from pipeline.photo.opencv_nets import net_file
from pipeline.quality.judging import Row
from pipeline.quality.movement import TARGETS, Seen, elsewhere
from pipeline.quality.summary import Table, by_edit, mean, number, reduced
from postprocess.identity import distance
from postprocess.labels import FACE, Labels
from postprocess.own_pixels.hair import hair_colour
from postprocess.parsing import portrait_labels

CELL, LABEL = 256, 20
"""Side of a picture on the sheet, and height of its caption, pixels."""
EDITS = ("Bp_max", "Bn_max", "Bn_min", "N_max", "Ch_max", "Sm_1", "Hc_0", "Hc_1", "Gl_1", "Bd_1")


@dataclass(frozen=True)
class PhotoBench:
    """Data shared by all photographs: nets, configuration, opened steps, the face mesh."""

    models: Models
    config: RunConfig
    steps: Sequence[OpenStep]
    mesh: FaceMesh


@dataclass(frozen=True)
class Measured:
    """One edit of one face.

    Attributes:
        frame: Its finished frame, None where the edit is refused.
        row: Its figures, see `measure`.
    """

    portrait: Portrait
    frame: Frame | None
    row: Row


def open_photo_bench(models: Models, config: RunConfig) -> PhotoBench:
    """Open nets and steps; raises MissingWeights, naming what fetches it, without the face mesh or a judge."""
    net_file("landmarks")  # says what fetches it
    mesh = open_face_mesh()
    assert mesh is not None
    if not models.has("judge"):
        raise MissingWeights(f"The model set {models.set.name} has no judge, which `bench photos` asks: use demo.")
    return PhotoBench(models, config, open_steps(config.step_settings(), models), mesh)


def measure(bench: PhotoBench, name: str, photo: Image, face: Face, edits: Sequence[str]) -> Iterator[Measured]:
    """Edits of one face of a photo, uint8 (H, W, 3), with their figures.

    Args:
        edits: Identifiers of TARGETS.

    Yields:
        Rows with `edit`, `photo`, `refused` (a reason or ""), `had` (1 if the face has it already), `moved` (change of
        the target in the asked direction, see `Target`), `reached` (1 if that is enough), `elsewhere` (percent of the
        eyes' distance), `support` (percent of the face), `outside` (pixels changed outside the support), `identity`
        (distance to the face before) and `seconds` per edit, with the inversion's share.

    Raises:
        BadInput: Most of the face lies beyond the photo's edge, or the mesh sees no face in the crop.
    """
    models, began = bench.models, time.monotonic()
    image, crop = crop_face(photo, face, models.set.crop_size)
    with arithmetic(bench.config.precision, models.device):
        reseed(bench.config.seed, name)
        requests = [EditRequest(edit) for edit in edits]
        found = invert(image, models, needed(requests, crop, models, bench.config))
        portrait = Portrait(name, image, found.latent, models.space, crop, found.tuning)
        spent = (time.monotonic() - began) / len(edits)
        aligned = Face((0.0, 0.0, *image.shape[1::-1]), 1.0, apply(crop.to_crop(), face.points))
        labels = portrait_labels(portrait, models.parser)
        before = _seen(bench, image, aligned, labels)
        refused = refusals(portrait, edits, models, found.figures, bench.config.own_pixels)
        identity = models.identity.embed([image])
        for edit in edits:
            row: Row = {"photo": name, "edit": edit, "refused": refused.get(edit, "")}
            row["had"] = float(TARGETS[edit].has_already(before))
            if row["refused"]:
                yield Measured(portrait, None, {**row, **_nothing(spent)})
                continue
            began = time.monotonic()
            (chosen,), _ = choose_edits(portrait, models, [EditRequest(edit, 1.0)])
            (frame,) = render(portrait, [chosen], models, bench.steps)
            seconds = time.monotonic() - began + spent
            figures = _figures(bench, frame, before, aligned, labels, identity)
            yield Measured(portrait, frame, {**row, **figures, "seconds": seconds})
    portrait.maps.clear()


def _seen(bench: PhotoBench, image: Image, face: Face, labels: Labels) -> Seen:
    landmarks = bench.mesh.landmarks(image, face)
    if not landmarks.is_face:
        raise BadInput("The mesh sees no face here.")
    eyes = bench.mesh.with_irises(image, landmarks)
    return Seen(landmarks, eyes, bench.models.judge.predict([image]), hair_colour(image, labels))


def _figures(
    bench: PhotoBench, frame: Frame, before: Seen, face: Face, labels: Labels, identity: np.ndarray
) -> dict[str, float]:
    name, own = frame.edit.name, frame.portrait.image
    target = TARGETS[name]
    figures = {
        "support": float(100 * (frame.support > 0).sum() / max(np.isin(labels, FACE).sum(), 1)),
        "outside": float((frame.image != own)[frame.support == 0].any(axis=-1).sum()),
        "identity": float(distance(bench.models.identity.embed([frame.image]), identity)[0]),
    }
    try:
        after = _seen(bench, frame.image, face, labels)
    except BadInput:  # the edit has spoilt the face
        return {"moved": float("nan"), "reached": 0.0, "elsewhere": float("nan")} | figures
    moved = target.moved(before, after)
    reached, other = float(moved >= target.least), elsewhere(name, before, after, len(own))
    return {"moved": moved, "reached": reached, "elsewhere": other} | figures


def _nothing(seconds: float) -> dict[str, float]:
    unknown = dict.fromkeys(("moved", "elsewhere", "support", "outside", "identity"), float("nan"))
    return unknown | {"reached": 0.0, "seconds": seconds}


def tables(rows: Sequence[Row]) -> list[Table]:
    """One table: figures by edit over the faces that do not have the target already; refusals count as not reached."""
    lines = []
    for name, group in by_edit([row for row in rows if not row["had"]]).items():
        lines.append(
            (
                name,
                str(len(group)),
                str(sum(bool(row["refused"]) for row in group)),
                number(100 * mean(group, "reached"), 0),
                number(mean(group, "elsewhere"), 2),
                number(mean(group, "support"), 0),
                number(reduced(group, "outside", np.sum), 0),
                number(mean(group, "identity"), 3),
                number(mean(group, "seconds"), 1),
            )
        )
    columns = ("photos", "faces", "refused", "moved as asked %", "elsewhere %", "support %", "outside it")
    return [Table("Edits of photographs", "photographs", (*columns, "identity", "seconds"), tuple(lines))]


def sheet(faces: Sequence[Sequence[Measured]]) -> Image:
    """Picture of all edits, a row for each face: the portrait, then its edits; refused ones are left grey."""
    from PIL import Image as pillow
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(14)
    page = pillow.new("RGB", (CELL * (1 + max(map(len, faces))), (CELL + LABEL) * len(faces)), "white")
    draw = ImageDraw.Draw(page)
    for row, measured in enumerate(faces):
        first = measured[0]
        cells = [(str(first.row["photo"]), first.portrait.image, "black")]
        cells += [(_caption(one), _picture(one), "black" if one.row["reached"] else "firebrick") for one in measured]
        for column, (caption, picture, colour) in enumerate(cells):
            x, y = column * CELL, row * (CELL + LABEL)
            draw.text((x + 3, y + 2), caption, fill=colour, font=font)
            page.paste(pillow.fromarray(resize(picture, CELL)), (x, y + LABEL))
    return np.asarray(page)


def _picture(one: Measured) -> Image:
    return np.full_like(one.portrait.image, 210) if one.frame is None else one.frame.image


def _caption(one: Measured) -> str:
    row = one.row
    if row["refused"]:
        return f"{row['edit']}: refused"
    return f"{row['edit']}: has it already" if row["had"] else f"{row['edit']} {float(row['moved']):+.2f}"
