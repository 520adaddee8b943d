"""`face-edit models` tells what is declared, what is here and what is broken."""

from pathlib import Path

import pytest

from apps.models import main
from pipeline.core.errors import BadConfig
from pipeline.core.weights import HOME_VARIABLE, model_sets


def test_list_names_every_set_and_the_folder(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert main(["list"]) == 0
    output = capsys.readouterr().out
    assert all(name in output for name in model_sets())
    assert "0 of 6" in output
    assert str(tmp_path) in output


def test_list_of_a_set_shows_licences_and_sources(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    (tmp_path / "79999_iter.pth").write_bytes(b"short")
    assert main(["list", "ffhq-stylegan2"]) == 0
    output = capsys.readouterr().out
    assert "non-commercial" in output
    assert "wrong size" in output
    assert "https://drive.google.com/uc?id=1EM87UquaoQmk17Q8d5kYIAHqu0dkYqdT" in output


def test_verify_reports_every_missing_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    assert main(["verify", "ffhq-anycost"]) == 1
    assert len(capsys.readouterr().out.splitlines()) == len(model_sets()["ffhq-anycost"].files)


def test_the_demo_set_is_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(model_sets()["demo"].files)


def test_an_unknown_set() -> None:
    with pytest.raises(BadConfig, match="did you mean demo"):
        main(["list", "dmo"])
