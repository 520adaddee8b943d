"""ONNX Runtime sessions, cached by file and provider."""

from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from pipeline.core.errors import BadRequest, MissingWeights
from pipeline.enhance.schema import PROVIDERS

_OPEN_AT_ONCE = 4  # a restorer takes 1 GB


def choose_provider(name: str) -> str:
    """ONNX Runtime's name of a provider; "auto" is the first of PROVIDERS that is available.

    Raises:
        BadRequest: The provider is not available on this machine.
    """
    here = [short for short, full in PROVIDERS.items() if full in available()]
    if name != "auto" and name not in here:
        raise BadRequest(
            "settings.provider", f"{name} is not on this machine: choose auto, or one of {', '.join(here)}."
        )
    return PROVIDERS[here[0] if name == "auto" else name]


@cache
def available() -> tuple[str, ...]:
    """Providers that this build of ONNX Runtime has."""
    import onnxruntime

    return tuple(onnxruntime.get_available_providers())


def open_session(path: Path, provider: str = "auto") -> Any:
    """An `onnxruntime.InferenceSession`, cached by file and provider; it may run in several threads.

    Raises:
        MissingWeights: The file is not an ONNX model.
        BadRequest: The provider is not available or does not start, such as CUDA without its libraries.
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
    options.log_severity_level = 3  # errors are reported below, providers in the response
    providers = list(dict.fromkeys([provider, PROVIDERS["cpu"]]))
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=providers)
    except Exception as error:  # ONNX Runtime's own classes have no common base
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MissingWeights(f"{path} is not an ONNX model ({reason}): put the declared file in its place.") from error
