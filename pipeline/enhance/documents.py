"""JSON documents: reading and validation by their models; errors name the field."""

import json
import math
from collections.abc import Callable, Iterable
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
    """Load JSON from a text; what is loaded has only finite numbers, and text that can be written.

    Args:
        what: Name of the document.

    Raises:
        BadRequest: It is not JSON, or has NaN, infinities or numbers beyond those of double precision.
    """

    def refuse(name: str) -> None:
        raise BadRequest(what, f"it is not valid JSON: {name} is no number there.")

    def number(kind: type[int] | type[float]) -> Callable[[str], float]:
        def read(digits: str) -> float:
            if not math.isfinite(float(digits)):
                raise BadRequest(what, f"the number {digits[:20]} in it is too large.")
            return kind(digits)

        return read

    try:
        document = json.loads(text, parse_constant=refuse, parse_float=number(float), parse_int=number(int))
        json.dumps(document, ensure_ascii=False).encode()  # fails for halves of surrogate pairs
    except json.JSONDecodeError as error:
        raise BadRequest(what, f"it is not valid JSON (line {error.lineno}, column {error.colno}).") from error
    except (ValueError, RecursionError) as error:
        raise BadRequest(what, "it is not valid JSON.") from error
    return document
