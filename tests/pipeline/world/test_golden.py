"""Forty people as they are drawn today: another machine or library may differ in the last bits, not in what is seen.

After a wanted change: .venv/bin/python -m tests.pipeline.world.test_golden
"""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.world.person import draw
from pipeline.world.render import render

GOLDEN = Path(__file__).parents[2] / "golden" / "people.png"
COLUMNS, SIZE = 10, 64


def _drawn() -> Image:
    people = [draw(seed, look) for look in ("studio", "wild") for seed in range(20)]
    tiles = [render(person, SIZE).rgb for person in people]
    return np.vstack([np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)])


def test_people_look_as_they_did() -> None:
    drawn, golden = _drawn().astype(int), read_image(GOLDEN).astype(int)
    assert drawn.shape == golden.shape
    change = np.abs(drawn - golden).reshape(4, SIZE, COLUMNS, SIZE, 3).mean((1, 3, 4))
    assert change.max() < 0.5, f"person {int(change.argmax())} has changed"


if __name__ == "__main__":
    write_image(GOLDEN, _drawn())
