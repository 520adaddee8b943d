"""Scored examples: latents with numbers or two classes, from a CSV file or two folders."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import BadInput
from pipeline.core.names import counted, nearest
from pipeline.core.types import Floats
from projection.latent_files import read_latent

FEWEST = 10
"""Examples with, and without: fewer say nothing about the others."""
TAIL = 0.2
"""Share of the examples at each end of a number that counts as without and with."""
NAME = "name"


@dataclass(frozen=True)
class Examples:
    """Latents (N, n_style, dim) with scores (N,).

    Attributes:
        conditions: Other scores (N,) that the direction leaves alone, by the name of their column.
    """

    latents: Floats
    target: Floats
    conditions: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def binary(self) -> bool:
        """Whether the scores are two classes."""
        return len(np.unique(self.target)) == 2

    @property
    def ends(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows without and with the attribute: the two classes, or the lowest and highest fifth of the numbers."""
        if self.binary:
            return np.flatnonzero(self.target == self.target.min()), np.flatnonzero(self.target == self.target.max())
        order = np.argsort(self.target, kind="stable")
        count = max(1, round(TAIL * len(order)))
        return order[:count], order[-count:]

    def check(self) -> "Examples":
        """Itself; raises BadInput where the scores are all the same or the examples too few."""
        found = np.unique(self.target)
        if len(found) < 2:
            raise BadInput(f"All {len(self)} examples have the same score: a direction needs different ones.")
        fewest = min(np.sum(self.target == value) for value in found) if self.binary else len(self) // 2
        if fewest < FEWEST:
            kind = "of each class" if self.binary else "of each half of the scores"
            raise BadInput(f"There are only {fewest} examples {kind}: a direction needs {FEWEST}, better 20.")
        return self


def from_files(present: Sequence[Path], absent: Sequence[Path], space: str, n_style: int, dim: int) -> Examples:
    """Examples of latent files, with and without the attribute; raises as `read_latent` and `Examples.check`."""
    latents = [read_latent(path, space, n_style, dim) for path in (*present, *absent)]
    target = np.repeat(np.array([1, 0], np.float32), [len(present), len(absent)])
    return Examples(np.array(latents, np.float32).reshape(-1, n_style, dim), target).check()


def from_table(
    path: Path, latents: Path, target: str, conditions: Sequence[str], space: str, n_style: int, dim: int
) -> tuple[Examples, list[str]]:
    """Examples of a CSV file with a column `name`, and the names that have no latent NAME.npy in the folder.

    Rows with an empty cell in one of the columns are left out.

    Raises:
        BadInput: No such file or column, a name twice, a cell that is no number, too few rows.
        SpaceMismatch: A latent of another space.
    """
    columns, rows = (target, *conditions), _rows(path, (NAME, target, *conditions))
    found: dict[str, list[float]] = {}
    absent = []
    for line, row in rows:
        name, cells = row[NAME].strip(), [row[column].strip() for column in columns]
        if name in found or name in absent:
            raise BadInput(f"{path} has {name} twice, the second time in line {line}: remove one.")
        if not all(cells):
            continue
        if not (latents / f"{name}.npy").is_file():
            absent.append(name)
            continue
        found[name] = [_number(cell, column, path, line) for cell, column in zip(cells, columns, strict=True)]
    if not found:
        raise BadInput(f"No row of {path} has both its numbers and a latent NAME.npy in {latents}.")
    values = np.array(list(found.values()), np.float32)
    stack = np.stack([read_latent(latents / f"{name}.npy", space, n_style, dim) for name in found])
    others = {column: values[:, 1 + i] for i, column in enumerate(conditions)}
    return Examples(stack, values[:, 0], others).check(), absent


def column_names(path: Path) -> list[str]:
    """Names of the columns of a CSV file; raises BadInput where it has none called `name`."""
    return list(_rows(path, (NAME,))[0][1])


def _rows(path: Path, needed: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """Line number and cells of every row."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restval="")
            columns = list(reader.fieldnames or ())
            rows = [(reader.line_num, {column: row[column] for column in columns}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} cannot be read as a CSV file in UTF-8.") from error
    for column in needed:
        if column not in columns:
            raise BadInput(f"{path} has no column {column}{nearest(column, columns)}")
    if not rows:
        raise BadInput(f"{path} has {counted(len(columns), 'column')} and no rows.")
    return rows


def _number(cell: str, column: str, path: Path, line: int) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"{column} in line {line} of {path} is {cell!r} instead of a number.")
    return number
