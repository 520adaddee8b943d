"""Contact sheet and report: complete, self-contained, and safe with any name."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.core.images import read_image, write_image
from pipeline.run.contact_sheet import write_contact_sheet
from pipeline.run.report import per_edit, summary, write_report
from pipeline.run.report_rows import edit_order, title
from tests.support.toy_models import portrait_image
from tests.support.toy_run import toy_config

SCORES = {"inversion_psnr": 30.0, "support": 0.25, "change": 9.0, "leakage": 0.5, "raw_leakage": 5.0}


class Checker(HTMLParser):
    """Counts tags and refuses unbalanced ones."""

    VOID = frozenset({"meta", "img", "br"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.images: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            self.images.append(dict(attrs)["src"] or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def portraits(folder: RunFolder, names: list[str]) -> list[list[Record]]:
    rows = []
    for seed, name in enumerate(names):
        source = folder.path.parent / "photos" / f"{name}.png"
        write_image(source, portrait_image(seed))
        write_image(folder.reconstruction(name), portrait_image(seed))
        records = []
        for edit in ("Bp_max", "Bp_min", "bald", "Hc_1@0.5"):
            path = folder.image("final", name, edit)
            write_image(path, portrait_image(seed + 50))
            image = str(path.relative_to(folder.path))
            records.append(Record(name, str(source), "key", 4, edit, 1.0, image, 0.5, SCORES))
        rows.append(records)
    return rows


def test_report_holds_everything(folder: RunFolder) -> None:
    rows = portraits(folder, ["anna", "<b>ben</b> & co"])
    rows.append([Record("carl", "carl.png", "key", 0, error="carl.png is damaged.")])
    text = write_report(folder, rows, toy_config()).read_text()
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    embedded = [source for source in checker.images if source]
    assert len(embedded) == 2 * 6
    assert all(source.startswith("data:image/jpeg;base64,") for source in embedded)
    assert "<b>ben</b>" not in text
    assert "&lt;b&gt;ben&lt;/b&gt; &amp; co" in text
    assert "carl.png is damaged." in text
    assert "Hair colour: blond, strength 0.5" in text
    assert not re.search(r"(src|href)=\"(?!data:|\")", text)
    assert "http" not in text.replace("http-equiv", "")


def test_report_of_many_stays_small(folder: RunFolder) -> None:
    rows = portraits(folder, [f"p{number:02}" for number in range(26)])
    text = write_report(folder, rows, toy_config()).read_text()
    assert text.count('class="card"') == 24
    assert "2 more portraits" in text
    assert "p25" in text


def test_report_without_results(folder: RunFolder) -> None:
    rows = [[Record("carl", "carl.png", "key", 0, error="carl.png is damaged.")]]
    assert "damaged" in write_report(folder, rows, toy_config()).read_text()
    assert read_image(write_contact_sheet(folder, rows)).shape[1] > 100


def test_contact_sheet_shows_every_image(folder: RunFolder) -> None:
    import numpy as np

    rows = portraits(folder, ["anna"])
    sheet = read_image(write_contact_sheet(folder, rows))
    one = portrait_image(0).reshape(-1, 3)
    shown = {tuple(colour) for colour in sheet.reshape(-1, 3)}
    assert sum(tuple(colour) in shown for colour in np.unique(one, axis=0)) > 10
    rows = portraits(folder, ["anna", "ben"])
    assert len(read_image(write_contact_sheet(folder, rows))) > len(sheet)


def test_summary_is_over_what_there_is() -> None:
    rows = [
        [Record("a", "a", "k", 1, "Bp_max", 1.0, "x", 2.0, SCORES)],
        [Record("b", "b", "k", 1, "Bp_max", 1.0, "x", 4.0, SCORES | {"leakage": 1.5})],
        [Record("c", "c", "k", 0, error="bad")],
    ]
    found = summary(rows)
    assert (found["portraits"], found["failed"], found["images"], found["seconds"]) == (3, 1, 2, 6.0)
    assert found["leakage"] == 1.0
    (row,) = per_edit(rows)
    assert (row["edit"], row["count"], row["leakage"], row["seconds"]) == ("Bp_max", 2, 1.0, 3.0)
    assert summary([])["leakage"] is None


def test_edits_in_words_and_order() -> None:
    assert title("Bp_max") == "Lips: big"
    assert title("bald") == "Hair colour: bald"
    assert title("my own edit") == "my own edit"
    names = ["free", "Bp_max", "bald", "Bp_min", "Hc_0"]
    assert sorted(names, key=edit_order) == ["Hc_0", "bald", "Bp_min", "Bp_max", "free"]
