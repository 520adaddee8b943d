"""Edit sheets: tables with the columns photo, edit and strength, as text editors and spreadsheet programs save them."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.core.progress import SILENT, Progress
from pipeline.edit.requests import EditRequest, read_request

COLUMNS = ("photo", "edit", "strength")
BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def read_sheet(path: Path, photos: Iterable[str], progress: Progress = SILENT) -> dict[str, tuple[EditRequest, ...]]:
    """Edit requests by photo.

    Read are UTF-8, UTF-16 with a byte-order mark and Windows' Western encoding; commas, semicolons or tabs between the
    cells; decimal commas where cells are not separated by commas; headings in any case, further columns ignored. Names
    of photos are compared in Unicode's composed form.

    Raises:
        BadInput: The line that is wrong, and why.
    """
    header, *rows = _rows(path, progress)
    place = {heading.strip().casefold(): index for index, heading in enumerate(header)}
    if not {"photo", "edit"} <= place.keys():
        raise BadInput(
            f"The sheet {path} needs a header line with the columns {', '.join(COLUMNS)}; it has {', '.join(header)}."
        )
    if further := [heading for heading in header if heading.strip() and heading.strip().casefold() not in COLUMNS]:
        progress.note(f"{path}: columns {', '.join(further)} are ignored.")
    known = {unicodedata.normalize("NFC", name): name for name in photos}
    found: dict[str, dict[str, EditRequest]] = {}
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        photo, edit, strength = (_cell(row, place.get(column)) for column in COLUMNS)
        where = f"{path}, line {number}"
        composed = unicodedata.normalize("NFC", photo)
        name = known.get(Path(composed).stem) or known.get(composed)
        if name is None:
            raise BadInput(f"{where}: there is no photo {photo!r}{nearest(Path(photo).stem, known, '.')}")
        try:
            request = read_request(edit, strength or "1")
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from error
        if request.name in found.setdefault(name, {}):
            raise BadInput(f"{where}: {request.name} is listed twice for {name}.")
        found[name][request.name] = request
    if not found:
        raise BadInput(f"The sheet {path} lists no edits.")
    return {name: tuple(requests.values()) for name, requests in found.items()}


def _rows(path: Path, progress: Progress) -> list[list[str]]:
    """Cells of every line, headings first."""
    text = _text(path, progress)
    separator = None
    first, _, rest = text.partition("\n")
    if first.lower().startswith("sep="):  # a line for spreadsheet programs alone
        separator, text = first.strip()[4:5], rest
    heading = text.partition("\n")[0]
    separator = separator or max(",;\t", key=heading.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)) or [[]]
    except csv.Error as error:
        raise BadInput(f"The sheet {path} cannot be read ({error}): save it as CSV UTF-8.") from error


def _text(path: Path, progress: Progress) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadInput(f"The sheet {path} cannot be read ({error.strerror or error}).") from error
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        try:
            text = data.decode("cp1252")
        except UnicodeDecodeError:
            raise BadInput(f"The sheet {path} is no text that can be read: save it as CSV UTF-8.") from error
    progress.note(f"{path} is not UTF-8 and was read as Western European; if names look wrong, save it as CSV UTF-8.")
    return text


def _cell(row: Sequence[str], index: int | None) -> str:
    return row[index].strip() if index is not None and index < len(row) else ""
