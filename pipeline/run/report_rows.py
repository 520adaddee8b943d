"""Rows of a contact sheet or report: images and titles, read from a run folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.batch.folder import RunFolder
from pipeline.batch.manifest import Record
from pipeline.core.attributes import TranslationName, known_attributes, parse
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, resize
from pipeline.core.types import Image


@dataclass(frozen=True)
class Picture:
    """One image of a portrait.

    Attributes:
        label: Edit as in file names.
        title: Edit in words.
        value: Last part of the title.
    """

    path: Path
    label: str
    title: str
    value: str = ""
    record: Record | None = None

    def pixels(self, size: int, enlarge: bool = True) -> Image | None:
        """The image at `size` pixels, smaller images unscaled unless `enlarge`; None when it cannot be read."""
        try:
            image = read_image(self.path)
        except BadInput:
            return None
        return resize(image, size if enlarge else min(size, len(image)))


@dataclass(frozen=True)
class Row:
    """A portrait: original, reconstruction if there is one, edits."""

    name: str
    pictures: tuple[Picture, ...]
    records: tuple[Record, ...]

    @property
    def error(self) -> str | None:
        """Error of the portrait, or None."""
        return self.records[0].error

    @property
    def warning(self) -> str | None:
        """Warning about the portrait, or None."""
        return self.records[0].warning


def gallery(folder: RunFolder, portraits: Sequence[Sequence[Record]]) -> list[Row]:
    """Rows of a run's portraits, edits in the order of the attribute table."""
    rows = []
    for records in portraits:
        first = records[0]
        crop, _ = folder.crop(first.portrait)
        original = crop if crop.is_file() else Path(first.source)
        pictures = [] if first.error else [Picture(original, "original", "Original")]
        rebuilt = folder.reconstruction(first.portrait)
        if rebuilt.is_file() and not first.error:
            pictures.append(Picture(rebuilt, "rebuilt", "Reconstruction"))
        edits = [record for record in records if record.edit is not None and record.image is not None]
        for record in sorted(edits, key=lambda record: edit_order(str(record.edit))):
            name = str(record.edit)
            pictures.append(Picture(folder.path / str(record.image), name, title(name), _value(name), record))
        rows.append(Row(first.portrait, tuple(pictures), tuple(records)))
    return rows


def title(edit: str) -> str:
    """An edit in words, such as `Lips: big` for Bp_max or `Lips: big, strength 0.5` for Bp_max@0.5."""
    name, strength = _parsed(edit)
    if name is None:
        return edit
    words = f"{known_attributes()[name.code].title}: {_value(edit)}"
    return f"{words}, strength {strength}" if strength else words


def edit_order(edit: str) -> tuple[int, int, str]:
    """Sort key: order of the attribute table, strengths of one edit by name."""
    name, _ = _parsed(edit)
    if name is None:
        return len(known_attributes()), 0, edit
    return list(known_attributes()).index(name.code), list(known_attributes()[name.code].values).index(name.value), edit


def _value(edit: str) -> str:
    name, _ = _parsed(edit)
    return "" if name is None else known_attributes()[name.code].values[name.value].title


def _parsed(edit: str) -> tuple[TranslationName | None, str]:
    """An edit's attribute and value, and its strength unless 1; None for combinations and free text."""
    identifier, _, strength = edit.partition("@")
    if "+" in edit:
        return None, ""
    try:
        return parse(identifier), strength
    except BadInput:
        return None, strength
