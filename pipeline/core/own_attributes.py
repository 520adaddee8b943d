"""Entries of the user's own directions: an attribute with a cursor, as in configs/attributes.yaml, beside its code."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from pipeline.core.attributes import BALD, Attribute, Segmentation, Value, attributes, known_attributes, read_entry
from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.names import nearest

CODE = re.compile(r"[a-z][a-z0-9-]{1,31}")
"""Form of a code: what a file name and an edit such as `big-smile_max@0.5+Hc_1` can hold."""

GROUP = "my sliders"
ENDS = ("less", "more")
KEYS = ("code", "title", "group", "help", "domain", "segmentation", "cursor")
LONGEST = 80
"""Characters of a title."""


def own_attribute(
    title: str,
    group: str = GROUP,
    parts: Iterable[str] = (),
    code: str = "",
    ends: tuple[str, str] = ENDS,
    text: str = "",
) -> Attribute:
    """Entry of an own direction.

    Args:
        parts: Names of the parts of the face that it may change; empty: everything but the background.
        code: Short name in translations; by default made of the title.
        ends: Titles of its two ends.
        text: Help.

    Raises:
        BadInput: A title, group or code that cannot be used.
    """
    title, group = " ".join(title.split()), " ".join(group.split()).lower()
    for word, what in ((title, "title"), (group, "group")):
        if not word or len(word) > LONGEST or not word.isprintable():
            raise BadInput(f"The {what} {word!r} cannot be used: write 1 to {LONGEST} letters.")
    named = tuple(dict.fromkeys(parts))
    return Attribute(
        code=checked_code(code or slug(title)),
        title=title,
        group=group,
        help=text or "A direction of your own.",
        domain=None,
        segmentation=Segmentation(parts=named) if named else Segmentation(all_but=()),
        cursor={end: Value(name, {}) for end, name in zip(("min", "max"), ends, strict=True)},
        challenge=False,
    )


def slug(title: str) -> str:
    """Code made of a title, "Big smile" -> "big-smile"; "direction" where nothing of it is left."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-0123456789")[:32].strip("-")
    if words in _table_codes():
        return f"{words}-own"
    return words if len(words) > 1 else "direction"


def free_code(code: str) -> str:
    """The code itself, or the first of code-2, code-3, ... that no known attribute has."""
    taken = {known.casefold() for known in (*known_attributes(), BALD)}
    number, found = 2, code
    while found in taken:
        number, found = number + 1, f"{code[:28]}-{number}"
    return found


def checked_code(code: str) -> str:
    """The code; raises BadInput for another form, or a code of the table."""
    if not CODE.fullmatch(code):
        raise BadInput(f"The code {code!r} cannot be used: write 2 to 32 of a-z, 0-9 and -, such as big-smile.")
    if code in _table_codes():
        raise BadInput(f"The code {code} belongs to an attribute of the table: choose another.")
    return code


def dump_own(attribute: Attribute) -> str:
    """JSON of an own direction's entry."""
    row = asdict(attribute)
    row["domain"] = "all" if attribute.domain is None else [_without_none(shape) for shape in row["domain"]]
    row["segmentation"] = _without_none(row["segmentation"])
    row["cursor"] = {end: {"title": value.title} for end, value in attribute.cursor.items()}
    return json.dumps({key: row[key] for key in KEYS}, ensure_ascii=False)


def load_own(text: str, place: str) -> Attribute:
    """Entry from its JSON; raises BadInput for other content, `place` names the file in the sentence."""
    try:
        row = json.loads(text)
        unknown = [key for key in row if key not in KEYS]
        if unknown:
            raise BadInput(f"The entry of {place} has an unknown key {unknown[0]}{nearest(unknown[0], KEYS)}")
        code = checked_code(str(row.pop("code")))
        row["cursor"] = {end: {**value, "parameters": {}} for end, value in row["cursor"].items()}
        return read_entry(code, {**row, "challenge": False}, place)
    except BadConfig as error:
        raise BadInput(str(error)) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"The entry of {place} is damaged: name the direction again.") from error


def _table_codes() -> set[str]:
    return {known.casefold() for known in (*attributes(), BALD)}


def _without_none(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not None}
