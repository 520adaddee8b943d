"""Folders as people have them: odd names, odd files, odd sheets, all decided by a seed."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as pillow

from tests.support.toy_models import portrait_image
from tests.support.toy_run import toy_photo

Chance = np.random.Generator

# fmt: off
NAMES = (
    "anna", "Zoë", "Zoe\u0308", "name with spaces", " leading", "trailing ", "dots.in.name", "-dash", "--help", "~",
    "a'b", 'a"b', "[bold]red", "{0}", "%s", "100%", "$HOME", "new\nline", "tab\t", "\x1b[31mred", "e\u202etxt",
    "日本語", "สวัสดี", "😀", "CON", "1", "none", "manifest", "run", "x" * 200, "ü" * 120, os.fsdecode(b"caf\xe9"),
    os.fsdecode(b"\xff\xfe"), "a_1", "a", ";,\t",
)
SUFFIXES = (
    ".png", ".PNG", ".jpg", ".jpeg", ".jfif", ".webp", ".tif", ".gif", ".bmp", "", ".txt", ".heic", ".json", ".csv",
)
KINDS = (
    ("PNG", "L LA RGB RGBA P 1 I;16"), ("JPEG", "L RGB CMYK"), ("WEBP", "RGB RGBA"), ("GIF", "P L"), ("AVIF", "RGB"),
    ("TIFF", "L RGB RGBA I;16 F CMYK LAB 1"), ("BMP", "L RGB 1"), ("JPEG2000", "L RGB RGBA"), ("ICO", "RGBA"),
    ("TGA", "RGB"), ("PPM", "RGB"),
)
# fmt: on


def odd_folder(folder: Path, seed: int) -> Path:
    """A folder of two to seven files; at least one is a picture of a face that can be used."""
    chance = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    _png(portrait_image(seed), folder / "good.png")
    for _ in range(chance.integers(1, 7)):
        name = str(chance.choice(NAMES)) + str(chance.choice(SUFFIXES))
        make = FILES[chance.integers(len(FILES))]
        if not os.path.lexists(folder / name):
            make(folder / name, chance)
    return folder


def odd_sheet(path: Path, photos: Path, seed: int) -> Path:
    """A sheet for such a folder, as programs write them or as they get damaged."""
    chance = np.random.default_rng(seed)
    names = [path.name.encode("utf-8", "replace").decode() for path in photos.iterdir()]
    comma = str(chance.choice([",", ";", "\t"]))
    head = ["photo", "edit", "strength"] if chance.random() < 0.7 else ["Photo", "EDIT", "note"]
    edits = ["Bp_max", "Hc_1", "bp_max", "Bp_mx", "", "Bp_max@0,5", "none", "Bp_max+Hc_1", "Bp_max@nan", "=1+1"]
    rows = [head] * (chance.random() < 0.9)
    for _ in range(chance.integers(0, 6)):
        photo = str(chance.choice([*names, "good", "good.png", "nobody.png", ""]))
        rows.append([photo, str(chance.choice(edits)), str(chance.choice(["1", "0,5", "0.5", "", "much", "1e99"]))])
    text = "\r\n".join(comma.join(row) for row in rows)
    encoding = str(chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"]))
    data = text.encode(encoding, "replace")
    if chance.random() < 0.15:
        data = chance.integers(0, 256, 200, np.uint8).tobytes()
    path.write_bytes(data[: len(data) - int(chance.integers(0, 3))])
    return path


def _png(pixels: np.ndarray, path: Path) -> None:
    with path.open("w+b") as file:
        pillow.fromarray(pixels).save(file, "PNG")


def _picture(chance: Chance) -> pillow.Image:
    seed = int(chance.integers(1000))
    return pillow.fromarray(portrait_image(seed) if chance.random() < 0.6 else toy_photo(seed))


def _any_format(path: Path, chance: Chance) -> None:
    kind, modes = KINDS[chance.integers(len(KINDS))]
    mode = str(chance.choice(modes.split()))
    picture = _picture(chance)
    if mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.applyTransform(picture, ImageCms.buildTransform(srgb, lab, "RGB", "LAB"))
    elif mode in ("I;16", "F"):
        grey = np.asarray(picture.convert("L"))
        values = grey.astype({"I;16": np.uint16, "F": np.float32}[mode]) * 257
        if mode == "F" and chance.random() < 0.5:
            values[:3] = np.nan
        picture = pillow.fromarray(values)
    else:
        picture = picture.convert(mode)
    buffer = io.BytesIO()
    picture.save(buffer, kind)
    path.write_bytes(buffer.getvalue())


def _several_frames(path: Path, chance: Chance) -> None:
    kind = str(chance.choice(["GIF", "TIFF", "WEBP", "PNG", "MPO"]))
    with path.open("w+b") as file:
        first, second = _picture(chance), _picture(chance)
        first.save(file, kind, save_all=True, append_images=[second.resize(first.size)])


def _deep(path: Path, chance: Chance) -> None:
    pixels = np.asarray(_picture(chance)).astype(np.uint16) * 257
    if chance.random() < 0.5:
        pixels = np.dstack([pixels, np.full(pixels.shape[:2], chance.integers(0, 65536), np.uint16)])
    path.write_bytes(cv2.imencode(".png", pixels)[1].tobytes())


def _torn(path: Path, chance: Chance) -> None:
    _any_format(path, chance)
    data = path.read_bytes()
    path.write_bytes(data[: int(chance.integers(len(data)))])


def _flipped(path: Path, chance: Chance) -> None:
    _any_format(path, chance)
    data = bytearray(path.read_bytes())
    for _ in range(int(chance.integers(1, 9))):
        data[int(chance.integers(len(data)))] ^= 1 << int(chance.integers(8))
    path.write_bytes(data)


def _bytes(path: Path, chance: Chance) -> None:
    path.write_bytes(chance.integers(0, 256, int(chance.integers(0, 3)) * 500, np.uint8).tobytes())


def _huge(path: Path, chance: Chance) -> None:
    header = struct.pack(">IIBBBBB", 100_000, int(chance.choice([100_000, 1])), 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)


def _bad_exif(path: Path, chance: Chance) -> None:
    exif = pillow.Exif()
    exif[274], exif[270] = int(chance.integers(0, 12)), "title " * 9
    exif[0x8825] = {1: "N", 2: (1.0, 2.0, 3.0)}
    block = bytearray(exif.tobytes())
    if chance.random() < 0.7:
        block = block[: int(chance.integers(6, len(block)))]
    with path.open("w+b") as file:
        _picture(chance).save(file, str(chance.choice(["JPEG", "PNG", "WEBP"])), exif=bytes(block))


def _tiny(path: Path, chance: Chance) -> None:
    shape = [(1, 1), (1, 400), (400, 1), (3, 3), (63, 64), (64, 64)][chance.integers(6)]
    _png(chance.integers(0, 256, (*shape, 3), np.uint8), path)


def _one_colour(path: Path, chance: Chance) -> None:
    _png(np.full((90, 90, 3), chance.integers(0, 256), np.uint8), path)


def _no_file(path: Path, chance: Chance) -> None:
    kind = chance.integers(4)
    if kind == 0:
        path.mkdir()
    elif kind == 1:
        path.symlink_to("nowhere.png")
    elif kind == 2:
        path.symlink_to(path)
    else:
        os.mkfifo(path)


FILES: tuple[Callable[[Path, Chance], None], ...] = (
    *(_any_format, _any_format, _several_frames, _deep, _torn, _flipped, _flipped),
    *(_bytes, _huge, _bad_exif, _tiny, _one_colour, _no_file),
)
