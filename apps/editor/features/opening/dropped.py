"""What a drop or the clipboard holds that could be a photo."""

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QMimeData
from PyQt6.QtGui import QImage, QPainter

from pipeline.core.types import Image

LINKS = ("http", "https", "data")


@dataclass(frozen=True, eq=False)
class Given:
    """One of these: files and folders, or a picture, or the link of one."""

    paths: tuple[Path, ...] = ()
    picture: QImage | None = None
    link: str = ""

    def __bool__(self) -> bool:
        return bool(self.paths or self.picture is not None or self.link)


def given(data: QMimeData | None) -> Given:
    """Files before pictures before links: a browser's link of a picture may be that of a page behind it."""
    if data is None:
        return Given()
    if paths := tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()):
        return Given(paths)
    if data.hasImage():
        picture = QImage(data.imageData())
        if not picture.isNull():
            return Given(picture=picture)
    links = [*_Sources.of(data.html()), *(url.toString() for url in data.urls())]
    return Given(link=next((link for link in links if link.split(":")[0] in LINKS), ""))


def to_image(picture: QImage) -> Image:
    """Pixels uint8 (H, W, 3), transparency laid on white."""
    flat = QImage(picture.size(), QImage.Format.Format_RGB888)
    flat.fill(0xFFFFFFFF)
    painter = QPainter(flat)
    painter.drawImage(0, 0, picture)
    painter.end()
    pixels = flat.constBits()
    assert pixels is not None
    content = bytes(pixels.asarray(flat.sizeInBytes()))
    rows = np.frombuffer(content, np.uint8).reshape(flat.height(), flat.bytesPerLine())
    return rows[:, : 3 * flat.width()].reshape(flat.height(), flat.width(), 3).copy()


class _Sources(HTMLParser):
    """The pictures of a piece of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src")
        if tag == "img" and source:
            self.found.append(source)

    @classmethod
    def of(cls, page: str) -> list[str]:
        parser = cls()
        parser.feed(page)
        return parser.found
