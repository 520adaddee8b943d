"""ONNX Runtime sessions: opened once for each file and provider, with what really runs them."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.core.errors import BadRequest, MissingWeights
from pipeline.enhance.schema import PROVIDERS

_OPEN_AT_ONCE = 4  # a restorer takes 1 GB


def choose_provider(name: str) -> str:
    """ONNX Runtime's name of a provider that is on this machine; "auto" takes the first of PROVIDERS.

    Raises BadRequest when the one that was asked for is not here.
    """
    here = available()
    if name == "auto":
        return next(full for full in PROVIDERS.values() if full in here)
    if PROVIDERS[name] not in here:
        ours = [short for short, full in PROVIDERS.items() if full in here]
        raise BadRequest(
            "settings.provider", f"{name} is not on this machine: choose auto, or one of {', '.join(ours)}."
        )
    return PROVIDERS[name]


@cache
def available() -> tuple[str, ...]:
    """Providers that this build of ONNX Runtime has."""
    import onnxruntime

    return tuple(onnxruntime.get_available_providers())


def open_session(path: Path, provider: str = "auto") -> Any:
    """An `onnxruntime.InferenceSession`, the same one for the same file and provider; it may be run in many threads.

    Raises MissingWeights for a file that is no ONNX model, BadRequest for a provider that was asked for and is not
    here or does not start, as CUDA without its libraries.
    """
    full = choose_provider(provider)
    session = _open(path, path.stat().st_mtime_ns, full)
    if provider != "auto" and session.get_providers()[0] != full:
        raise BadRequest("settings.provider", f"{provider} does not start on this machine: choose auto or cpu.")
    return session


@lru_cache(_OPEN_AT_ONCE)
def _open(path: Path, _modified: int, provider: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # what is wrong is said below, and what runs is in the response
    providers = list(dict.fromkeys([provider, PROVIDERS["cpu"]]))
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime's own classes have no common base
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MissingWeights(f"{path} is no ONNX model ({reason}): put the declared file in its place.") from error
