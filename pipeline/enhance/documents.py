"""JSON documents: reading and validation by their models; errors name the field."""

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
    """Read a request from a JSON file; raises BadRequest if it is unreadable or invalid."""
    return parse(Request, load_file(Path(path), "request"), "")


def read_analysis(path: Path | str) -> AnalyserResponse:
    """Read the analyser's response from a JSON file; raises BadRequest if it is unreadable or invalid."""
    return parse_analysis(load_file(Path(path), "analysis"))


def parse_analysis(document: Any) -> AnalyserResponse:
    """The analyser's response from a JSON document; raises BadRequest if it is invalid."""
    return parse(AnalyserResponse, document, "analysis")


def with_sets(settings: Settings, sets: Iterable[str]) -> Settings:
    """Settings changed by assignments "key=value" with YAML values; raises BadConfig or BadRequest."""
    values = settings.model_dump()
    for assignment in sets:
        assign(values, *read_assignment(assignment))
    return parse(Settings, values, "settings", strict=False)


def parse(model: type[_Model], values: Any, place: str, strict: bool | None = None) -> _Model:
    """Validate a document.

    Args:
        place: Dotted path of the document within the request; empty for the request itself.
        strict: Whether values must have the exact types of the model; None: as the model is configured.

    Raises:
        BadRequest: The document is invalid; the error names the first wrong field.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(values, strict=strict)
    except ValidationError as error:
        complaint = explain(error, model, values, place)
        raise BadRequest(complaint.place or "request", complaint.reason) from error


def load_file(path: Path, what: str) -> Any:
    """Load JSON from a file; raises BadRequest, in which `what` names the document."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadRequest(what, f"{path} cannot be read: {error.strerror or error}.") from error
    return load(text, what)


def load(text: bytes | str, what: str) -> Any:
    """Load JSON from a text; raises BadRequest, in which `what` names the document, also for NaN and infinities."""

    def refuse(name: str) -> None:
        raise ValueError(f"{name} is not a JSON number")

    try:
        return json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BadRequest(what, f"it is not valid JSON ({error}).") from error
