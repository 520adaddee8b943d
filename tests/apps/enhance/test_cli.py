"""`face-edit enhance REQUEST`: what is printed, what is written, and how a bad request is answered."""

import json

import jsonschema
import pytest

from apps.cli import main
from pipeline.core.crop import FFHQ_512
from pipeline.core.images import read_image, write_image
from tests.support import enhancer_onnx
from tests.support.photos import wall
from tests.support.published import schema


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("FACE_EDIT_WEIGHTS", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    name = enhancer_onnx.small_set(tmp_path)
    write_image(tmp_path / "photo.png", wall(320, 240))
    request = {"args": {"input_image_1": "photo.png"}, "settings": {"models": name}}
    (tmp_path / "request.json").write_text(json.dumps(request))
    landmarks = {"5": (FFHQ_512 * 120 + [90, 60]).tolist()}
    (tmp_path / "analysis.json").write_text(json.dumps({"output_image_data": {"landmark_set": landmarks}}))
    return tmp_path


def ask(*more):
    return main(["enhance", "request.json", "--analysis", "analysis.json", *more])


def test_a_request_is_answered_on_stdout_and_in_a_file(folder, capsys):
    assert ask("--output-dir", "out", "--set", "blend=1.0", "--set", "occluder=false", "--set", "face=1") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    response = json.loads(printed.out)
    jsonschema.validate(response, schema("response"))
    assert json.loads((folder / "out" / "photo.json").read_text()) == response
    assert response["settings"]["blend"] == 1.0
    after = read_image(response["temp_vision_frame"])
    middle = (slice(120, 140), slice(140, 160))
    assert after[middle].mean() - read_image(folder / "photo.png")[middle].mean() > 20


def test_embedded_nets_are_told_once(folder, capsys):
    assert ask("--set", "models=enhancer-demo", "--set", "occluder=false") == 0
    printed = capsys.readouterr()
    note = json.loads(printed.out)["engine"]["note"]
    assert "only knows rendered portraits" in note
    assert printed.err == f"face-edit: {note}\n"


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        ({"args": {"input_image_1": "gone.png"}}, "args.input_image_1"),
        ({"args": {"input_image_1": "request.json"}}, "args.input_image_1"),
        ({"args": {"input_image_1": "a\0.png"}}, "args.input_image_1"),
        ({"args": {"input_image_1": "photo.png", "output_image_data": "\0"}}, "args.output_image_data"),
        ({"args": {"input_image_1": "photo.png", "output_image_data": "photo.png/a.json"}}, "args.output_image_data"),
        ({"args": {}}, "args"),
        ({"args": {"input_image_1": "photo.png"}, "settings": {"models": "x"}}, "settings.models"),
        ({"args": {"input_image_1": "photo.png"}, "settings": {"models": "enhancer"}}, "settings.models"),
    ],
)
def test_a_bad_request_is_answered_with_the_field_and_one_sentence(folder, capsys, request_, place):
    (folder / "request.json").write_text(json.dumps(request_))
    assert ask() == 1
    printed = capsys.readouterr()
    answer = json.loads(printed.out)
    jsonschema.validate(answer, schema("error"))
    assert answer["error"]["path"] == place
    assert printed.err.count("\n") == 1
    assert printed.err.startswith(f"face-edit: {place}: ")
    assert not (folder / "enhanced").exists()


def test_a_bad_analysis_is_answered_with_the_field(folder, capsys):
    (folder / "analysis.json").write_text('{"output_image_data": {"landmark_set": {"5": [[1, 2]]}}}')
    assert ask() == 1
    assert json.loads(capsys.readouterr().out)["error"]["path"].startswith("analysis.output_image_data")


@pytest.mark.parametrize(("assignment", "place"), [("blend", "settings"), ("blend=5", "settings.blend")])
def test_a_wrong_setting_is_answered_with_its_place(folder, capsys, assignment, place):
    assert ask("--set", assignment) == 1
    assert json.loads(capsys.readouterr().out)["error"]["path"] == place


def test_neither_request_nor_server_is_a_usage_error(capsys):
    with pytest.raises(SystemExit):
        main(["enhance"])
    assert "--serve" in capsys.readouterr().err
