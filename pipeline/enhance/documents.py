"""JSON documents in: read and turned into their models, which alone decide; what fails names its place."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.core.errors import BadRequest
from pipeline.core.settings import assign, explain, read_assignment
from pipeline.enhance.schema import AnalyserResponse, Request, Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

_Model = TypeVar("_Model", bound="BaseModel")


def read_request(path: Path | str) -> Request:
    """The request in a JSON file. Raises BadRequest for what cannot be read, is not JSON or is no request."""
    return parse(Request, load_file(Path(path), "request"), "")


def read_analysis(path: Path | str) -> AnalyserResponse:
    """The analyser's response in a JSON file. Raises BadRequest, as `read_request` does."""
    return parse_analysis(load_file(Path(path), "analysis"))


def parse_analysis(document: Any) -> AnalyserResponse:
    """The analyser's response from a JSON document. Raises BadRequest."""
    return parse(AnalyserResponse, document, "analysis")


def with_sets(settings: Settings, sets: Iterable[str]) -> Settings:
    """Settings with each "key=value" of `sets`, the value being YAML. Raises BadConfig or BadRequest."""
    values = settings.model_dump()
    for assignment in sets:
        assign(values, *read_assignment(assignment))
    return parse(Settings, values, "settings", strict=False)


def parse(model: type[_Model], values: Any, place: str, strict: bool | None = None) -> _Model:
    """A document as a model; BadRequest, naming the place of what is wrong, where it is none.

    Args:
        model: What to make of it.
        values: The document.
        place: Dotted path of the document within what was sent; empty for a request.
        strict: Whether values need the very type that the model names, and not only a text of it; as the model's own
            configuration has it by default.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(values, strict=strict)
    except ValidationError as error:
        complaint = explain(error, model, values, place)
        raise BadRequest(complaint.place or "request", complaint.reason) from error


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
        raise BadRequest(what, f"it is not valid JSON ({error}).") from error
