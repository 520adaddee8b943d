"""Checkpoints: safe reading of weights files, and nets filled with their tensors."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.core.errors import MissingWeights

if TYPE_CHECKING:
    import torch

    Net = TypeVar("Net", bound=torch.nn.Module)

LARGE = 2**26
"""Number of values above which a net is not initialised before it is filled."""


def load_checkpoint(path: Path | str) -> Any:
    """Content of a weights file, on the CPU; large files are memory-mapped, so that only the parts in use are read.

    Safetensors by suffix, otherwise torch.load(weights_only=True), which runs no code from the file. The only class
    that it accepts is argparse's Namespace, a plain record that training scripts store.

    Raises:
        MissingWeights: The file cannot be parsed.
    """
    import zipfile
    from argparse import Namespace

    import torch

    path = Path(path)
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        with torch.serialization.safe_globals([Namespace]):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # parsers raise anything on a wrong file
        if refused := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise MissingWeights(
                f"{path} asks for {refused[1]}, which no weights need: nothing was run, do not trust its source."
            ) from error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MissingWeights(f"{path} cannot be read as weights ({reason}): put a good copy in its place.") from error


def load_state(path: Path | str, inside: Sequence[str] = (), prefix: str = "") -> "dict[str, torch.Tensor]":
    """State dict of a file (see `load_checkpoint`), floats as float32.

    Args:
        path: The file.
        inside: Keys that lead to the state dict in a nested checkpoint, such as ("g_ema",).
        prefix: Prefix of the entries to keep; it is removed.

    Raises:
        MissingWeights: The file cannot be parsed or has no state dict there.
    """
    import torch

    content = load_checkpoint(path)
    if not inside and isinstance(content, Mapping) and {"optimizer", "model"} <= content.keys():
        content = content["model"]  # layout of DPT's checkpoints
    for key in inside:
        if not isinstance(content, Mapping) or key not in content:
            raise MissingWeights(f"{path} has no entry {key}: it is not the declared file.")
        content = content[key]
    if not isinstance(content, Mapping):
        raise MissingWeights(f"{path} holds no state dict: it is not the declared file.")
    return {
        str(key).removeprefix(prefix): value.float() if value.is_floating_point() else value
        for key, value in content.items()
        if isinstance(value, torch.Tensor) and str(key).startswith(prefix)
    }


def open_declared(path: Path | str, config: Mapping[str, Any]) -> "tuple[dict[str, torch.Tensor], dict[str, Any]]":
    """State dict of a declared file, and the arguments of its net: `config` without `inside` and `prefix`."""
    arguments = dict(config)
    return load_state(path, arguments.pop("inside", ()), arguments.pop("prefix", "")), arguments


def fill(build: "Callable[[], Net]", state: "Mapping[str, torch.Tensor]") -> "Net":
    """The net that `build` makes, with the tensors of `state` themselves; raises RuntimeError as load_state_dict."""
    import torch

    # The meta device skips initialisation, but makes torch load modules, which takes longer than a small net.
    large = sum(value.numel() for value in state.values()) > LARGE
    with torch.device("meta" if large else "cpu"):
        net = build()
    net.load_state_dict(state, assign=True)
    return net
