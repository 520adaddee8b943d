"""Text chunks of PNG files, which must not keep a whole picture from being read."""

import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KINDS = (b"tEXt", b"zTXt", b"iTXt")
LONGEST, LONGEST_TOGETHER = 1 << 20, 64 << 20
"""Limits of Pillow on one text and on all texts of a file, bytes."""


def without_bad_texts(path: Path) -> io.BytesIO | None:
    """The PNG file without its texts if one of them is damaged or too long to be read; None for any other file."""
    with path.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return None
        chunks = list(_chunks(file))
        texts = [(start, end) for kind, start, end in chunks if kind in KINDS]
        lengths = [_length(_part(file, start, end)) for start, end in texts]
        if None not in lengths and sum(filter(None, lengths)) <= LONGEST_TOGETHER:
            return None
        kept = [_part(file, start, end) for kind, start, end in chunks if kind not in KINDS]
        rest = _part(file, chunks[-1][2], path.stat().st_size)
    return io.BytesIO(b"".join((SIGNATURE, *kept, rest)))


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of each chunk, of the last one perhaps beyond the file's end."""
    start = len(SIGNATURE)
    while len(header := _part(file, start, start + 8)) == 8:
        end = start + 12 + int.from_bytes(header[:4], "big")
        yield header[4:], start, end
        start = end


def _part(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(max(end - start, 0))


def _length(chunk: bytes) -> int | None:
    """Length of a text once unpacked; None where it is torn or too long, or its checksum is wrong."""
    kind, body = chunk[4:8], chunk[8:-4]
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
        return None
    _, _, rest = body.partition(b"\0")
    packed = rest[1:] if kind == b"zTXt" else None
    if kind == b"iTXt" and rest[:1] == b"\1":
        packed = rest[2:].partition(b"\0")[2].partition(b"\0")[2]
    if packed is None:
        return len(body)
    unpacker = zlib.decompressobj()
    try:
        length = len(unpacker.decompress(packed, LONGEST))
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else length
