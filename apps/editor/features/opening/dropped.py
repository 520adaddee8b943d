"""Photos in dropped or copied data: files, pixels or a link."""

from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QMimeData
from PyQt6.QtGui import QImage, QPainter

from pipeline.core.types import Image

LINKS = ("http", "https", "data")


@dataclass(frozen=True, eq=False)
class DroppedContent:
    """Files and folders, or pixels, or the http, https or data address of a picture; falsy if all are empty."""

    paths: tuple[Path, ...] = ()
    picture: QImage | None = None
    link: str = ""

    def __bool__(self) -> bool:
        return bool(self.paths or self.picture is not None or self.link)


def dropped_content(data: QMimeData | None) -> DroppedContent:
    """The content to open: files before pixels before links, since a browser's link may lead to a page instead."""
    if data is None:
        return DroppedContent()
    if paths := tuple(Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()):
        return DroppedContent(paths)
    if data.hasImage() and not (picture := QImage(data.imageData())).isNull():
        return DroppedContent(picture=picture)
    parser = _ImageSources()
    parser.feed(data.html())
    links = [*parser.found, *(url.toString() for url in data.urls())]
    return DroppedContent(link=next((link for link in links if link.split(":")[0] in LINKS), ""))


def to_image(picture: QImage) -> Image:
    """Pixels, uint8 (H, W, 3), composited on white."""
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


class _ImageSources(HTMLParser):
    """Collects the image addresses in HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        source = dict(attrs).get("src")
        if tag == "img" and source:
            self.found.append(source)
