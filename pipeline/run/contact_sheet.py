"""Contact sheet: all results of a run on one image."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as pillow
from PIL import ImageDraw, ImageFont

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.core.files import printable
from pipeline.core.images import write_image
from pipeline.core.names import counted
from pipeline.run.report_rows import Row, gallery

NAME = "contact_sheet.png"
CELL, GAP, LABEL, HEADING, COLUMNS = 160, 6, 32, 34, 13
MOST_ROWS = 24
PAPER, INK, FAINT, ALARM = (250, 249, 246), (34, 34, 38), (120, 118, 112), (176, 42, 36)
Colour = tuple[int, int, int]


def write_contact_sheet(folder: RunFolder, portraits: Sequence[Sequence[Record]]) -> Path:
    """Write `contact_sheet.png`: per portrait original, reconstruction and edits, labelled; the first 24 portraits."""
    rows = gallery(folder, portraits[:MOST_ROWS])
    width = GAP + max([4, *(min(len(row.pictures), COLUMNS) for row in rows)]) * (CELL + GAP)
    height = HEADING + sum(_height(row) for row in rows) + GAP
    page = pillow.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(page)
    shown = (f"{len(rows)} of " if len(rows) < len(portraits) else "") + counted(len(portraits), "portrait")
    _write(draw, (GAP, 8), f"{folder.path.resolve().name}: {shown}", 18, INK)
    top = HEADING
    for row in rows:
        _draw_row(page, draw, row, top)
        top += _height(row)
    path = folder.path / NAME
    write_image(path, np.asarray(page))
    return path


def _draw_row(page: Any, draw: ImageDraw.ImageDraw, row: Row, top: int) -> None:
    heading, colour = row.name, INK
    scores = row.records[0].scores
    if "inversion_psnr" in scores:
        heading += f"   inversion {scores['inversion_psnr']:.1f} dB"
    if "tuned_psnr" in scores:
        heading += f", tuned {scores['tuned_psnr']:.1f} dB"
    if row.error or row.warning:
        heading, colour = f"{heading}   {row.error or row.warning}", ALARM
    most = max(20, page.width // 7)
    _write(draw, (GAP, top + 10), heading if len(heading) <= most else heading[: most - 3] + "...", 14, colour)
    for index, picture in enumerate(row.pictures):
        x = GAP + index % COLUMNS * (CELL + GAP)
        y = top + HEADING + index // COLUMNS * (CELL + LABEL + GAP)
        pixels = picture.pixels(CELL)
        if pixels is None:
            draw.rectangle((x, y, x + CELL - 1, y + CELL - 1), outline=FAINT)
        else:
            page.paste(pillow.fromarray(pixels), (x, y))
        size = 12 if draw.textlength(picture.title, font=_font(12)) < CELL else 10
        _write(draw, (x + 2, y + CELL + 14 - size), picture.title, size, INK)
        if picture.record is not None:
            _write(draw, (x + 2, y + CELL + 17), picture.label, 10, FAINT)


def _height(row: Row) -> int:
    return HEADING + -(-len(row.pictures) // COLUMNS) * (CELL + LABEL + GAP) + GAP


def _write(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, colour: Colour) -> None:
    draw.text(place, printable(text), fill=colour, font=_font(size))


@cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size)
