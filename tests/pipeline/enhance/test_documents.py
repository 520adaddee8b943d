"""JSON in: the published schemas are those of the models, and what breaks them is told with its place."""

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline.core.errors import BadConfig, BadRequest
from pipeline.enhance.documents import load, parse, parse_analysis, read_request, with_sets
from pipeline.enhance.schema import SCHEMAS, AnalyserResponse, Request, Settings
from tests.docs import json_schemas
from tests.support.published import schema

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
        ('{"debug": 1e999}', "request", "the number 1e999 in it is too large"),
        ('{"debug": -' + "9" * 5000 + "}", "request", "the number -9999999999999999999 in it is too large"),
        ('{"debug": "\\ud800"}', "request", "it is not valid JSON."),
        ("[" * 100_000, "request", "it is not valid JSON."),
        ('{"args":\n}', "request", r"it is not valid JSON \(line 2, column 1\)."),
        ("{}", "request", "it has no args: add it"),
        (
            '{"args": {"input_image_1": "x"}, "settings": {"mask_padding": [1, 2]}}',
            "settings.mask_padding",
            "it has only 2 items",
        ),
        (
            '{"args": {"input_image_1": "x"}, "settings": {"face": 0}}',
            "settings.face",
            "^settings.face: 0 cannot be used: it must be at least 1",
        ),
        ('{"args": {}}', "args", "it has no input_image_1: add it"),
        ('{"args": {"input_image_1": 5}}', "args.input_image_1", "5 cannot be used: it must be text"),
        ('{"args": {"input_image_1": "x", "imput": 1}}', "args.imput", "known are input_image_1"),
        (
            '{"args": {"input_image_1": "x"}, "settings": {"blend": 2}}',
            "settings.blend",
            "2 cannot be used: it must be at most 1",
        ),
        ('{"args": {"input_image_1": "x"}, "debug": "maybe"}', "debug", "it must be true or false"),
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
    with pytest.raises(BadRequest, match="did you mean blend") as caught:
        with_sets(Settings(), ["blent=0.5"])
    assert caught.value.path == "settings.blent"
    with pytest.raises(BadRequest, match="at most 1"):
        with_sets(Settings(), ["blend=5"])
    with pytest.raises(BadConfig, match="KEY=VALUE"):
        with_sets(Settings(), ["blend"])


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.sampled_from(["landmark_set", "5", "68", "output_image_data", "x"]), inner, max_size=3)
    ),
    max_leaves=12,
)


REQUEST = {
    "args": {"input_image_1": "a.jpg", "output_image_data": "b.json"},
    "debug": True,
    "settings": {
        "blend": 0.5,
        "mask_blur": 1,
        "mask_padding": [0, 1.5, 100, 0],
        "occluder": False,
        "face": 2,
        "models": "enhancer",
        "model": None,
        "provider": "cpu",
        "images": "lists",
    },
}
ANALYSIS = {"output_image_data": [FACE, {"landmark_set": {"5": None, "68": [[1, 2.5]] * 68}, "bounding_box": None}]}
WRONG = JSON | st.sampled_from([True, 0, 1, -1, 1.5, 101, "", "0.5", "yes", None, [], [0, 0, 0, 0], [0] * 5, {}, "cpu"])


@st.composite
def changed(draw, document):
    """A copy of a document in which one value is another, is gone, or has a neighbour that nobody asked for."""
    copy = json.loads(json.dumps(document))
    place = copy
    while True:
        key = draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], dict | list) and place[key]) or draw(st.booleans()):
            break
        place = place[key]
    how = draw(st.sampled_from(["value", "gone", "more"]))
    if how == "value":
        place[key] = draw(WRONG)
    elif how == "gone":
        del place[key]
    elif isinstance(place, dict):
        place["more"] = draw(WRONG)
    else:
        place.append(draw(WRONG))
    return copy


@pytest.mark.parametrize(
    ("name", "model", "document"),
    [("request", Request, REQUEST), ("analyser_response", AnalyserResponse, ANALYSIS)],
)
def test_schema_and_model_judge_documents_alike(name, model, document):
    published = jsonschema.Draft202012Validator(schema(name))
    parse(model, document, "")
    published.validate(document)
    judged = set()

    @given(changed(document) | JSON)
    def each(other):
        valid = published.is_valid(other)
        judged.add(valid)
        if valid:
            parse(model, other, "")
            return
        with pytest.raises(BadRequest) as caught:
            parse(model, other, "")
        assert caught.value.reason.endswith((".", "?"))
        assert not {"Input", "input", "valid", "dictionary", "instance", "Field"} & set(caught.value.reason.split())

    each()
    assert judged == {True, False}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (
            {"output_image_data": []},
            "output_image_data: [] cannot be used: it must be a mapping or have at least 1 item",
        ),
        ({"output_image_data": {}}, "output_image_data: it has no landmark_set: add it."),
        (
            {"output_image_data": [FACE, {"landmark_set": {}}]},
            "_data.1.landmark_set: {} cannot be used: it",
        ),
        ({"output_image_data": {"landmark_set": {"5": [[1, "x"]] * 5}}}, "landmark_set.5.0.1: 'x' cannot be used: it"),
    ],
)
def test_one_face_or_many_are_told_about_by_their_own_place(document, message):
    with pytest.raises(BadRequest) as caught:
        parse_analysis(document)
    assert message in str(caught.value)


@given(st.text(max_size=20) | st.binary(max_size=20))
def test_any_text_is_json_or_a_bad_request(text):
    try:
        json.dumps(load(text, "request"))
    except BadRequest as error:
        assert error.path == "request"
