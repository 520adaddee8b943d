"""From end to end on a real X server: a user with mouse and keyboard, and the program as it is started."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.core.images import read_image
from pipeline.world.samples import write_samples

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not shutil.which("Xvfb") or not shutil.which("xdotool"), reason="Xvfb or xdotool is not here"),
]
TIMEOUT = 600.0
"""Seconds that any step may take on a busy machine."""


@pytest.fixture
def screen() -> Iterator[str]:
    """The name of an X server's display."""
    read, write = os.pipe()
    size = ("-screen", "0", "1500x1000x24")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), *size, "-noreset", "-nolisten", "tcp"], pass_fds=[write]
    )
    os.close(write)
    with os.fdopen(read) as number:
        display = f":{number.readline().strip()}"
    subprocess.run(["xdotool", "getdisplaygeometry"], env=os.environ | {"DISPLAY": display}, check=True)
    yield display
    server.terminate()
    server.wait(30)


class EditorProcess:
    """The editor on an X server, with mouse and keyboard by xdotool."""

    def __init__(self, display: str, home: Path, *arguments: str | Path) -> None:
        places = {name: str(home / name.lower()) for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        self.environment = os.environ | places | {"HOME": str(home), "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self.environment.pop("WAYLAND_DISPLAY", None)
        self.seen: dict[str, Any] = {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.apps.editor.observed_editor", "editor", *map(str, arguments)],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.seen = json.loads(line)

    def wait(self, condition: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """What is seen, as soon as that is so."""
        end = time.monotonic() + TIMEOUT
        while not (self.seen and condition(self.seen)):
            assert self.process.poll() is None, "the editor has ended"
            assert time.monotonic() < end, json.dumps(self.seen)
            time.sleep(0.05)
        return self.seen

    def place(self, read: Callable[[dict[str, Any]], list[int]]) -> list[int]:
        """Left, top, width and height of a widget once the layout has come to rest."""
        before: list[int] = []
        while read(self.wait(lambda seen: any(read(seen)))) != before:
            before = read(self.seen)
            time.sleep(0.5)
        return before

    def do(self, *words: object) -> None:
        """One command of xdotool."""
        subprocess.run(["xdotool", *map(str, words)], env=self.environment, check=True, capture_output=True)

    def focus(self, title: str) -> None:
        """Give a window the keys, as there is no window manager that would."""
        self.wait(lambda seen: any(title in each for each in seen["windows"]))
        self.do("search", "--sync", "--onlyvisible", "--name", title, "windowfocus", "--sync")

    def write(self, text: object) -> None:
        """Into a line, in place of what it holds, and press Return."""
        self.do("key", "ctrl+a")
        self.do("type", text)
        self.do("key", "Return")

    def quit(self) -> int:
        """Ctrl+Q; returns the exit status."""
        self.focus("face-edit")
        self.do("key", "ctrl+q")
        code = self.process.wait(TIMEOUT)
        self._reader.join()
        return code


@pytest.fixture
def start(screen: str, tmp_path: Path) -> Iterator[Callable[..., EditorProcess]]:
    """Starts editors whose user has a home of his own; none outlives the test."""
    started: list[EditorProcess] = []

    def open_editor(*arguments: str | Path) -> EditorProcess:
        started.append(EditorProcess(screen, tmp_path / "home", *arguments))
        return started[-1]

    (tmp_path / "home").mkdir()
    yield open_editor
    for editor in started:
        editor.process.kill()
        editor.process.wait()
        editor._reader.join()


def face_edit(editor: EditorProcess, *arguments: str | Path) -> str:
    command = [sys.executable, "-m", "apps.cli", *map(str, arguments)]
    return subprocess.run(command, env=editor.environment, check=True, capture_output=True, text=True).stdout


def test_a_portrait_is_edited_saved_and_found_again(start: Callable[..., EditorProcess], tmp_path: Path) -> None:
    folder = tmp_path / "portraits"
    write_samples(folder, 1)
    portrait = folder / "portrait_1.png"
    quick = ("--set", "projection.n_iter=3")
    editor = start(portrait, *quick)
    editor.focus(f"{portrait.stem} – face-edit")
    editor.wait(lambda seen: seen["documents"][0]["stage"] == "ready" and seen["settled"])

    left, top, width, height = editor.place(lambda seen: seen["search"])
    editor.do("mousemove", left + width // 2, top + height // 2, "click", 1)
    editor.do("type", "lips")
    editor.wait(lambda seen: "Hc" not in seen["sliders"])
    left, top, width, height = editor.place(lambda seen: seen["sliders"].get("Bp", []))
    editor.do("mousemove", left + width // 2, top + height // 2, "mousedown", 1)
    for share in (0.6, 0.7, 0.8):
        editor.do("mousemove", round(left + share * width), top + height // 2)
    editor.do("mouseup", 1)
    seen = editor.wait(
        lambda seen: seen["documents"][0]["edit_state"]["strengths"] and seen["settled"] and seen["edited"]
    )
    (document,) = seen["documents"]
    assert list(document["edit_state"]["strengths"]) == ["Bp_max"] and not document["clean"]
    assert 0.9 < document["edit_state"]["strengths"]["Bp_max"] < 1.5  # of -2 .. 2

    editor.focus("face-edit")
    editor.do("key", "ctrl+e")
    editor.focus("Save image")
    while "File" not in editor.wait(lambda seen: seen["modal"] == "Save image")["focus"].split():
        before = editor.seen["focus"]
        editor.do("key", "Tab")
        editor.wait(lambda seen, before=before: seen["focus"] != before)
    editor.write(tmp_path / "lips.png")
    editor.wait(lambda seen: not seen["modal"] and (tmp_path / "lips.png").is_file())
    saved, original = read_image(tmp_path / "lips.png"), read_image(portrait)
    changed = (saved != original).any(axis=2)
    assert saved.shape == original.shape and 0.001 < changed.mean() < 0.3

    editor.focus("face-edit")
    editor.do("key", "ctrl+t")
    editor.focus("Save translation")
    editor.wait(lambda seen: seen["focus"] == "Name")
    editor.write("Bp_max")
    editor.wait(lambda seen: not seen["modal"])
    (store,) = (tmp_path / "home").rglob("Bp_max.npy")

    editor.focus("face-edit")
    editor.do("key", "ctrl+shift+s")
    editor.focus("Save project")
    editor.write(tmp_path / "lips.faceedit")
    editor.wait(lambda seen: seen["documents"][0]["clean"] and (tmp_path / "lips.faceedit").is_file())
    values = editor.seen["values"]
    assert editor.quit() == 0

    again = start(tmp_path / "lips.faceedit", *quick)
    again.focus("face-edit")
    seen = again.wait(lambda seen: not seen["modal"] and seen["settled"] and seen["edited"])
    assert seen["documents"] == [document | {"clean": True}] and seen["values"] == values
    assert again.quit() == 0

    listed = face_edit(editor, "directions", "list", "--translations", store.parent)
    assert "Bp_max" in listed
    run = ["--set", f"translations=[{store.parent}]", "--set", "projection.n_iter=60", "--set", "steps=[carry_over]"]
    face_edit(editor, "run-pipeline", folder, "--output-dir", tmp_path / "run1", "--edits", "Bp_max", *run)
    (image,) = (tmp_path / "run1" / "images_post_carry_over").rglob("Bp_max.png")
    assert np.any(read_image(image) != original)
