"""Submissions: what is built passes, and every kind of broken zip is named."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.core.challenge import OFFICIAL_NAMES
from pipeline.core.errors import BadInput
from pipeline.submission import Problem, build, check, expected_files

NAMES = ("0_0_0_0_0_1_1_0_0", "1_1_0_0_1_0_4_1_2")
FILES = expected_files(NAMES)
HAIR, BALD = NAMES


def _png(size: tuple[int, int] = (512, 512), mode: str = "RGB", kind: str = "PNG", value: int = 90) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, (value, 120, 200)).convert(mode).save(buffer, kind)
    return buffer.getvalue()


GOOD = _png()


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    for path in FILES:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(GOOD)
    return folder


@pytest.fixture(scope="module")
def valid(images: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("zips") / "valid.zip"
    assert build(images, target, NAMES) == []
    return target


def _rewrite(source: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> list[Problem]:
    with zipfile.ZipFile(source) as archive:
        content = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    change(content)
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return check(target, NAMES)


def _kinds(problems: list[Problem]) -> set[tuple[str, str]]:
    return {(problem.kind, problem.path) for problem in problems}


def test_what_is_built_passes(valid: Path) -> None:
    assert check(valid, NAMES) == []
    with zipfile.ZipFile(valid) as archive:
        names = archive.namelist()
    assert sorted(names) == sorted([f"{HAIR}/", f"{BALD}/", *FILES])
    assert len(FILES) == 24 + 25


def test_same_images_same_bytes(images: Path, valid: Path, tmp_path: Path) -> None:
    for path in FILES:
        (tmp_path / "again" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "again" / path).write_bytes((images / path).read_bytes())
    build(tmp_path / "again", tmp_path / "again.zip", NAMES)
    assert (tmp_path / "again.zip").read_bytes() == valid.read_bytes()


def test_the_official_set_has_1731_files() -> None:
    assert len(expected_files()) == len(set(expected_files())) == 1731
    assert len(OFFICIAL_NAMES) == 72


def _set(name: str, data: bytes) -> Callable[[dict[str, bytes]], None]:
    return lambda content: content.__setitem__(name, data)


def _move(old: str, new: str) -> Callable[[dict[str, bytes]], None]:
    return lambda content: content.__setitem__(new, content.pop(old))


def _around(content: dict[str, bytes]) -> None:
    for name in list(content):
        content[f"submission/{name}"] = content.pop(name)


BP = f"{HAIR}/Bp_max.png"
BROKEN = {
    "missing": (lambda content: content.pop(BP), {("missing", BP)}),
    "missing directory": (lambda content: content.pop(f"{HAIR}/"), {("missing directory", f"{HAIR}/")}),
    "missing input": (
        lambda content: [content.pop(name) for name in list(content) if name.startswith(BALD)],
        {("missing directory", f"{BALD}/"), *(("missing", name) for name in FILES if name.startswith(BALD))},
    ),
    "extra": (_set(f"{HAIR}/Hc_1.png", GOOD), {("extra", f"{HAIR}/Hc_1.png")}),
    "extra text": (_set(f"{HAIR}/readme.txt", b"hello"), {("extra", f"{HAIR}/readme.txt")}),
    "bald person made bald": (_set(f"{BALD}/bald.png", GOOD), {("extra", f"{BALD}/bald.png")}),
    "extra directory": (_set("0_0_0_0_0_0_0_0_0/", b""), {("extra directory", "0_0_0_0_0_0_0_0_0/")}),
    "unknown input": (_set("x/Bp_max.png", GOOD), {("wrong folder", "x/Bp_max.png")}),
    "outside": (_set("Bp_max.png", GOOD), {("wrong folder", "Bp_max.png")}),
    "seed's name": (
        _move(f"{HAIR}/bald.png", f"{HAIR}/Hc_4.png"),
        {("misnamed", f"{HAIR}/Hc_4.png"), ("missing", f"{HAIR}/bald.png")},
    ),
    "capitals": (
        _move(BP, f"{HAIR}/bp_max.PNG"),
        {("misnamed", f"{HAIR}/bp_max.PNG"), ("missing", BP)},
    ),
    "unsafe": (_set(f"../{BP}", GOOD), {("unsafe path", f"../{BP}")}),
    "size": (_set(BP, _png((256, 256))), {("wrong size", BP)}),
    "not square": (_set(BP, _png((512, 511))), {("wrong size", BP)}),
    "transparent": (_set(BP, _png(mode="RGBA")), {("not RGB", BP)}),
    "grey": (_set(BP, _png(mode="L")), {("not RGB", BP)}),
    "palette": (_set(BP, _png(mode="P")), {("not RGB", BP)}),
    "jpeg": (_set(BP, _png(kind="JPEG")), {("no PNG", BP)}),
    "empty": (_set(BP, b""), {("corrupt", BP)}),
    "text": (_set(BP, b"this is no image"), {("corrupt", BP)}),
    "cut": (_set(BP, GOOD[: len(GOOD) // 2]), {("corrupt", BP)}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_zips_are_named(name: str, valid: Path, tmp_path: Path) -> None:
    change, expected = BROKEN[name]
    problems = _rewrite(valid, tmp_path / "broken.zip", change)
    assert _kinds(problems) == expected
    assert all(problem.message for problem in problems)


def test_a_folder_around_everything(valid: Path, tmp_path: Path) -> None:
    problems = _rewrite(valid, tmp_path / "broken.zip", _around)
    assert ("wrong folder", f"submission/{BP}") in _kinds(problems)
    assert sum(problem.kind == "missing" for problem in problems) == len(FILES)


def test_duplicates(valid: Path, tmp_path: Path) -> None:
    twice = tmp_path / "twice.zip"
    twice.write_bytes(valid.read_bytes())
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(BP, GOOD)
    assert _kinds(check(twice, NAMES)) == {("duplicate", BP)}


def test_damaged_bytes_within_an_entry(valid: Path, tmp_path: Path) -> None:
    data = bytearray(valid.read_bytes())
    with zipfile.ZipFile(valid) as archive:
        start = archive.getinfo(BP).header_offset + 30 + len(BP)
    data[start + 100] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(data)
    assert _kinds(check(tmp_path / "damaged.zip", NAMES)) == {("corrupt", BP)}


def test_a_huge_entry_is_not_unpacked(valid: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(valid) as old, zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, bytes(30_000_000) if entry.filename == BP else old.read(entry))
    assert _kinds(check(tmp_path / "bomb.zip", NAMES)) == {("too large", BP)}


def test_encrypted_entries_and_links(valid: Path, tmp_path: Path) -> None:
    data = bytearray(valid.read_bytes())
    place = data.rindex(b"PK\x01\x02", 0, data.rindex(BP.encode()))
    data[place + 8] |= 1
    (tmp_path / "secret.zip").write_bytes(data)
    assert ("encrypted", BP) in _kinds(check(tmp_path / "secret.zip", NAMES))
    data[place + 8] &= ~1
    data[place + 38 : place + 42] = struct.pack("<I", 0o120777 << 16)
    (tmp_path / "link.zip").write_bytes(data)
    assert _kinds(check(tmp_path / "link.zip", NAMES)) == {("link", BP)}


@pytest.mark.parametrize("keep", [0, 10, 5000])
def test_cut_zips(keep: int, valid: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(valid.read_bytes()[:keep])
    assert [problem.kind for problem in check(tmp_path / "cut.zip", NAMES)] == ["no zip"]


def test_no_zip_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no zip"):
        check(tmp_path / "none.zip", NAMES)


def test_absent_edits_are_named_or_copied(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    for path in FILES:
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).write_bytes((images / path).read_bytes())
    (run / BP).unlink()
    target = tmp_path / "new" / "out.zip"
    with pytest.raises(BadInput, match="Bp_max"):
        build(run, target, NAMES)
    assert not target.exists()
    (tmp_path / "references").mkdir()
    (tmp_path / "references" / f"{HAIR}.png").write_bytes(_png((256, 256), value=10))
    assert build(run, target, NAMES, tmp_path / "references") == [BP]
    assert check(target, NAMES) == []
    with zipfile.ZipFile(target) as archive:
        copied = np.array(Image.open(io.BytesIO(archive.read(BP))))
    assert (copied == (10, 120, 200)).all()


def test_other_sizes_and_modes_are_converted_and_broken_images_refused(images: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    for path in FILES:
        (run / path).parent.mkdir(parents=True, exist_ok=True)
        (run / path).write_bytes(_png((64, 64), mode="RGBA"))
    build(run, tmp_path / "out.zip", NAMES)
    assert check(tmp_path / "out.zip", NAMES) == []
    (run / BP).write_bytes(b"no image")
    with pytest.raises(BadInput, match="Bp_max"):
        build(run, tmp_path / "other.zip", NAMES)
    (run / BP).write_bytes(_png((64, 32)))
    with pytest.raises(BadInput, match="square images"):
        build(run, tmp_path / "other.zip", NAMES)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.zip", "run"]
