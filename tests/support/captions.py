"""Sheets of pictures for the pages, each with a caption above it."""

from collections.abc import Mapping

import numpy as np
from PIL import Image as pillow
from PIL import ImageDraw, ImageFont

from pipeline.core.types import Image

HEIGHT = 16
"""Height of a caption, pixels."""


def captioned(pictures: Mapping[str, Image], columns: int) -> Image:
    """Pictures of one size, uint8 (S, S, 3), in rows of `columns`, by their captions."""
    side = len(next(iter(pictures.values())))
    rows = -(-len(pictures) // columns)
    page = pillow.new("RGB", (columns * side, rows * (side + HEIGHT)), "white")
    draw = ImageDraw.Draw(page)
    for i, (caption, picture) in enumerate(pictures.items()):
        x, y = i % columns * side, i // columns * (side + HEIGHT)
        page.paste(pillow.fromarray(picture), (x, y + HEIGHT))
        draw.text((x + 3, y + 1), caption, fill="black", font=ImageFont.load_default(12))
    return np.asarray(page)
