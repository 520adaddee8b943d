"""Aggregation: means skip what has no number, verdicts name what misses, files can be read back."""

import csv

import numpy as np
import pytest

from apps.bench.output import RowWriter, bar_chart, markdown, write_report
from pipeline.quality.summary import by_edit, mean, median, positive, tables, verdict, verdict_table

STAGES = ["translation", "segmentation"]
NETS = {
    "generator_psnr": 27.0,
    "generator_features": 22.0,
    "generator_half_width": 25.0,
    "parser_miou_merged": 0.95,
    "parser_miou_19": 0.7,
    "depth_iou": 0.96,
}


def row(portrait: int, edit: str, success: float, gain: float, leak: float = 1.0) -> dict[str, float | str]:
    found: dict[str, float | str] = {"portrait": str(portrait), "edit": edit, "nearer": 1.0}
    found |= {"inversion_psnr": 28.0 + portrait, "inversion_seconds": 5.0}
    for kind in ("raw", "final", "truth"):
        found |= {f"success_{kind}": success, f"moved_classes_{kind}": 0.1, f"moved_cursors_{kind}": 0.1}
        found[f"identity_{kind}"] = 0.2
    for stage, scale in zip(STAGES, (4.0, 1.0), strict=True):
        found |= {f"leakage_{stage}": scale * leak, f"outside_psnr_{stage}": 40.0, f"gain_{stage}": gain}
    return found | {f"error_{name}": 30.0 for name in ("generator", "direction", "inversion", "blending")}


ROWS = [row(0, "B_1", 1, 0.5), row(1, "B_1", 1, float("nan")), row(0, "A_2", 0, -0.5), row(2, "A_2", 1, 0.5)]


def test_mean_and_share_skip_what_has_no_number():
    assert mean(ROWS, "gain_segmentation") == pytest.approx(0.5 / 3)
    assert median(ROWS, "gain_segmentation") == 0.5
    assert positive(ROWS, "gain_segmentation") == pytest.approx(2 / 3)
    assert np.isnan(mean([], "gain_segmentation"))


def test_groups_are_sorted_with_all_at_the_end():
    assert list(by_edit(ROWS)) == ["A_2", "B_1", "all"]


def test_verdict_passes_and_misses():
    found = {threshold.what: threshold for threshold in verdict(ROWS, NETS, STAGES)}
    assert found["generator against render, PSNR (dB)"].passed
    assert not found["generator, features only, PSNR (dB)"].passed
    assert found["half width loses (dB)"].value == 2
    assert found["inversion, PSNR (dB)"].value == pytest.approx(29)
    worst = found["target reached, worst edit: A_2 (%)"]  # which the truth shows as seldom
    assert (worst.value, worst.wanted, worst.passed) == (50, ">= 47", True)
    seen = [each | {"success_truth": 1.0} for each in ROWS]
    worst = next(each for each in verdict(seen, NETS, STAGES) if "worst" in each.what)
    assert (worst.what, worst.value, worst.passed) == ("target reached, worst edit: A_2 (%)", 50, False)
    assert found["leakage after all steps, share of the raw one"].value == 0.25
    lines = verdict_table(list(found.values())).rows
    assert {line[-1] for line in lines} == {"pass", "MISS"}


def test_every_table_has_a_line_per_edit():
    for table in tables(ROWS, STAGES):
        assert [line[0] for line in table.rows] == ["A_2", "B_1", "all"]
        assert all(len(line) == len(table.columns) for line in table.rows)
    success = next(table for table in tables(ROWS, STAGES) if table.slug == "success")
    assert success.rows[0] == ("A_2", "50.0", "50.0", "50.0")


def test_report_files(tmp_path):
    report = tables(ROWS, STAGES)
    path = write_report(tmp_path, report, "Quality")
    text = path.read_text()
    for table in report:
        assert markdown(table) in text
        assert (tmp_path / f"{table.slug}.png").read_bytes().startswith(b"\x89PNG")
        with (tmp_path / f"{table.slug}.csv").open() as file:
            assert tuple(tuple(line) for line in csv.reader(file)) == (table.columns, *table.rows)


def test_a_chart_survives_missing_numbers():
    rows = [row(0, "B_1", 1, float("nan"))]
    gain = next(table for table in tables(rows, STAGES) if table.slug == "gain")
    assert gain.rows[0][1] == "-"
    assert bar_chart(gain).startswith(b"\x89PNG")


def test_rows_are_appended_under_one_heading(tmp_path):
    writer = RowWriter(tmp_path / "rows.csv")
    writer.write(ROWS[:2])
    writer.write(ROWS[2:])
    with (tmp_path / "rows.csv").open() as file:
        read = list(csv.DictReader(file))
    assert [line["edit"] for line in read] == ["B_1", "B_1", "A_2", "A_2"]
    assert float(read[3]["inversion_psnr"]) == 30
