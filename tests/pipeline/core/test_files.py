"""A write is complete or has not happened, also on a full disk and when the process dies between its steps."""

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from pipeline.core.errors import BadInput
from pipeline.core.files import require_local, sha256, write_atomic


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_writes_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "new" / "folder" / "file.bin"
    write_atomic(target, b"first")
    write_atomic(target, b"second")
    assert target.read_bytes() == b"second"
    assert _names(target.parent) == ["file.bin"]


def test_has_the_permissions_of_an_ordinary_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_bytes(b"")
    write_atomic(tmp_path / "atomic", b"")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ordinary", "atomic")}
    assert len(modes) == 1


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_full_disk_keeps_the_old_file_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    target = tmp_path / "file.bin"
    target.write_bytes(b"old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "replace")), full)
    with pytest.raises(BadInput, match="disk is full"):
        write_atomic(target, b"new")
    assert target.read_bytes() == b"old"
    assert _names(tmp_path) == ["file.bin"]


def test_an_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "file.bin", b"new")
    assert _names(tmp_path) == []


def test_a_leftover_of_a_killed_run_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".file.bin.abcd.tmp").write_bytes(b"half")
    write_atomic(tmp_path / "file.bin", b"whole")
    assert (tmp_path / "file.bin").read_bytes() == b"whole"


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "taken").write_bytes(b"")
    with pytest.raises(BadInput, match="Cannot write"):
        write_atomic(tmp_path / "taken" / "file.bin", b"new")


def test_sha256(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    assert sha256(tmp_path / "file") == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("path", ["s3://bucket/photos", "gs://x", "memory://a/b", "https://host/a.png"])
def test_addresses_are_no_folders(path: str) -> None:
    with pytest.raises(BadInput, match=f"{path} is an address"):
        require_local(Path(path))


@pytest.mark.parametrize("path", ["photos", "/photos", "a:b/c", "C:/photos", ".", "x/s3:/y"])
def test_odd_names_are_folders(path: str) -> None:
    require_local(Path(path))
