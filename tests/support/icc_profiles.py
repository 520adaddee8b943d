"""Colour profiles for tests, as cameras and screens have them."""

import struct

DISPLAY_P3 = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
"""XYZ of its red, green and blue, adapted to D50 (Apple's profile)."""


def wide_gamut(gamma: float = 2.2, primaries: tuple[tuple[float, float, float], ...] = DISPLAY_P3) -> bytes:
    """An ICC profile of version 2, matrix and curves, with the primaries of Display P3."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    def colour(*values: float) -> bytes:
        return b"XYZ \0\0\0\0" + fixed(*values)

    name = b"A wide screen\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IHxx", 1, round(gamma * 256))
    white = (0.9642, 1.0, 0.8249)
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0none\0",
        b"wtpt": colour(*white),
        **{letter + b"XYZ": colour(*primary) for letter, primary in zip((b"r", b"g", b"b"), primaries, strict=True)},
        **{letter + b"TRC": curve for letter in (b"r", b"g", b"b")},
    }
    table, body = struct.pack(">I", len(tags)), b""
    begin = 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        table += tag + struct.pack(">II", begin + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    size = begin + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4s", 2020, 1, 1, 0, 0, 0, b"acsp") + bytes(28) + fixed(*white)
    return header.ljust(128, b"\0") + table + body
