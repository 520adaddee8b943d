import csv
from pathlib import Path

import numpy as np
import pytest

from apps.cli import main
from pipeline.config import load_config
from pipeline.core.errors import MissingWeights
from pipeline.core.images import read_image, write_image
from pipeline.models import Models
from pipeline.quality.photographs import CELL, LABEL, open_photo_bench, tables
from tests.support.photos import rendered


def test_without_the_mesh_a_sentence_says_what_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_models: Models
) -> None:
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    with pytest.raises(MissingWeights, match="face-edit models fetch faces"):
        open_photo_bench(demo_models, load_config())


def test_the_table_counts_refusals_as_missed_and_leaves_out_who_has_it() -> None:
    row = {"photo": "a", "edit": "Bp_max", "refused": "", "had": 0.0, "moved": 0.1, "reached": 1.0}
    row |= {"elsewhere": 1.0, "support": 10.0, "outside": 0.0, "identity": 0.1, "seconds": 2.0}
    missed = row | {"refused": "no", "reached": 0.0, "elsewhere": float("nan")}
    (table,) = tables([row, missed, row | {"had": 1.0, "reached": 0.0}])
    assert table.rows[0][:5] == ("Bp_max", "2", "1", "50", "1.00")


def test_photographs_are_edited_and_measured(tmp_path: Path, package_nets: Path) -> None:
    photos = tmp_path / "photos"
    write_image(photos / "anna.png", rendered(1)[0])
    write_image(photos / "nobody.png", np.full((300, 300, 3), 120, np.uint8))
    out = tmp_path / "out"
    settings = ("--set", "projection.n_iter=4", "--set", "projection.tuning.steps=0", "--set", "steps=[carry_over]")
    assert main(["bench", "photos", str(photos), "--output-dir", str(out), "--device", "cpu", *settings]) == 1
    rows = list(csv.DictReader((out / "rows.csv").open()))
    assert {row["photo"] for row in rows} == {"anna"}
    assert all(row["outside"] in ("0.0", "nan") for row in rows)
    assert (out / "photographs.md").is_file()
    assert read_image(out / "sheet.png").shape == (CELL + LABEL, CELL * (1 + len(rows)), 3)


def test_no_folder_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "photos"]) != 0
    assert "bench photos FOLDER" in capsys.readouterr().err
