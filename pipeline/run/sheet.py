"""Edit sheets: CSV files with the columns photo, edit, strength."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.names import nearest
from pipeline.edit.requests import EditRequest, read_request

COLUMNS = ("photo", "edit", "strength")


def read_sheet(path: Path, photos: Iterable[str]) -> dict[str, tuple[EditRequest, ...]]:
    """Requests by photo from a CSV file with the columns photo, edit and optionally strength.

    Raises:
        BadInput: The file cannot be read, or has an invalid line, which is named.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The sheet {path} cannot be read ({getattr(error, 'strerror', None) or error}).") from error
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    known, columns = set(photos), reader.fieldnames or []
    if not {"photo", "edit"} <= set(columns) <= set(COLUMNS):
        raise BadInput(
            f"The sheet {path} needs a header line with the columns {', '.join(COLUMNS)}; it has {', '.join(columns)}."
        )
    found: dict[str, dict[str, EditRequest]] = {}
    for row in reader:
        where = f"{path}, line {reader.line_num}"
        name = Path((row["photo"] or "").strip()).stem
        if name not in known:
            raise BadInput(f"{where}: there is no photo {row['photo']!r}{nearest(name, photos, '.')}")
        try:
            request = read_request(row["edit"] or "", float(row.get("strength") or 1))
        except BadInput as error:
            raise BadInput(f"{where}: {error}") from error
        except ValueError as error:
            raise BadInput(f"{where}: the strength {row['strength']!r} is not a number.") from error
        if request.name in found.setdefault(name, {}):
            raise BadInput(f"{where}: {request.name} is listed twice for {name}.")
        found[name][request.name] = request
    if not found:
        raise BadInput(f"The sheet {path} lists no edits.")
    return {name: tuple(requests.values()) for name, requests in found.items()}
