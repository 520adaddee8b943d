"""JSON in: the published schemas are those of the models, and what breaks them is told with its place."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.core.errors import BadConfig
from pipeline.enhance.documents import load, parse_analysis, read_request, schema, with_sets
from pipeline.enhance.errors import BadRequest
from pipeline.enhance.schema import SCHEMAS, AnalyserResponse, Settings
from tests.docs import json_schemas

FIVE = [[10.0, 10.0], [30.0, 10.0], [20.0, 20.0], [12.0, 30.0], [28.0, 30.0]]
FACE = {"bounding_box": [0, 0, 40, 40], "score_set": 0.9, "landmark_set": {"5": FIVE}, "age": [20, 30], "race": "x"}


def test_published_schemas_are_those_of_the_models():
    for path, content in json_schemas().items():
        assert path.read_text("utf-8") == content, "run `.venv/bin/python -m tests.docs`"
    assert len(SCHEMAS) == 4
    for name in SCHEMAS:
        jsonschema.Draft202012Validator.check_schema(schema(name))


def test_one_face_or_a_list_of_faces():
    assert len(parse_analysis({"output_image_data": FACE, "output_image_data_path": "x.json"}).faces) == 1
    assert len(parse_analysis({"output_image_data": [FACE, FACE]}).faces) == 2


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "analysis"),
        ([], "analysis"),
        ({"output_image_data": []}, "analysis.output_image_data"),
        ({"output_image_data": {"landmark_set": {}}}, "analysis.output_image_data"),
        ({"output_image_data": {"landmark_set": {"5": FIVE[:4]}}}, "analysis.output_image_data"),
        ({"output_image_data": [FACE, {"landmark_set": {"5": [*FIVE[:4], [1, "x"]]}}]}, "analysis.output_image_data"),
    ],
)
def test_an_analysis_that_breaks_the_schema_is_told_with_its_place(document, place):
    with pytest.raises(BadRequest) as caught:
        parse_analysis(document)
    assert caught.value.path.startswith(place)
    assert len(str(caught.value)) < 400


def test_a_complaint_about_a_long_document_is_short():
    with pytest.raises(BadRequest) as caught:
        parse_analysis({"output_image_data": "x" * 10_000})
    assert len(str(caught.value)) < 400


def test_a_score_is_finite():
    """JSON has no other numbers, and the score is handed on."""
    with pytest.raises(ValidationError, match="finite"):
        AnalyserResponse.model_validate({"output_image_data": {**FACE, "score_set": float("nan")}})


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("{", "request", "not valid JSON"),
        ('{"args": {"input_image_1": NaN}}', "request", "not valid JSON"),
        ("{}", "request", "'args' is a required property"),
        ('{"args": {}}', "args", "'input_image_1' is a required property"),
        ('{"args": {"input_image_1": 5}}', "args.input_image_1", "not of type 'string'"),
        ('{"args": {"input_image_1": "x", "imput": 1}}', "args", "known are input_image_1"),
        ('{"args": {"input_image_1": "x"}, "settings": {"blend": 2}}', "settings.blend", "maximum of 1"),
        ('{"args": {"input_image_1": "x"}, "debug": "maybe"}', "debug", "not of type 'boolean'"),
    ],
)
def test_a_request_that_breaks_the_schema_is_told_with_its_place(tmp_path, text, place, words):
    (tmp_path / "request.json").write_text(text)
    with pytest.raises(BadRequest, match=words) as caught:
        read_request(tmp_path / "request.json")
    assert caught.value.path == place


def test_a_request_that_is_not_there(tmp_path):
    with pytest.raises(BadRequest, match="No such file"):
        read_request(tmp_path / "request.json")


def test_settings_from_the_command_line():
    settings = with_sets(Settings(), ["blend=0.5", "occluder=false", "mask_padding=[1, 2, 3, 4]", "models=enhancer"])
    assert (settings.blend, settings.occluder, settings.mask_padding) == (0.5, False, (1, 2, 3, 4))
    assert settings.models == "enhancer"
    with pytest.raises(BadRequest, match="known are") as caught:
        with_sets(Settings(), ["blent=0.5"])
    assert caught.value.path == "settings.blent"
    with pytest.raises(BadRequest, match="less than or equal to 1"):
        with_sets(Settings(), ["blend=5"])
    with pytest.raises(BadConfig, match="key=value"):
        with_sets(Settings(), ["blend"])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["landmark_set", "5", "68", "output_image_data", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(JSON)
def test_schema_and_model_agree_on_what_an_analysis_is(document):
    valid = jsonschema.Draft202012Validator(schema("analyser_response")).is_valid(document)
    try:
        AnalyserResponse.model_validate(document, strict=False)
    except ValidationError:
        assert not valid
    if not valid:
        with pytest.raises(BadRequest):
            parse_analysis(document)


@given(st.text(max_size=20) | st.binary(max_size=20))
def test_any_text_is_json_or_a_bad_request(text):
    try:
        json.dumps(load(text, "request"))
    except BadRequest as error:
        assert error.path == "request"
