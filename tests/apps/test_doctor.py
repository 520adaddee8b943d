"""The doctor's table covers every part, a broken part becomes a line, and its exit code is the demo's health."""

import sys
from pathlib import Path

import pytest

from apps import doctor
from apps.doctor import Finding, findings, main
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.weights import model_sets


def test_every_part_is_looked_at() -> None:
    subjects = [finding.subject for finding in findings()]
    assert {"python", "torch", "onnxruntime", "openvino", "opencv", "qt", "weights", *model_sets()} <= set(subjects)


def test_a_backend_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    (line,) = [finding for finding in doctor._libraries() if finding.subject == "openvino"]
    assert line.good is None
    assert "`pip install openvino`" in line.text


def test_a_probe_that_fails_is_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def _libraries() -> list[Finding]:
        raise ImportError("libGL.so.1: cannot open shared object file\nmore")

    monkeypatch.setattr(doctor, "_libraries", _libraries)
    assert Finding("libraries", "libGL.so.1: cannot open shared object file", good=False) in list(findings())


def test_what_is_here_and_what_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv("FACE_EDIT_OFFLINE", "1")
    detector = model_sets()["faces"].files["detector"]
    (tmp_path / str(detector.file)).write_bytes(bytes(detector.bytes or 0))
    (tmp_path / "79999_iter.pth").write_bytes(b"short")
    found = {finding.subject: finding for finding in [*doctor._models(), *doctor._folders()]}
    assert found["demo"] == Finding("demo", "all here", good=True)
    assert found["faces"] == Finding(
        "faces",
        "not here: detector (damaged), detector-short-range, landmarks, iris, matte, recogniser",
        good=None,
    )
    assert "clip, parser (wrong size), depth" in found["ffhq-stylegan2"].text
    assert "predictor" not in found["ffhq-stylegan2"].text  # optional
    assert found["ffhq-anycost"].text.endswith("reported gone, take ffhq-stylegan2")
    assert "nothing is fetched" in found["weights"].text


@pytest.mark.parametrize(("trouble", "code"), [("", 0), ("The generator is missing.", 1)])
def test_exit_code_and_verdict(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], trouble: str, code: int
) -> None:
    monkeypatch.setattr(doctor, "demo_trouble", lambda: trouble)
    monkeypatch.setattr(doctor, "findings", lambda: iter([Finding("torch", "[2.0]", good=True)]))
    assert main([]) == code
    output = capsys.readouterr().out
    assert "[2.0]" in output
    assert (trouble or "Everything") in output


def test_the_demo_models_run_here() -> None:
    assert doctor.demo_trouble() == ""
