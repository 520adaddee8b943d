"""Tables of scores and folders of latents: what is read, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import BadInput, SpaceMismatch
from projection.directions.examples import Examples, from_files, from_table
from projection.latent_files import write_latent

SHAPE = ("toy", 3, 4)


@pytest.fixture
def latents(tmp_path: Path) -> Path:
    for number in range(30):
        write_latent(tmp_path / "latents" / f"p{number}.npy", np.full((3, 4), number, np.float32), "toy")
    return tmp_path / "latents"


def table(folder: Path, *lines: str) -> Path:
    path = folder.parent / "scores.csv"
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def rows(count: int = 30, text: str = "{0},{0},{1}") -> list[str]:
    return [f"p{text.format(number, number % 2)}" for number in range(count)]


def test_a_table_and_its_latents(latents: Path) -> None:
    path = table(latents, "name,nose,old", *rows(), "p29b,3,1", "nobody,2,")
    found, absent = from_table(path, latents, "nose", ["old"], *SHAPE)
    assert absent == ["p29b"]
    np.testing.assert_array_equal(found.target, np.arange(30))
    np.testing.assert_array_equal(found.conditions["old"], np.arange(30) % 2)
    np.testing.assert_array_equal(found.latents[:, 1, 2], np.arange(30))
    low, high = found.ends
    assert list(low) == list(range(6)) and list(high) == list(range(24, 30))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["name,nose", "p1,big"], "nose in line 2 .* 'big' instead of a number"),
        (["name,nose", "p1,nan"], "'nan' instead"),
        (["name,noes", "p1,1"], "no column nose: did you mean noes"),
        (["file,nose", "p1,1"], "no column name"),
        (["name,nose", "p1,1", "p1,2"], "p1 twice"),
        (["name,nose"], "no rows"),
        (["name,nose", "q,1"], "No row"),
        (["name,nose", *[f"p{n},1" for n in range(30)]], "the same score"),
        (["name,nose", *[f"p{n},{int(n > 25)}" for n in range(30)]], "only 4 examples of each class"),
        (["name,nose", *[f"p{n},{n}" for n in range(12)]], "only 6 examples of each half"),
    ],
)
def test_unusable_tables_are_told(lines: list[str], message: str, latents: Path) -> None:
    with pytest.raises(BadInput, match=message):
        from_table(table(latents, *lines), latents, "nose", [], *SHAPE)


def test_a_missing_or_foreign_table(latents: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read as a CSV file"):
        from_table(latents / "none.csv", latents, "nose", [], *SHAPE)
    (latents / "bytes.csv").write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(BadInput, match="cannot be read as a CSV file"):
        from_table(latents / "bytes.csv", latents, "nose", [], *SHAPE)
    with pytest.raises(SpaceMismatch):
        from_table(table(latents, "name,nose", *rows(text="{0},{0}")), latents, "nose", [], "other", 3, 4)


def test_folders_need_enough_of_both(latents: Path) -> None:
    paths = sorted(latents.glob("*.npy"))
    found = from_files(paths[:18], paths[18:], *SHAPE)
    assert found.binary and [len(rows) for rows in found.ends] == [12, 18]
    with pytest.raises(BadInput, match="only 2 examples"):
        from_files(paths[:28], paths[28:], *SHAPE)
    with pytest.raises(BadInput, match="same score"):
        from_files(paths, [], *SHAPE)


def test_other_pairs_of_numbers_are_two_classes() -> None:
    found = Examples(np.zeros((20, 3, 4), np.float32), np.repeat(np.float32([-1, 1]), 10)).check()
    assert found.binary and list(found.ends[1]) == list(range(10, 20))
