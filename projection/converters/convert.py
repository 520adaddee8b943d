"""Conversion of published StyleGAN2 generators: NVIDIA's pickles and checkpoints of rosinality's code."""

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
"""Entries that hold the averaged generator; a checkpoint without them is the generator itself."""


@dataclass(frozen=True)
class ConvertedGenerator:
    """State dict for `Generator`, float32, and the arguments of that class."""

    state: dict[str, Tensor]
    config: dict[str, Any]


def read_generator(path: Path | str) -> ConvertedGenerator:
    """Averaged generator of a .pkl of StyleGAN2 or StyleGAN2-ADA (TensorFlow or PyTorch), or of a .pt.

    No code of the file is run. NVIDIA's half-precision layers clamp at +-256, which trained generators do not reach;
    `Generator` does not clamp.

    Raises:
        BadInput: A missing, hostile or damaged file, or another network.
        MissingWeights: An unreadable .pt.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"The file {path} does not exist.")
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
            f"{path} holds no usable generator ({reason}): "
            "choose a StyleGAN2 for RGB with skip connections and noise, without classes."
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
