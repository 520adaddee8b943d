"""The documentation is true: its commands parse, its links lead somewhere, its tables are those of the code."""

import argparse
import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from apps.cli import COMMANDS
from pipeline.core.attributes import parse
from pipeline.core.images import read_image, write_image
from pipeline.edit.requests import NO_EDIT
from pipeline.models import Models
from tests.docs import BLOCKS, PAGES, PICTURES, ROOT, block, contents, fill, slug
from tests.support.photos import hang, rendered, wall
from tests.support.yunet import yunet

TEXTS = {name: (ROOT / name).read_text("utf-8") for name in PAGES}
FENCES = [
    (page, found[1], found[2])
    for page, text in TEXTS.items()
    for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
]
LINES = sorted({line for _, kind, code in FENCES if kind == "sh" for line in code.splitlines() if line.strip()})
EXAMPLES = [line for line in LINES if line.startswith("face-edit ")]
INLINE = sorted(
    {f"{page}: {code}" for page, text in TEXTS.items() for code in re.findall(r"`(face-edit [^`]+)`", text)}
)
FOLDERS = sorted({path.relative_to(ROOT).parts[0] for path in ROOT.glob("[a-z]*/*") if "." not in path.parts[-2]})
PLACEHOLDERS = ("COMMAND", "SET", "STEP", "FILE", "DIR", "ZIP", "ACTION", "--help", "--version")


class Parsed(Exception):
    """Thrown where a command has read its arguments, so that it does nothing with them."""


@pytest.fixture
def only_parse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands stop when their arguments are read; what is wrong with them ends as usual, in SystemExit."""
    original = argparse.ArgumentParser.parse_args

    def parse_args(self: argparse.ArgumentParser, *given: object, **named: object) -> None:
        raise Parsed(original(self, *given, **named), self.epilog or "")  # type: ignore[call-overload]

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)


def arguments_of(line: str) -> tuple[str, argparse.Namespace, str]:
    """Command, parsed arguments and epilog of a `face-edit ...` line."""
    _, command, *rest = shlex.split(line, comments=True)
    assert command in COMMANDS, f"there is no command {command}"
    with pytest.raises(Parsed) as caught:
        importlib.import_module(COMMANDS[command][0]).main(rest)
    options, epilog = caught.value.args
    return command, options, epilog


@pytest.mark.usefixtures("only_parse")
@pytest.mark.parametrize("line", EXAMPLES)
def test_example_parses(line: str) -> None:
    command, options, _ = arguments_of(line)
    if command in ("demo", "run-pipeline", "project-images", "bench"):
        from pipeline.config import load_config

        load_config(None, options.set)
    names = getattr(options, "edits", None) or getattr(options, "names", None)
    for name in names.split(",") if isinstance(names, str) and names != NO_EDIT else ():
        parse(name)


@pytest.mark.usefixtures("only_parse")
@pytest.mark.parametrize("text", [text for text in INLINE if not any(word in text for word in PLACEHOLDERS)])
def test_command_in_a_sentence_parses(text: str) -> None:
    line = text.partition(": ")[2]
    if len(line.split()) > 2:
        arguments_of(line)
    else:
        assert line.split()[1] in COMMANDS


@pytest.mark.usefixtures("only_parse")
@pytest.mark.parametrize("command", COMMANDS)
def test_example_in_the_help_parses(command: str) -> None:
    example = next(line for line in EXAMPLES if line.split()[1] == command)
    _, _, epilog = arguments_of(example)
    found = [
        part.strip() for part in re.split(r"\n| {2,}|: (?=face-edit)", epilog) if part.strip().startswith("face-edit ")
    ]
    assert found
    for line in found:
        assert arguments_of(line)[0] == command


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_explains_and_shows_every_command(command: str) -> None:
    readme = TEXTS["README.md"]
    assert f"**{command}**" in readme
    assert any(line.split()[1] == command for line in EXAMPLES if line in readme)


@pytest.mark.parametrize("text", sorted(set(re.findall(r"`?make ([a-z-]+)", "\n".join(TEXTS.values())))))
def test_make_target_exists(text: str) -> None:
    if f"make {text}" in "\n".join(LINES) or f"`make {text}`" in "\n".join(TEXTS.values()):
        assert re.search(rf"^{text}:", (ROOT / "Makefile").read_text(), re.MULTILINE), f"there is no `make {text}`"


@pytest.mark.parametrize(
    ("page", "target"),
    sorted({(page, found) for page, text in TEXTS.items() for found in re.findall(r"\]\(([^)\s]+)\)", text)}),
)
def test_link_leads_somewhere(page: str, target: str) -> None:
    if target.startswith("https://"):
        return
    path, anchor = linked(page, target)
    assert path.exists(), f"{page} links to {target}"
    if anchor:
        headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
        assert anchor in map(slug, headings), f"{page} links to {target}"


def linked(page: str, target: str) -> tuple[Path, str]:
    """Resolve a relative link.

    Args:
        page: path of the page below the root folder.
        target: the link, such as `../x.md#y`.

    Returns:
        The file, and the anchor in it, which may be empty.
    """
    path, _, anchor = target.partition("#")
    return (ROOT / page).parent.joinpath(path).resolve() if path else ROOT / page, anchor


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        reached.add(page)
        paths = {linked(page, target)[0] for target in re.findall(r"\]\(([^)\s]+\.md)[^)\s]*\)", TEXTS[page])}
        waiting += {path.relative_to(ROOT).as_posix() for path in paths if path.is_file()} - reached
    assert reached == set(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_page_begins_with_its_purpose(page: str) -> None:
    assert re.match(r"# .+\n\n(?![#|<!*-])[^\n]+(\n[^\n]+)*\.", TEXTS[page])


@pytest.mark.parametrize("page", PAGES)
def test_long_page_has_a_table_of_contents(page: str) -> None:
    text = TEXTS[page]
    assert len(text.splitlines()) <= 100 or block(text, "contents") is not None
    if block(text, "contents") is not None:
        assert block(text, "contents") == contents(text), "run `.venv/bin/python -m tests.docs`"


def test_the_readme_is_short() -> None:
    assert len(TEXTS["README.md"].encode()) < 25_000


def test_every_picture_is_shown_and_small() -> None:
    for path in PICTURES.iterdir():
        assert f".github/pictures/{path.name}" in "\n".join(TEXTS.values()), f"nothing shows {path.name}"
        assert path.stat().st_size < 600_000, f"{path.name} is too large for a page"
        assert read_image(path).size


@pytest.mark.parametrize("page", PAGES)
def test_files_and_folders_exist(page: str) -> None:
    inside = re.findall(r"`([\w./-]+/[\w./-]*)`", TEXTS[page])
    ours = [path for path in inside if path.split("/")[0] in (*FOLDERS, ".ci", ".github") and path != path.upper()]
    missing = [path for path in ours if "NAME" not in path and not (ROOT / path).exists()]
    # Weights may be missing from a tree that is still to be trained.
    assert [path for path in missing if not path.endswith(".safetensors")] == []


def test_every_top_level_folder_is_explained() -> None:
    table = TEXTS["CONTRIBUTING.md"].partition("| folder |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)/`", table, re.MULTILINE)
    assert all((ROOT / name).is_dir() for name in named)
    assert {"apps", "pipeline", "projection", "postprocess", "configs", "tests", "third_party_licenses"} == set(named)


@pytest.mark.parametrize("name", BLOCKS)
def test_generated_part_is_that_of_the_code(name: str) -> None:
    places = [page for page, text in TEXTS.items() if block(text, name) is not None]
    assert places, f"no page has a part {name}"
    content = BLOCKS[name]()
    for page in places:
        if content is not None:
            assert block(TEXTS[page], name) == content, "run `.venv/bin/python -m tests.docs`"


def test_parts_are_filled_in_place() -> None:
    text = "a\n<!-- x:begin why -->\nold\n<!-- x:end -->\nb"
    assert block(text, "x") == "old"
    assert fill(text, "x", "new\\1") == "a\n<!-- x:begin why -->\nnew\\1\n<!-- x:end -->\nb"
    assert block(text, "y") is None


@pytest.mark.parametrize("code", [code for _, kind, code in FENCES if kind == "python"])
def test_python_finds_what_it_imports(code: str) -> None:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            assert all(hasattr(module, alias.name) for alias in node.names)


def python_of_the_readme(word: str) -> list[str]:
    """The README's Python examples that use a word."""
    return [code for page, kind, code in FENCES if kind == "python" and page == "README.md" and word in code]


