"""JSON documents in: read, held against the published schemas, and turned into models; what fails names its field."""

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.core.errors import BadConfig
from pipeline.enhance.errors import BadRequest
from pipeline.enhance.schema import AnalyserResponse, Request, Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

_LONGEST = 160  # characters of a complaint: a wrong document may be megabytes of numbers
_Model = TypeVar("_Model", bound="BaseModel")


def read_request(path: Path | str) -> Request:
    """The request in a JSON file. Raises BadRequest for what cannot be read, is not JSON or breaks the schema."""
    return parse(Request, _checked("request", load_file(Path(path), "request"), ""), "")


def read_analysis(path: Path | str) -> AnalyserResponse:
    """The analyser's response in a JSON file. Raises BadRequest, as `read_request` does."""
    return parse_analysis(load_file(Path(path), "analysis"))


def parse_analysis(document: Any) -> AnalyserResponse:
    """The analyser's response from a JSON document. Raises BadRequest."""
    return parse(AnalyserResponse, _checked("analyser_response", document, "analysis"), "analysis")


def with_sets(settings: Settings, sets: Iterable[str]) -> Settings:
    """Settings with each "key=value" of `sets`, the value being YAML. Raises BadConfig or BadRequest."""
    import yaml

    values = settings.model_dump()
    for assignment in sets:
        key, sign, text = assignment.partition("=")
        if not sign:
            raise BadConfig(f"--set takes key=value, such as blend=0.5, not {assignment!r}.")
        try:
            values[key.strip()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise BadConfig(f"The value in --set {assignment} is not valid YAML.") from error
    return parse(Settings, values, "settings")


def parse(model: type[_Model], values: Any, place: str) -> _Model:
    """`values` as a model. Raises BadRequest with the field's path below `place`."""
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        field = [str(part) for part in first["loc"] if not isinstance(part, str) or part.isidentifier()]
        path = ".".join(filter(None, [place, *field])) or "request"
        if first["type"] == "extra_forbidden":
            raise BadRequest(path, f"there is no such key{_known(model)}") from error
        raise BadRequest(path, f"{_short(first['input'])} cannot be used, {_lower(first['msg'])}.") from error


def load_file(path: Path, what: str) -> Any:
    """JSON of a file; `what` names it in a BadRequest."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadRequest(what, f"{path} cannot be read: {error.strerror or error}.") from error
    return load(text, what)


def load(text: bytes | str, what: str) -> Any:
    """JSON of a text; `what` names it in a BadRequest. NaN and infinities, which JSON does not have, are refused."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is no number in JSON")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BadRequest(what, f"it is not valid JSON ({_shortened(str(error))}).") from error


@cache
def schema(name: str) -> dict[str, Any]:
    """A published schema, from configs/enhance/NAME.schema.json."""
    text = (package_files("configs") / "enhance" / f"{name}.schema.json").read_text(encoding="utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


def _checked(name: str, document: Any, place: str) -> Any:
    """The document, if it keeps to a published schema; else BadRequest with the most telling complaint."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schema(name)).iter_errors(document))
    if error is None:
        return document
    path = ".".join(filter(None, [place, *map(str, error.absolute_path)])) or name
    if error.validator == "additionalProperties":
        known = _known_keys(error.schema.get("properties", {}))
        raise BadRequest(path, f"{_lower(_shortened(error.message))}{known}")
    if error.validator == "required":
        raise BadRequest(path, f"{_shortened(error.message)}: add it.")
    raise BadRequest(path, f"{_shortened(error.message)}.")


def _known(model: "type[BaseModel]") -> str:
    return _known_keys(model.model_fields)


def _known_keys(names: Iterable[str]) -> str:
    keys = ", ".join(names)
    return f"; known are {keys}." if keys else "."


def _short(value: Any) -> str:
    return _shortened(json.dumps(value, default=str))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
