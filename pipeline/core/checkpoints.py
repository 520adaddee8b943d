"""Reads weights files, without running code from them, and puts their tensors into nets."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.core.errors import MissingWeights

if TYPE_CHECKING:
    import torch

    Net = TypeVar("Net", bound=torch.nn.Module)

LARGE = 2**26
"""Values of a net from which on it is not initialised before it is filled."""


def load_checkpoint(path: Path | str) -> Any:
    """What a weights file holds, on the CPU: large files are mapped, so that only what is used of them is read.

    Safetensors by suffix, otherwise torch.load(weights_only=True), which runs no code from the file; of classes only
    argparse's Namespace is let in, a plain record that training scripts store. MissingWeights when it cannot be parsed.
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
    except Exception as error:  # whatever a parser raises on a wrong file means the same to the user
        if refused := re.search(r"GLOBAL ([\w.]+)", str(error)):
            raise MissingWeights(
                f"{path} asks for {refused[1]}, which no weights need: nothing of it was run, "
                "do not trust where it is from."
            ) from error
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MissingWeights(f"{path} cannot be read as weights ({reason}): put a good copy in its place.") from error


def load_state(path: Path | str, inside: Sequence[str] = (), prefix: str = "") -> "dict[str, torch.Tensor]":
    """State dict of a file (see `load_checkpoint`), floats as float32.

    `inside` leads into a nested checkpoint, such as ("g_ema",); of its keys those with `prefix` are kept, without it.
    Raises MissingWeights when the file cannot be parsed or has nothing there.
    """
    import torch

    content = load_checkpoint(path)
    if not inside and isinstance(content, Mapping) and {"optimizer", "model"} <= content.keys():
        content = content["model"]  # how DPT's training leaves its net
    for key in inside:
        if not isinstance(content, Mapping) or key not in content:
            raise MissingWeights(f"{path} has no entry {key}: it is not the file it is declared to be.")
        content = content[key]
    if not isinstance(content, Mapping):
        raise MissingWeights(f"{path} holds no state dict: it is not the file it is declared to be.")
    return {
        str(key).removeprefix(prefix): value.float() if value.is_floating_point() else value
        for key, value in content.items()
        if isinstance(value, torch.Tensor) and str(key).startswith(prefix)
    }


def open_declared(path: Path | str, config: Mapping[str, Any]) -> "tuple[dict[str, torch.Tensor], dict[str, Any]]":
    """State dict of a declared file and the arguments of its net: `config` without what says how to read the file."""
    arguments = dict(config)
    return load_state(path, arguments.pop("inside", ()), arguments.pop("prefix", "")), arguments


def fill(build: "Callable[[], Net]", state: "Mapping[str, torch.Tensor]") -> "Net":
    """The net that `build` makes, with the tensors of `state` themselves: nothing is copied.

    Raises RuntimeError where keys or shapes differ, as torch's load_state_dict does.
    """
    import torch

    # On the meta device nothing is initialised, but torch then loads modules for longer than a small net takes.
    large = sum(value.numel() for value in state.values()) > LARGE
    with torch.device("meta" if large else "cpu"):
        net = build()
    net.load_state_dict(state, assign=True)
    return net
