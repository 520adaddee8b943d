"""Edit sheets as Excel, Numbers, LibreOffice and Python write them."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import BadInput
from pipeline.run.sheet import read_sheet
from tests.support.recorder import Recorder

PHOTOS = ("Zoë", "anna", "no.1")
PLAIN = "photo,edit,strength\nZoë.png,Bp_max,0.5\nanna,Hc_1+Bp_min@0.5,\n"


def read(path: Path, text: str, encoding: str = "utf-8", progress: Recorder | None = None) -> dict[str, list[str]]:
    path.write_bytes(text.encode(encoding))
    found = read_sheet(path, PHOTOS, progress or Recorder())
    return {name: [request.name for request in requests] for name, requests in found.items()}


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "edits.csv"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_encodings(sheet: Path, encoding: str, ends: str) -> None:
    progress = Recorder()
    found = read(sheet, PLAIN.replace("\n", ends), encoding, progress)
    assert found == {"Zoë": ["Bp_max@0.5"], "anna": ["Hc_1+Bp_min@0.5"]}
    assert bool(progress.sentences) == (encoding == "cp1252")


@pytest.mark.parametrize(
    "text",
    [
        "photo;edit;strength\nZoë.png;Bp_max;0,5\n",
        "photo\tedit\tstrength\nZoë.png\tBp_max\t0,5\n",
        "sep=;\nPhoto;Edit;Strength\nZoë;Bp_max;0,5\n",
        'PHOTO , Edit ,STRENGTH\n"Zoë.png", Bp_max ,0.5\n,,\n',
        f"photo,edit,strength\n{unicodedata.normalize('NFD', 'Zoë')}.png,Bp_max,0.5\n",
        "photo,note,edit,strength\nZoë.png,the first,Bp_max,0.5\n",
        "edit,strength,photo\nBp_max,0.5,somewhere/Zoë.jpeg\n",
    ],
)
def test_forms(sheet: Path, text: str) -> None:
    assert read(sheet, text) == {"Zoë": ["Bp_max@0.5"]}


@pytest.mark.parametrize("row", ["anna,Bp_max,least", "anna,Bp_max@least,", "anna,Bp_max@least,0.5"])
def test_the_least_strength_that_reaches_the_target(sheet: Path, row: str) -> None:
    sheet.write_text(f"photo,edit,strength\n{row}\n")
    (request,) = read_sheet(sheet, PHOTOS)["anna"]
    assert (request.identifier, request.strength, request.name) == ("Bp_max", None, "Bp_max@least")


def test_further_columns_are_named(sheet: Path) -> None:
    progress = Recorder()
    read(sheet, "photo,edit,who,\nanna,Bp_max,me,\n", progress=progress)
    assert progress.sentences == [f"{sheet}: columns who are ignored."]


def test_names_with_dots(sheet: Path) -> None:
    assert read(sheet, "photo,edit\nno.1,Bp_max\n") == {"no.1": ["Bp_max"]}
    assert read(sheet, "photo,edit\nno.1.png,Bp_max\n") == {"no.1": ["Bp_max"]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("photo,change\nanna,Bp_max\n", "needs a header line with the columns photo, edit, strength"),
        ("", "needs a header line"),
        ("photo,edit\nann,Bp_max\n", r"line 2: there is no photo 'ann': did you mean anna\?"),
        ("photo,edit,strength\nanna,Bp_max,much\n", "the strength 'much' is neither a number nor least"),
        ("photo,edit\nanna,Bp_max\nanna,Bp_max\n", "line 3: Bp_max is listed twice for anna"),
        ("photo,edit\nanna\n", "line 2: "),
        ("photo,edit\n", "lists no edits"),
    ],
)
def test_mistakes_are_one_sentence(sheet: Path, text: str, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        read(sheet, text)


def test_no_text_at_all(sheet: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        read_sheet(tmp_path / "absent.csv", PHOTOS)
    sheet.write_bytes(b"photo,edit\n\x81\x8d,Bp_max\n")
    with pytest.raises(BadInput, match="save it as CSV UTF-8"):
        read_sheet(sheet, PHOTOS)


@given(st.binary(max_size=200))
def test_any_bytes_give_requests_or_a_sentence(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "odd.csv"
    path.write_bytes(b"photo,edit\n" + data)
    try:
        read_sheet(path, PHOTOS)
    except BadInput as error:
        assert "\n" not in str(error)
