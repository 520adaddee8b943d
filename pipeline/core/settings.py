"""Settings: YAML files of the package, `--set a.b=c` on nested mappings, validation errors as sentences."""

import re
import reprlib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import fields, is_dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, get_args, get_type_hints

from pipeline.core.errors import BadConfig
from pipeline.core.names import nearest

if TYPE_CHECKING:
    from pydantic import ValidationError

T = TypeVar("T")

_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false", "string": "text"}
_KINDS |= dict.fromkeys(("list", "tuple"), "a list") | dict.fromkeys(("dict", "model", "dataclass"), "a mapping")


class Complaint(NamedTuple):
    """The first fault of settings or of a document.

    Attributes:
        place: Dotted keys, such as projection.n_iter; of a missing key, those of the mapping around it.
        reason: The fault at that place, as the second half of a sentence.
        sentence: Place and reason as one sentence about a setting.
    """

    place: str
    reason: str
    sentence: str


def packaged(name: str) -> Any:
    """Content of configs/NAME, a YAML file."""
    import yaml

    return yaml.safe_load((files("configs") / name).read_text(encoding="utf-8"))


def read_assignment(text: str) -> tuple[list[str], Any]:
    """Keys and value of one "a.b=c", where c is YAML; raises BadConfig for any other form."""
    import yaml

    keys, sign, value = text.partition("=")
    path = keys.strip().split(".")
    if not sign or not all(path):
        raise BadConfig(f"--set takes KEY=VALUE, not {text!r}.")
    try:
        return path, yaml.safe_load(value)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: an impossible date
        raise BadConfig(f"The value in --set {text} is not valid YAML.") from error


def assign(values: MutableMapping[str, Any], path: Sequence[str], value: Any) -> None:
    """Set the value at a path of keys in nested mappings; inner mappings are copied, not changed."""
    *above, last = path
    for key in above:
        inner = values.get(key)
        values[key] = dict(inner) if isinstance(inner, Mapping) else {}
        values = values[key]
    values[last] = value


def validated(model: type[T], values: Any, place: str = "", file: str = "") -> T:
    """Settings as their pydantic model or dataclass.

    Args:
        model: Type of the settings.
        values: Nested mappings.
        place: Dotted keys of `values` in the user's input or in the file.
        file: The file that declares them; by default they are a user's settings.

    Raises:
        BadConfig: The first fault, in one sentence.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(model).validate_python(values)
    except ValidationError as error:
        found = explain(error, model, values, place)
        raise BadConfig(f"{file} is wrong in {found.place}: {found.reason}" if file else found.sentence) from error


def explain(error: "ValidationError", model: type, values: Any, place: str = "") -> Complaint:
    """The first fault that pydantic found, in plain words; arguments as of `validated`."""
    faults = error.errors(include_url=False)
    first = max(faults, key=lambda fault: len(fault["loc"]))  # of a union, the branch that comes closest
    path = _present(first["loc"], values)
    dotted = _dotted(place, *path)
    if first["type"] == "missing":
        name = first["loc"][-1]
        reason = f"it has only {name} items: add more." if isinstance(name, int) else f"it has no {name}: add it."
        return Complaint(dotted, reason, f"The setting {_dotted(dotted, str(name))} is missing.")
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        hint = nearest(path[-1], _keys(model, path[:-1]))
        return Complaint(dotted, f"there is no such key{hint}", f"There is no setting {dotted}{hint}")
    depth, value = len(first["loc"]), _BRIEF.repr(first["input"])
    branches = [each for each in faults if len(each["loc"]) == depth and _present(each["loc"], values) == path]
    rule = " or ".join(dict.fromkeys(map(rule_of, branches))).replace(" or it must ", " or ").replace(" or be ", " or ")
    return Complaint(dotted, f"{value} cannot be used: {rule}.", f"The setting {dotted} is {value}: {rule}.")


def _dotted(*keys: str) -> str:
    return ".".join(filter(None, keys))


def rule_of(fault: Mapping[str, Any]) -> str:
    """Rule for a value, such as `it must be at most 1`, from one of pydantic's error details."""
    kind, _, problem = fault["type"].partition("_")
    if fault["type"] == "value_error":  # raised by one of our validators
        return str(fault["ctx"]["error"])
    if kind in _KINDS and problem in ("type", "parsing", "from_float"):
        return f"it must be {_KINDS[kind]}"
    rule = re.sub(r"^\w+ should ", "it must ", fault["msg"]).partition(" after validation")[0]
    return rule.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")


def _present(location: Sequence[str | int], values: Any) -> list[str]:
    """The part of a location that exists in `values`: pydantic also lists branches of unions in it."""
    path = []
    for part in location:
        try:
            values = values[part]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(str(part))
    return path


def _keys(model: Any, path: Sequence[str]) -> list[str]:
    """Names of the settings at a place inside nested models."""
    for part in path:
        inner = _fields(model).get(part)
        if inner is not None:  # names in a mapping of models, and indices of a list, are not fields
            model = next((kind for kind in (inner, *get_args(inner)) if _fields(kind)), None)
    return list(_fields(model))


def _fields(model: Any) -> dict[str, Any]:
    if is_dataclass(model):
        hints = get_type_hints(model)
        return {field.name: hints[field.name] for field in fields(model)}
    return {name: field.annotation for name, field in getattr(model, "model_fields", {}).items()}


class _Brief(reprlib.Repr):
    """Shortened values in the notation of JSON and YAML: a wrong document may be megabytes of numbers."""

    def repr_bool(self, value: bool, _level: int) -> str:
        return str(value).lower()

    def repr_NoneType(self, _value: None, _level: int) -> str:
        return "null"


_BRIEF = _Brief()
