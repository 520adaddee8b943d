"""Sheet of directions: a row for each with its name and layers, a column for each strength and face."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.core.types import Floats, Image
from projection.directions.describe import STRENGTHS, Describer

CELL, GAP, MARGIN, HEADING = 128, 4, 150, 30
PAPER, INK, FAINT = (250, 249, 246), (34, 34, 38), (120, 118, 112)


@dataclass(frozen=True, eq=False)
class Line:
    """One direction of a sheet: its name, a note below it, and its path (K, n_style, dim)."""

    name: str
    note: str
    path: Floats


def draw_sheet(lines: Sequence[Line], describer: Describer, faces: int = 2) -> Image:
    """The sheet, uint8 (H, W, 3); each face in its own block of columns."""
    from PIL import Image as pillow
    from PIL import ImageDraw

    block = len(STRENGTHS) * (CELL + GAP)
    page = pillow.new("RGB", (MARGIN + faces * (block + 3 * GAP), HEADING + len(lines) * (CELL + GAP) + GAP), PAPER)
    draw = ImageDraw.Draw(page)
    for column in range(faces * len(STRENGTHS)):
        x = _x(column)
        draw.text((x + 4, 8), f"{STRENGTHS[column % len(STRENGTHS)]:+g}".replace("+0", "0"), fill=FAINT, font=_font(13))
    for row, line in enumerate(lines):
        y = HEADING + row * (CELL + GAP)
        draw.text((10, y + 14), line.name, fill=INK, font=_font(16))
        draw.multiline_text((10, y + 38), line.note, fill=FAINT, font=_font(11))
        for face in range(faces):
            for index, picture in enumerate(describer.strip(line.path, CELL, describer.latents[face])):
                page.paste(pillow.fromarray(picture), (_x(face * len(STRENGTHS) + index), y))
    return np.asarray(page)


def _x(column: int) -> int:
    """Left edge of a column; faces are further apart than strengths."""
    return MARGIN + column * (CELL + GAP) + column // len(STRENGTHS) * 3 * GAP


def _font(size: int) -> Any:
    from PIL import ImageFont

    return ImageFont.load_default(size)
