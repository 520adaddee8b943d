"""Tensor names of NVIDIA's StyleGAN2 generators, translated to the keys of `Generator`.

The values agree up to leading dimensions; TensorFlow's kernels are transposed as in NVIDIA's own converter.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from projection.converters.pickles import TfNetwork
from projection.nets.layers import Fir

MAX_MODULES = 10_000
"""Limit on the submodules of a network, which also stops at a network that contains itself."""

LAYER = r"synthesis\.b(\d+)\.(conv0|conv1|torgb)\."
KEYS = {
    "weight": "conv.weight",
    "affine.weight": "conv.modulation.weight",
    "affine.bias": "conv.modulation.bias",
    "noise_strength": "noise.weight",
}
TF_LAYERS = {"Conv": "conv1", "Conv0_up": "conv0", "Conv1": "conv1", "ToRGB": "torgb"}
TF_NAMES = {"mod_weight": "affine.weight", "mod_bias": "affine.bias"}


def generator_state(content: Any) -> dict[str, Tensor]:
    """State dict for `Generator` of the averaged generator in the content of `pickles.read_pickle`.

    Raises:
        ValueError: Another architecture; the message names the tensor.
    """
    if isinstance(content, tuple) and content:
        content = content[-1]  # TensorFlow: generator, discriminator, averaged generator
    if isinstance(content, TfNetwork):
        return renamed(tensorflow_tensors(content))
    if isinstance(content, Mapping):
        content = content.get("G_ema", content)
    return renamed(module_tensors(content))


def renamed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors by the names of NVIDIA's PyTorch code -> state dict for `Generator`, float32; raises ValueError."""
    kernel = Fir().kernel
    state: dict[str, Tensor] = {}
    for name, value in tensors.items():
        tensor = value.detach().float().contiguous()
        if name.endswith(".resample_filter"):
            if tensor.shape != kernel.shape or not torch.allclose(4 * tensor, kernel, atol=1e-6):
                raise ValueError(f"{name} is not the filter [1, 3, 3, 1]")
        elif name == "synthesis.b4.const":
            state["input.input"] = tensor[None]
        elif layer := re.match(r"mapping\.fc(\d+)\.", name):
            state[f"style.{int(layer[1]) + 1}.{name[layer.end() :]}"] = tensor
        elif layer := re.match(LAYER, name):
            key, shaped = _in_layer(int(layer[1]).bit_length() - 3, layer[2], name[layer.end() :], tensor)
            state[key] = shaped
        elif name != "mapping.w_avg":  # LatentGenerator computes the mean latent from samples
            raise ValueError(f"{name} is unknown")
    for level in {int(key.split(".")[1]) for key in state if key.startswith("to_rgbs.")}:
        state[f"convs.{2 * level}.conv.blur.kernel"] = state[f"to_rgbs.{level}.upsample.kernel"] = kernel
    return state


def _in_layer(level: int, kind: str, name: str, tensor: Tensor) -> tuple[str, Tensor]:
    """Key and tensor of `Generator` for the tensor `name` of a layer at resolution 4 * 2^level."""
    number = 2 * level + (kind == "conv1") - 1  # of the convolution; 0 at 4 x 4
    if name == "noise_const":
        return f"noises.noise_{number}", tensor[None, None]
    if kind == "torgb":
        layer = f"to_rgbs.{level - 1}" if level else "to_rgb1"
    else:
        layer = f"convs.{number - 1}" if level else "conv1"
    if name == "bias":
        return (f"{layer}.bias", tensor.view(1, -1, 1, 1)) if kind == "torgb" else (f"{layer}.activate.bias", tensor)
    ours = f"{layer}.{KEYS.get(name, name)}"
    return ours, tensor[None] if name == "weight" else tensor.view(1) if name == "noise_strength" else tensor


def module_tensors(network: Any) -> dict[str, Tensor]:
    """Parameters and buffers of a PyTorch network given as a dict of its attributes; raises ValueError."""
    found: dict[str, Tensor] = {}
    for prefix, module in _parts(network, lambda module: module["_modules"], "."):
        for kind in ("_parameters", "_buffers"):
            found |= {f"{prefix}{key}": value for key, value in module[kind].items() if isinstance(value, Tensor)}
    return found


def tensorflow_tensors(network: TfNetwork) -> dict[str, Tensor]:
    """Variables of a TensorFlow network, named and shaped as in NVIDIA's PyTorch code; raises ValueError."""
    found: dict[str, Tensor] = {}
    for prefix, part in _parts(network, lambda part: part.components, "/"):
        for key, value in part.variables.items():
            translated = _from_tensorflow(f"{prefix}{key}", value)
            if translated is not None:
                found[translated[0]] = torch.from_numpy(np.array(translated[1], np.float32))
    return found


def _from_tensorflow(name: str, value: np.ndarray) -> tuple[str, np.ndarray] | None:
    if layer := re.fullmatch(r"mapping/Dense(\d+)/(weight|bias)", name):
        return f"mapping.fc{layer[1]}.{layer[2]}", value.T
    if name == "synthesis/4x4/Const/const":
        return "synthesis.b4.const", value[0]
    if layer := re.fullmatch(r"synthesis/noise(\d+)", name):
        number = int(layer[1])
        return f"synthesis.b{2 ** ((number + 5) // 2)}.conv{1 - number % 2}.noise_const", value[0, 0]
    if layer := re.fullmatch(r"synthesis/(\d+)x\1/(Conv|Conv0_up|Conv1|ToRGB)/(\w+)", name):
        if layer[3] == "weight":  # kernels of upsampling layers are stored mirrored
            kernel = value[::-1, ::-1] if layer[2] == "Conv0_up" else value
            value = kernel.transpose(3, 2, 0, 1)
        elif layer[3] == "mod_weight":
            value = value.T
        elif layer[3] == "mod_bias":
            value = value + 1
        return f"synthesis.b{layer[1]}.{TF_LAYERS[layer[2]]}.{TF_NAMES.get(layer[3], layer[3])}", value
    if name in ("dlatent_avg", "lod"):
        return None
    raise ValueError(f"{name} is unknown")


def _parts(root: Any, children: Any, separator: str) -> Iterator[tuple[str, Any]]:
    """The network and its submodules, each with the prefix of its names."""
    pending = [("", root)]
    for _ in range(MAX_MODULES):
        if not pending:
            return
        prefix, part = pending.pop()
        yield prefix, part
        pending += [(f"{prefix}{name}{separator}", child) for name, child in children(part).items()]
    raise ValueError("too many submodules")
