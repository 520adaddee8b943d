"""Pictures without a file: they get one, links are fetched with care, and the folder does not grow for ever."""

import base64
import os
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from apps.editor.threads import clipboard_images
from apps.editor.threads.clipboard_images import fetch, store, trim
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from tests.support.misbehaving_server import (
    Misbehaving,
    cut_off,
    endless,
    page,
    redirect,
    slow,
    status,
    whole,
)
from tests.support.toy_models import portrait_image


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    """In place of the check of the windows' tests: the server's threads may still be hanging up."""


@pytest.fixture
def png(tmp_path: Path) -> bytes:
    write_image(tmp_path / "_.png", portrait_image(1))
    return (tmp_path / "_.png").read_bytes()


def nobody() -> None:
    """Nobody gives the picture up."""


def test_pixels_get_one_file_however_often_they_come(tmp_path: Path) -> None:
    folder = tmp_path / "opened"
    path = store(portrait_image(1), folder)
    assert store(portrait_image(1), folder) == path
    store(portrait_image(2), folder)
    assert len(list(folder.iterdir())) == 2
    assert np.array_equal(read_image(path), portrait_image(1))


def test_a_link_is_followed_and_named_after_its_picture(tmp_path: Path, host: Misbehaving, png: bytes) -> None:
    host.put("/photos/anna%20b.png", whole(png, kind="image/png"))
    path = fetch(host.put("/short", redirect("/photos/anna%20b.png")), tmp_path / "opened", nobody)
    assert np.array_equal(read_image(path), portrait_image(1)) and path.name.startswith("short ")
    assert fetch(host.address("/photos/anna%20b.png"), tmp_path, nobody).name.startswith("anna b ")


@pytest.mark.parametrize("form", ["base64", "percent"])
def test_a_picture_within_its_link(tmp_path: Path, png: bytes, form: str) -> None:
    link = "data:image/png;base64," + base64.b64encode(png).decode() if form == "base64" else "data:," + quote(png)
    assert fetch(link, tmp_path / "opened", nobody).read_bytes() == png


def test_what_cannot_be_got_is_one_sentence(tmp_path: Path, host: Misbehaving, png: bytes) -> None:
    cases = {
        host.put("/none", status(404)): "status 404",
        host.put("/half", cut_off(png, 40)): "at 127.0.0.1 cannot be downloaded",
        host.put("/page", page("<html><body>Sign in</body></html>")): "returned a web page",
        "http://127.0.0.1:9/a.png": "at 127.0.0.1 cannot be downloaded",
        "http://[::bad/a.png": "is not valid",
        "ftp://example.org/a.png": "Links of type ftp cannot be opened",
        "data:image/png;base64,A": "is damaged",
    }
    for link, words in cases.items():
        with pytest.raises(BadInput, match=words) as raised:
            fetch(link, tmp_path / "opened", nobody)
        assert "open the file" in str(raised.value)
    assert not list(tmp_path.glob("opened/*"))


def test_what_has_no_end_is_not_read_to_it(
    tmp_path: Path, host: Misbehaving, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard_images, "MAX_DOWNLOAD", 10 * len(png))
    with pytest.raises(BadInput, match="larger than"):
        fetch(host.put("/endless", endless(png)), tmp_path, nobody)


def test_a_silent_server_and_a_user_who_leaves(
    tmp_path: Path, host: Misbehaving, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clipboard_images, "READ_TIMEOUT", 0.2)
    with pytest.raises(BadInput, match="cannot be downloaded"):
        fetch(host.put("/silent", slow(png, 2, 2.0)), tmp_path, nobody)

    def leave() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        fetch(host.put("/a.png", whole(png)), tmp_path / "opened", leave)
    assert not (tmp_path / "opened").exists()


def test_the_folder_keeps_what_was_used_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard_images, "MAX_FOLDER", 250)
    for age, name in enumerate(("new", "old", "older", "oldest")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    trim(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"new", "old"}
    trim(tmp_path / "nowhere")
