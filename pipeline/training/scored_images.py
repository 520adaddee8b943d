"""Images with scores of attributes, from a CSV file and a folder."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.attributes import attributes
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, resize
from pipeline.core.names import nearest
from pipeline.core.types import Floats, Image

LEAST = 40
"""Fewest scored images, and fewest scores of an attribute."""


@dataclass(frozen=True)
class Scored:
    """Images with scores.

    Attributes:
        images: uint8 (N, S, S, 3).
        scores: By attribute code, float32 (N,): class numbers, or cursors in -1..1; NaN where there is none.
    """

    images: Image
    scores: Mapping[str, Floats]

    @property
    def digest(self) -> str:
        """Hash of images and scores."""
        total = hashlib.sha256(np.ascontiguousarray(self.images).tobytes())
        for code, values in self.scores.items():
            total.update(code.encode() + values.tobytes())
        return total.hexdigest()


def read_scores(table: Path, folder: Path, size: int) -> Scored:
    """Images of a folder, resized to `size` pixels, with the scores of a CSV file.

    Args:
        table: A column `name`, the file of the image in the folder, and columns called as attributes' codes.

    Raises:
        BadInput: A file that cannot be read, an unknown column, a score out of range, or too few rows.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, restval=""))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{table} cannot be read as a CSV file in UTF-8.") from error
    if len(rows) < LEAST:
        raise BadInput(f"{table} has {len(rows)} rows: at least {LEAST} scored images are needed.")
    columns = [column for column in rows[0] if column and column != "name"]
    for column in columns:
        if column not in attributes():
            raise BadInput(f"{table} has the column {column}, no attribute's code{nearest(column, list(attributes()))}")
    if "name" not in rows[0] or not columns:
        raise BadInput(f"{table} needs a column name and one called as an attribute's code, such as Gl.")
    images = np.stack([resize(read_image(folder / row["name"]), size) for row in rows])
    return Scored(images, {code: _values(table, code, [row[code] for row in rows]) for code in columns})


def _values(table: Path, code: str, cells: list[str]) -> Floats:
    attribute = attributes()[code]
    values = np.full(len(cells), np.nan, np.float32)
    for row, cell in enumerate(cells):
        if not cell.strip():
            continue
        try:
            value = float(cell)
        except ValueError:
            value = np.nan
        classes = [int(name) for name in attribute.values] if attribute.n_classes else []
        if value not in classes if classes else not -1 <= value <= 1:
            expected = f"a class of {', '.join(attribute.values)}" if classes else "a number from -1 to 1"
            raise BadInput(f"{table}, row {row + 1}, column {code}: {cell!r} is not {expected}.")
        values[row] = value
    if np.isfinite(values).sum() < LEAST:
        raise BadInput(f"{table} has fewer than {LEAST} scores of {code}.")
    return values
