"""`face-edit models` tells what is declared, here and broken, and brings the rest here."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from apps.cli import main as cli
from apps.models.cli import main
from pipeline.core import model_sets as declared
from pipeline.core.errors import BadConfig, BadInput, MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, ModelFile, ModelSet, model_sets
from pipeline.downloads import fetch
from tests.support.misbehaving_server import Misbehaving, status, whole

CONTENT = b"weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = CONTENT[::-1]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))
    monkeypatch.delenv(fetch.OFFLINE_VARIABLE, raising=False)
    return tmp_path / "weights"


@pytest.fixture
def tiny(host: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> ModelSet:
    """A declared set: a file with a hash, one without that is optional, one of which the licence forbids much."""
    files = {
        "net": ModelFile(
            file="net.pt",
            sources=(host.put("/net.pt", whole(CONTENT)),),
            bytes=len(CONTENT),
            sha256=DIGEST,
            licence="MIT",
        ),
        "extra": ModelFile(
            file="extra.pt", sources=(host.put("/other-name.pt", whole(OTHER)),), licence="MIT", optional=True
        ),
        "strict": ModelFile(
            file="strict.pt",
            sources=(host.put("/strict.pt", whole(b"s")),),
            licence="S-Lab (non-commercial)",
            notice="CodeFormer.txt",
            optional=True,
        ),
    }
    models = ModelSet("tiny", "Three small files", files=files)
    everything = {**declared.packaged_sets(), "tiny": models}
    monkeypatch.setattr(declared, "packaged_sets", lambda: everything)
    return models


def test_list_names_every_set_and_the_folder(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["list"]) == 0
    output = capsys.readouterr().out
    assert all(name in output for name in model_sets())
    assert "0 of 7" in output
    assert "gone" in output
    assert str(folder) in output


def test_list_of_a_set_shows_licences_sources_and_its_page(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    folder.mkdir()
    (folder / "79999_iter.pth").write_bytes(b"short")
    assert main(["list", "ffhq-stylegan2"]) == 0
    output = capsys.readouterr().out
    assert "non-commercial" in output
    assert "wrong size" in output
    assert "https://drive.google.com/uc?id=1cUv_reLE6k3604or78EranS7XzuVMWeO" in output
    assert "model_sets/ffhq-stylegan2.md" in output
    assert main(["list", "ffhq-anycost"]) == 0
    assert "ffhq-stylegan2 is the next best set" in capsys.readouterr().out


def test_every_set_has_its_page() -> None:
    pages = Path(declared.__file__).parents[2] / "configs" / "model_sets"
    assert {path.stem for path in pages.glob("*.md")} == set(model_sets())
    for name, models in model_sets().items():
        text = (pages / f"{name}.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {name}: ")
        for file in models.files.values():
            assert (file.file or file.path or "").rsplit("/", 1)[-1] in text
        assert models.instead is None or models.instead in text


def test_verify_reports_every_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "ffhq-anycost"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(model_sets()["ffhq-anycost"].files)
    assert "clip: not here (optional)" in lines


def test_the_demo_set_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(model_sets()["demo"].files)
    assert main(["fetch", "demo"]) == 0
    assert "part of the package" in capsys.readouterr().out


def test_an_unknown_set() -> None:
    with pytest.raises(BadConfig, match="did you mean demo"):
        main(["list", "dmo"])


def test_fetch_gets_what_is_not_optional(tiny: ModelSet, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert main(["fetch", "tiny"]) == 0
    output = capsys.readouterr()
    assert f"net: net.pt, 7.0 kB, MIT\ninto {folder}" in output.out
    assert "net: fetched" in output.err
    assert (folder / "net.pt").read_bytes() == CONTENT
    assert not (folder / "extra.pt").exists()
    assert main(["fetch", "tiny"]) == 0
    assert "net: here" in capsys.readouterr().err
    assert main(["verify", "tiny"]) == 0
    assert f"net: {DIGEST} (as declared)" in capsys.readouterr().out


def test_sets_that_go_with_it_are_fetched_too(
    tiny: ModelSet, host: Misbehaving, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    source = ModelFile(file="friend.pt", sources=(host.put("/friend.pt", whole(OTHER)),), licence="MIT")
    everything = {
        **declared.packaged_sets(),
        "tiny": replace(tiny, also=("friend",)),
        "friend": ModelSet("friend", "", files={"net": source}),
    }
    monkeypatch.setattr(declared, "packaged_sets", lambda: everything)
    assert main(["fetch", "tiny", "net"]) == 0
    assert not (folder / "friend.pt").exists()
    assert main(["fetch", "tiny"]) == 0
    assert (folder / "friend.pt").read_bytes() == OTHER


def test_what_has_no_hash_is_pinned_and_says_so(
    tiny: ModelSet, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert main(["fetch", "tiny", "extra"]) == 0
    digest = hashlib.sha256(OTHER).hexdigest()
    assert f"extra: fetched; no hash is declared for it, from now on it is {digest}" in capsys.readouterr().err
    assert main(["verify", "tiny"]) == 1  # net is not here
    assert f"extra: {digest} (as pinned)" in capsys.readouterr().out
    (folder / "extra.pt").write_bytes(CONTENT)
    assert main(["verify", "tiny"]) == 1
    assert f"its SHA-256 is not {digest}" in capsys.readouterr().out


def test_scripts_accept_a_licence_by_option_and_once(tiny: ModelSet, host: Misbehaving) -> None:
    with pytest.raises(BadInput, match=r"strict\.pt may only be used non-commercially"):
        main(["fetch", "tiny", "strict"])
    assert not host.seen
    assert main(["fetch", "tiny", "strict", "--accept-licence"]) == 0
    assert main(["remove", "tiny"]) == 0
    assert main(["fetch", "tiny", "strict"]) == 0


@pytest.mark.parametrize(("answer", "accepted"), [("y", True), ("", False)])
def test_people_are_shown_the_licence_and_asked(
    tiny: ModelSet,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    folder: Path,
    answer: str,
    accepted: bool,
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    assert cli(["models", "fetch", "tiny", "strict"]) == (0 if accepted else 1)
    assert "S-Lab License 1.0" in capsys.readouterr().out
    assert (folder / "strict.pt").exists() is accepted


def test_dead_sources_name_the_next_best_set(
    tiny: ModelSet, host: Misbehaving, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    host.put("/net.pt", status(410))
    everything = {**declared.packaged_sets(), "tiny": replace(tiny, instead="ffhq-stylegan2")}
    monkeypatch.setattr(declared, "packaged_sets", lambda: everything)
    assert cli(["models", "fetch", "tiny"]) == 1
    assert capsys.readouterr().err.strip().endswith("run `face-edit models fetch ffhq-stylegan2`.")


def test_import_recognises_by_hash_and_by_name(
    tiny: ModelSet, tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (tmp_path / "download (1).bin").write_bytes(CONTENT)
    (tmp_path / "other-name.pt").write_bytes(OTHER)
    assert main(["import", str(tmp_path / "download (1).bin"), str(tmp_path / "other-name.pt")]) == 0
    output = capsys.readouterr().out
    assert "net of tiny\n" in output
    assert "extra of tiny; no hash is declared for it" in output
    assert (folder / "net.pt").read_bytes() == CONTENT
    assert (folder / "extra.pt").read_bytes() == OTHER
    assert (tmp_path / "other-name.pt").read_bytes() == OTHER


def test_import_refuses_what_is_not_declared_or_damaged(tiny: ModelSet, tmp_path: Path, folder: Path) -> None:
    stranger, damaged, cut = tmp_path / "stranger.pt", tmp_path / "net.pt", tmp_path / "cut" / "net.pt"
    stranger.write_bytes(b"?")
    damaged.write_bytes(OTHER)
    cut.parent.mkdir()
    cut.write_bytes(CONTENT[:-1])
    page = tmp_path / "extra.pt"
    page.write_bytes(b"<!doctype html>quota")
    for path, match in (
        (stranger, "none of the declared files; a generator of your own is imported with --name NAME --like SET"),
        (damaged, "another SHA-256"),
        (cut, "6999 bytes instead of 7000"),
        (page, "is a web page"),
        (tmp_path / "absent.pt", "is no file"),
    ):
        with pytest.raises(BadInput, match=match):
            main(["import", str(path)])
    assert not list(folder.glob("*.pt"))


def test_a_file_that_was_put_there_by_hand_is_imported_in_place(tiny: ModelSet, folder: Path) -> None:
    folder.mkdir()
    (folder / "net.pt").write_bytes(CONTENT)
    assert main(["import", str(folder / "net.pt")]) == 0
    assert (folder / "net.pt").read_bytes() == CONTENT


def test_remove_keeps_what_other_sets_use(tiny: ModelSet, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    sibling = ModelSet("sibling", "", files={"net": tiny.files["net"], "own": ModelFile(file="own.pt")})
    everything = {**declared.packaged_sets(), "sibling": sibling}
    monkeypatch.setattr(declared, "packaged_sets", lambda: everything)
    assert main(["fetch", "tiny", "net", "extra"]) == 0
    (folder / "own.pt").write_bytes(b"own")
    assert main(["remove", "tiny"]) == 0
    assert {path.name for path in folder.iterdir() if path.name[0] != "."} == {"net.pt", "net.pt.sha256", "own.pt"}
    (folder / "own.pt").unlink()
    assert main(["remove", "tiny"]) == 0
    assert not (folder / "net.pt").exists()
    with pytest.raises(BadInput, match="part of the package"):
        main(["remove", "demo"])


def test_options_that_do_not_go_together(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="name the new set with --name"):
        main(["import", str(tmp_path), "--like", "ffhq-stylegan2"])
    with pytest.raises(BadInput, match="a single file with --name"):
        main(["import", "a", "b", "--name", "mine"])
    with pytest.raises(MissingWeights, match=r"has no nose; it has detector, .*, recogniser"):
        main(["fetch", "faces", "nose"])
