"""Configuration of a run: defaults <- file <- `--set a.b=c`; unknown keys are errors."""

import importlib
import importlib.util
import pkgutil
import types
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

import postprocess.steps
from pipeline.core.errors import BadConfig
from pipeline.core.names import nearest
from pipeline.core.settings import assign, packaged, read_assignment, validated
from pipeline.core.types import BackendName, BackendRole, DetectorName
from projection.inversion.settings import ProjectionSettings


class Budget(BaseModel):
    """What the search for the strength of an edit may cost: it stops before a portrait exceeds one of these."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    identity: float = Field(
        1.2,
        gt=0,
        le=2,
        description="Distance of identity from the portrait: 0 is the same person, 1 a stranger or another skin tone.",
    )
    leak: float = Field(
        0.3,
        gt=0,
        le=2,
        description="Mean change of the other attributes: of cursors from -1 to 1 and of the probabilities of classes.",
    )


class RunConfig(BaseModel):
    """All settings that decide a run's images. The steps of `steps` run in its order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    models: str = Field("demo", description="Model set: a name in configs/models.yaml.")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:N or mps; auto takes the fastest one present.")
    precision: Literal["float32", "float16", "bfloat16"] = Field(
        "float32", description="Arithmetic of the nets; half precision pays on a GPU, and bfloat16 with openvino."
    )
    backend: BackendName = Field(
        "torch",
        description="What runs the nets on the processor: torch, openvino, onnxruntime, or auto: openvino where it is "
        "installed and agrees with torch.",
    )
    backend_of: dict[BackendRole, BackendName] = Field(
        default_factory=dict, description="Another backend for single nets, such as `backend_of.parser=torch`."
    )
    seed: int = Field(0, ge=0, description="Seed of everything random in a run.")
    batch: int = Field(8, ge=1, description="Edits rendered at once; more needs more memory.")
    projection: ProjectionSettings = Field(
        default_factory=ProjectionSettings, description="How a latent is found for each portrait."
    )
    detector: DetectorName = Field(
        "auto",
        description="Face detector for photographs: yunet, blaze-face, or auto: fetched, else embedded.",
    )
    translations: tuple[str, ...] = Field(
        (),
        description="Folders (NAME.npy, space.json) or .safetensors whose translations override the model set's, own "
        "directions among them.",
    )
    strength: Literal["adaptive", "fixed"] = Field(
        "adaptive",
        description="Strength of edits for which none is asked: adaptive, the least that reaches the target on each "
        "portrait, or fixed, as calibrated.",
    )
    budget: Budget = Field(default_factory=Budget, description="Limits of the adaptive strength.")
    steps: tuple[dict[str, Any], ...] = Field(
        default=(), description="Blending steps in order, each `name: settings` or only `name`."
    )

    @field_validator("steps", mode="before")
    @classmethod
    def _named(cls, steps: Any) -> tuple[dict[str, Any], ...]:
        return tuple(_step(entry) for entry in _named_steps(steps))

    @property
    def search_budget(self) -> Budget | None:
        """Limits of the search for strengths; None: there is no search."""
        return self.budget if self.strength == "adaptive" else None

    @property
    def own_pixels(self) -> bool:
        """Whether the step `carry_over` edits photographs by their own pixels; if not, the generator does."""
        carry_over = self.step_settings().get("carry_over")
        return carry_over is not None and carry_over.motion > 0

    def step_settings(self) -> dict[str, Any]:
        """Settings object of each step by its name, in order."""
        return {name: settings for entry in self.steps for name, settings in entry.items()}


def load_config(file: Path | str | None = None, sets: Iterable[str] = ()) -> RunConfig:
    """Resolved configuration: defaults <- `file` <- each "a.b=c" of `sets`.

    Mappings are merged, everything else is replaced; `steps.NAME.key=value` changes a setting of a step.

    Raises:
        BadConfig: An unreadable file, an unknown key (the sentence names the nearest one) or a value out of range.
    """
    values = packaged("default.yaml")
    if file is not None:
        values = _merge(values, _read(Path(file)))
    values["steps"] = _named_steps(values.get("steps"))
    for assignment in sets:
        _assign(values, assignment)
    return validated(RunConfig, values)


def dump(config: RunConfig) -> str:
    """YAML text of a resolved configuration with every setting; `load_config` reads it back unchanged."""
    return yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def step_module(name: str) -> types.ModuleType:
    """Module of a blending step: postprocess/steps/NAME.py, else a plain module NAME on sys.path.

    Raises:
        BadConfig: No such module with a class `Settings`; the sentence names the nearest step.
    """
    for candidate in (f"postprocess.steps.{name}", name) if name.isidentifier() else ():
        if importlib.util.find_spec(candidate) is None:
            continue
        module = importlib.import_module(candidate)
        if isinstance(getattr(module, "Settings", None), type):
            return module
    raise BadConfig(f"There is no step {name}{nearest(name, step_names())}")


def step_names() -> list[str]:
    """Names of the packaged steps: the modules of `postprocess/steps/`."""
    return sorted(module.name for module in pkgutil.iter_modules(postprocess.steps.__path__))


def _named_steps(entries: Any) -> list[dict[str, Any]]:
    """The list of steps, each entry as {name: settings}."""
    if entries is None:
        return []
    if not isinstance(entries, Sequence) or isinstance(entries, str):
        raise BadConfig(f"`steps` must be a list, each entry a step's name or `name: settings`, not {entries!r}.")
    return [_named_step(entry) for entry in entries]


def _named_step(entry: Any) -> dict[str, Any]:
    """An entry, `name` or `name: settings`, as {name: settings}."""
    if isinstance(entry, str):
        return {entry: {}}
    if isinstance(entry, Mapping) and len(entry) == 1:
        return {str(name): settings for name, settings in entry.items()}
    raise BadConfig(f"Each entry of `steps` is a step's name or `name: settings`, not {entry!r}.")


def _step(entry: Mapping[str, Any]) -> dict[str, Any]:
    """An entry with its settings validated by the step's own model."""
    ((name, settings),) = entry.items()
    model = cast(type[BaseModel], step_module(name).Settings)
    return {name: validated(model, settings or {}, f"steps.{name}")}


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadConfig(f"The configuration {path} cannot be read: {reason}.") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise BadConfig(f"The configuration {path} is not valid YAML{where}.") from error
    if not isinstance(values, dict):
        raise BadConfig(f"The configuration {path} must hold `key: value` lines.")
    return values


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _assign(values: dict[str, Any], assignment: str) -> None:
    """Apply one "a.b=c"; `steps.NAME` is the step of that name in the list."""
    path, value = read_assignment(assignment)
    if path[0] != "steps":
        assign(values, path, value)
    elif len(path) == 1:
        values["steps"] = _named_steps(value)
    else:
        steps = {name: entry for entry in values["steps"] for name in entry}
        if path[1] not in steps:
            raise BadConfig(f"--set {assignment}: {path[1]} is not a step of this run{nearest(path[1], steps)}")
        assign(steps[path[1]], path[1:], value)