def test_the_readme_example_of_a_photo_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_models: Models
) -> None:
    (code,) = python_of_the_readme("edit_photo")
    photo, detector = wall(500, 400), yunet()
    hang(photo, rendered(2)[1], (240, 200), 250, 12)
    write_image(tmp_path / "photo.jpg", photo)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.models.Models", lambda name: demo_models)
    monkeypatch.setitem(vars(demo_models), "detector", detector)
    exec(compile(code, "README.md", "exec"), {})
    before, after = read_image(tmp_path / "photo.jpg"), read_image(tmp_path / "edited.png")
    changed = (before != after).any(axis=2)
    assert 0.005 < changed.mean() < 0.3
    assert not changed[:50].any()


def test_the_readme_example_in_python_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo_models: Models
) -> None:
    (code,) = python_of_the_readme("choose_edits")
    (picture,) = rendered(1, 256)
    write_image(tmp_path / "portrait.png", picture)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.models.Models", lambda name: demo_models)
    exec(compile(code, "README.md", "exec"), {})
    for name in ("Bp_max", "N_min"):
        assert (read_image(tmp_path / f"portrait_{name}.png") != picture).any()


def test_the_step_that_contributing_shows_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    from pipeline.config import load_config
    from pipeline.core.types import Edit, Frame, Portrait

    (code,) = [code for page, kind, code in FENCES if kind == "python" and page == "CONTRIBUTING.md"]
    (tmp_path / "fainter.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    ((name, settings),) = load_config(None, ["steps=[fainter: {amount: 0.25}]"]).step_settings().items()
    portrait = Portrait("p", np.zeros((8, 8, 3), np.uint8), None, "s")
    edited = Frame(portrait, Edit("x", ()), np.full((8, 8, 3), 200, np.uint8), np.ones((8, 8), np.float32))
    (result,) = settings.open(None, None)([edited])
    assert name == "fainter"
    assert (result.image == 150).all()
    assert np.allclose(result.support, 0.75)


@pytest.mark.parametrize("code", [code for _, kind, code in FENCES if kind == "yaml"])
def test_configuration_that_is_shown_is_valid(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.config import load_config

    (step,) = [text for page, kind, text in FENCES if kind == "python" and page == "CONTRIBUTING.md"]
    (tmp_path / "fainter.py").write_text(step)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "mine.yaml").write_text(code)
    assert load_config(tmp_path / "mine.yaml").steps


def test_what_is_shown_as_printed_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from apps import cli

    shown = "\n".join(code for _, kind, code in FENCES if not kind)
    found = re.findall(r"^\$ face-edit (run-pipeline .*)\n(face-edit: .*)$", shown, re.MULTILINE)
    assert found
    for line, answer in found:
        assert cli.main(shlex.split(line)) == 1
        assert capsys.readouterr().err.strip() == answer
