"""Generators that others trained, in our layout: NVIDIA's pickles, and checkpoints as rosinality's code writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from pipeline.core.checkpoints import fill, load_checkpoint, load_state
from pipeline.core.errors import BadInput
from projection.converters.nvidia import generator_state
from projection.converters.pickles import read_pickle
from projection.nets.generator import Generator

PLACES = ("g_ema", "state_dict")
"""Where a checkpoint keeps the averaged generator; without either it is the generator itself."""


@dataclass(frozen=True)
class ConvertedGenerator:
    """A generator's state dict in our layout, float32, and the arguments of the Generator that it fits."""

    state: dict[str, Tensor]
    config: dict[str, Any]


def read_generator(path: Path | str) -> ConvertedGenerator:
    """The averaged generator of a .pkl of StyleGAN2 or StyleGAN2-ADA (TensorFlow's or PyTorch's), or of a .pt.

    Nothing that is in the file is run. NVIDIA's half-precision layers clamp at +-256 what never gets there in a trained
    generator; ours do not. Raises BadInput for a hostile or damaged file and for other networks, MissingWeights for an
    unreadable .pt.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    content = read_pickle(path) if path.suffix == ".pkl" else load_checkpoint(path)
    try:
        if path.suffix == ".pkl":
            state = generator_state(content)
        else:
            state = load_state(path, [place for place in PLACES if place in content][:1])
        config = _config(state)
        fill(lambda: Generator(**config), state)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(":")
        raise BadInput(
            f"{path} holds no generator that can be used ({reason}): "
            "choose a StyleGAN2 with skip connections and noise, without classes, that draws RGB."
        ) from error
    return ConvertedGenerator(state, config)


def _config(state: Mapping[str, Tensor]) -> dict[str, Any]:
    """Arguments of Generator, from the shapes in its state dict."""
    widths = [state["conv1.conv.weight"].shape[1]]
    while (second := f"convs.{2 * len(widths) - 1}.conv.weight") in state:
        widths.append(state[second].shape[1])
    return {
        "resolution": 2 * 2 ** len(widths),
        "style_dim": state["style.1.weight"].shape[1],
        "n_mlp": sum(key.startswith("style.") and key.endswith(".weight") for key in state),
        "channels": {4 * 2**level: width for level, width in enumerate(widths)},
    }
