"""The dispatcher is cheap, knows its commands and turns errors for the user into one line."""

import importlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from apps import cli, console
from pipeline.core.errors import BadInput

HEAVY = ("torch", "cv2", "numpy", "sklearn", "timm", "PyQt6", "pydantic", "matplotlib", "scipy")


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_every_command_with_one_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, (_, summary) in cli.COMMANDS.items():
        assert any(line.split()[:1] == [name] and line.endswith(summary) for line in lines)
    assert max(map(len, lines)) <= 100


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("face-edit 0.")


def test_an_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["docter"]) == 2
    assert "did you mean doctor?" in capsys.readouterr().err


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_and_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    text = capsys.readouterr().out
    assert end.value.code == 0
    assert f"usage: face-edit {name}" in text
    assert "example" in text
    assert f"face-edit {name}" in text.split("example", 1)[1]


def test_an_error_for_the_user_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def fails(_: list[str]) -> int:
        raise BadInput("There is no image x.png.")

    assert cli.run(fails, []) == 1
    assert capsys.readouterr().err == "face-edit: There is no image x.png.\n"


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_a_reader_that_closes_the_pipe_is_no_traceback(option: str) -> None:
    unread, written = os.pipe()
    os.close(unread)
    done = subprocess.run(
        [sys.executable, "-m", "apps.cli", option], stdout=written, stderr=subprocess.PIPE, check=True
    )
    os.close(written)
    assert not done.stderr


def test_an_interruption_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: list[str]) -> int:
        raise KeyboardInterrupt

    assert cli.run(interrupted, []) == 130
    assert "start again to continue" in capsys.readouterr().err


def test_a_defect_keeps_its_traceback() -> None:
    def defect(_: list[str]) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cli.run(defect, [])


def test_start_up_imports_nothing_heavy() -> None:
    code = (
        "import sys; from apps import cli; cli.main(['--help'])\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_of_a_command_needs_no_torch(name: str) -> None:
    module = cli.COMMANDS[name][0]
    importlib.import_module(module)
    code = f"import sys, {module}; print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.strip() == "False"


def test_a_reader_that_leaves_is_no_error() -> None:
    code = "import sys; from apps import cli; sys.exit(cli.main(['models', 'verify', 'demo']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.close()
    _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def test_a_warning_about_a_photo_names_it_once_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    from pipeline.core.images import read_image

    exif = Image.Exif()
    exif[270] = "a title that is cut off"
    picture = Image.new("RGB", (8, 8), "red")
    for name in ("a.jpg", "b.jpg"):
        picture.save(tmp_path / name, exif=exif.tobytes()[:-20])
    picture.save(tmp_path / "c.gif", save_all=True, append_images=[Image.new("RGB", (8, 8), "blue")])

    def read_all(_: list[str]) -> int:
        for name in ("a.jpg", "b.jpg", "c.gif", "a.jpg"):
            read_image(tmp_path / name)
        return 0

    with warnings.catch_warnings():
        monkeypatch.setattr(warnings, "showwarning", lambda *_: pytest.fail("a warning in Python's words"))
        assert console.run(read_all, []) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    for name, line in zip(("a.jpg", "b.jpg", "c.gif"), lines, strict=True):
        assert line.startswith(f"face-edit: {tmp_path / name}")
    assert lines[2].endswith("holds several pictures: the first one is used.")


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[31mb", "a\udc80b"])
def test_a_failed_item_of_an_odd_name_takes_one_line(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with console.ConsoleProgress("photo") as progress:
        progress.fail(name, "It is no image.")
    line = capsys.readouterr().err.removesuffix("\n")
    assert line.startswith("failed a\\")
    assert line.endswith("b: It is no image.")
    assert line.isprintable()
