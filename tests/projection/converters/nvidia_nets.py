"""StyleGAN2's generator as NVIDIA's code computes and stores it, written from its description for the tests alone.

Convolutions that enlarge go the slow way of the paper: zeros between the pixels, low-pass filter, convolution.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SOURCE = "raise SystemExit('this was executed')"
FILTER = torch.outer(*[torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8] * 2)


def _reconstruct_persistent_obj(meta: dict[str, Any]) -> None:
    exec(meta["module_src"])


class Network:
    def __setstate__(self, state: dict[str, Any]) -> None:
        exec(state["build_module_src"])


class EasyDict(dict):
    pass


@contextmanager
def nvidia_modules() -> Iterator[None]:
    """The three modules that NVIDIA's pickles name, as long as one is written."""
    names = {
        "torch_utils.persistence": _reconstruct_persistent_obj,
        "dnnlib.tflib.network": Network,
        "dnnlib.util": EasyDict,
    }
    parents = ["torch_utils", "dnnlib", "dnnlib.tflib"]
    sys.modules |= {path: ModuleType(path) for path in [*parents, *names]}
    for path, content in names.items():
        content.__module__ = path
        setattr(sys.modules[path], content.__name__, content)
    try:
        yield
    finally:
        for path in [*parents, *names]:
            del sys.modules[path]


class Persistent(nn.Module):
    """Pickles as a dict of its attributes and the source of its class."""

    def __reduce__(self) -> tuple[Any, ...]:
        state = EasyDict(self.__dict__)
        meta = {"type": "class", "version": 6, "module_src": SOURCE, "class_name": type(self).__name__, "state": state}
        return _reconstruct_persistent_obj, (meta,), None


class FullyConnectedLayer(Persistent):
    def __init__(self, n_in: int, n_out: int, activate: bool = False, lr: float = 1.0, bias: float = 0.0) -> None:
        super().__init__()
        self.activation = "lrelu" if activate else "linear"
        self.weight = nn.Parameter(torch.randn(n_out, n_in) / lr)
        self.bias = nn.Parameter(torch.full([n_out], bias) + 0.1 * torch.randn(n_out) / lr)
        self.weight_gain, self.bias_gain = lr / np.sqrt(n_in), lr

    def forward(self, x: Tensor) -> Tensor:
        x = x @ (self.weight * float(self.weight_gain)).t() + self.bias * self.bias_gain
        return activate(x) if self.activation == "lrelu" else x


def activate(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * np.sqrt(2)


def enlarge(x: Tensor, before: int, after: int) -> Tensor:
    """Zeros between the pixels and around them, then the low-pass filter at four times its height."""
    spread = x.new_zeros(*x.shape[:2], 2 * x.shape[2], 2 * x.shape[3])
    spread[:, :, ::2, ::2] = x
    padded = F.pad(spread, (before, after, before, after))
    return F.conv2d(padded, 4 * FILTER.expand(x.shape[1], 1, 4, 4), groups=x.shape[1])


class SynthesisLayer(Persistent):
    def __init__(self, n_in: int, n_out: int, w_dim: int, size: int, up: int = 1) -> None:
        super().__init__()
        self.up = up
        self.register_buffer("resample_filter", FILTER.clone())
        self.affine = FullyConnectedLayer(w_dim, n_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(n_out, n_in, 3, 3))
        self.register_buffer("noise_const", torch.randn(size, size))
        self.noise_strength = nn.Parameter(torch.randn([]))
        self.bias = nn.Parameter(torch.randn(n_out))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        kernels = self.weight * self.affine(w)[:, None, :, None, None]
        kernels = kernels * (kernels.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        out = []
        for one, kernel in zip(x, kernels, strict=True):  # a convolution proper where it enlarges, else a correlation
            if self.up == 2:
                out.append(F.conv2d(enlarge(one[None], 3, 2), kernel.flip(2, 3)))
            else:
                out.append(F.conv2d(one[None], kernel, padding=1))
        x = torch.cat(out) + self.noise_const * self.noise_strength
        return activate(x + self.bias[:, None, None])


class ToRGBLayer(Persistent):
    def __init__(self, n_in: int, w_dim: int) -> None:
        super().__init__()
        self.affine = FullyConnectedLayer(w_dim, n_in, bias=1.0)
        self.weight = nn.Parameter(torch.randn(3, n_in, 1, 1))
        self.bias = nn.Parameter(torch.randn(3))
        self.weight_gain = 1 / np.sqrt(n_in)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        styles = self.affine(w) * float(self.weight_gain)
        return torch.einsum("bihw,bi,oi->bohw", x, styles, self.weight[:, :, 0, 0]) + self.bias[:, None, None]


class SynthesisBlock(Persistent):
    def __init__(self, n_in: int, n_out: int, w_dim: int, size: int) -> None:
        super().__init__()
        self.register_buffer("resample_filter", FILTER.clone())
        if n_in:
            self.conv0 = SynthesisLayer(n_in, n_out, w_dim, size, up=2)
        else:
            self.const = nn.Parameter(torch.randn(n_out, size, size))
        self.conv1 = SynthesisLayer(n_out, n_out, w_dim, size)
        self.torgb = ToRGBLayer(n_out, w_dim)


class SynthesisNetwork(Persistent):
    def __init__(self, channels: dict[int, int], w_dim: int) -> None:
        super().__init__()
        self.sizes = list(channels)
        n_in = 0
        for size, n_out in channels.items():
            setattr(self, f"b{size}", SynthesisBlock(n_in, n_out, w_dim, size))
            n_in = n_out

    def forward(self, ws: Tensor) -> Tensor:
        """W+ (B, n_style, w_dim): a block's ToRGB shares its style with the next block's first convolution."""
        place, img = 0, None
        for size in self.sizes:
            block = getattr(self, f"b{size}")
            if size == 4:
                x = block.const.expand(len(ws), -1, -1, -1)
            else:
                x = block.conv0(x, ws[:, place])
                place += 1
                assert img is not None
                img = enlarge(img, 2, 1)
            x = block.conv1(x, ws[:, place])
            place += 1
            rgb = block.torgb(x, ws[:, place])
            img = rgb if img is None else img + rgb
        assert img is not None
        return img


class MappingNetwork(Persistent):
    def __init__(self, dim: int, count: int) -> None:
        super().__init__()
        self.count = count
        for i in range(count):
            setattr(self, f"fc{i}", FullyConnectedLayer(dim, dim, activate=True, lr=0.01))
        self.register_buffer("w_avg", torch.randn(dim))

    def forward(self, z: Tensor) -> Tensor:
        x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for i in range(self.count):
            x = getattr(self, f"fc{i}")(x)
        return x


class NvidiaGenerator(Persistent):
    def __init__(self, channels: dict[int, int], dim: int, count: int) -> None:
        super().__init__()
        self.z_dim = self.w_dim = dim
        self.synthesis = SynthesisNetwork(channels, dim)
        self.mapping = MappingNetwork(dim, count)


def tensorflow_network(net: NvidiaGenerator) -> Network:
    """The same generator as TensorFlow's code keeps it: other names, other orders of axes, kernels mirrored."""
    variables: dict[str, list[tuple[str, np.ndarray]]] = {"mapping": [], "synthesis": []}
    for i in range(net.mapping.count):
        layer = getattr(net.mapping, f"fc{i}")
        variables["mapping"] += [(f"Dense{i}/weight", array(layer.weight).T), (f"Dense{i}/bias", array(layer.bias))]
    number = 0
    for size in net.synthesis.sizes:
        block = getattr(net.synthesis, f"b{size}")
        if size == 4:
            variables["synthesis"].append(("4x4/Const/const", array(block.const)[None]))
            layers = {"Conv": block.conv1, "ToRGB": block.torgb}
        else:
            layers = {"Conv0_up": block.conv0, "Conv1": block.conv1, "ToRGB": block.torgb}
        for name, layer in layers.items():
            kernel = array(layer.weight).transpose(2, 3, 1, 0)
            entries = {
                "weight": kernel[::-1, ::-1] if name == "Conv0_up" else kernel,
                "bias": array(layer.bias),
                "mod_weight": array(layer.affine.weight).T,
                "mod_bias": array(layer.affine.bias) - 1,
            }
            if name != "ToRGB":
                entries["noise_strength"] = array(layer.noise_strength)
                variables["synthesis"].append((f"noise{number}", array(layer.noise_const)[None, None]))
                number += 1
            variables["synthesis"] += [(f"{size}x{size}/{name}/{key}", value) for key, value in entries.items()]
    parts = EasyDict({name: tf_part(each, {}) for name, each in variables.items()})
    return tf_part([("dlatent_avg", array(net.mapping.w_avg))], parts)


def tf_part(variables: list[tuple[str, np.ndarray]], components: dict[str, Network]) -> Network:
    network = Network()
    network.__dict__ |= {
        "version": 4,
        "name": "G",
        "static_kwargs": EasyDict(resolution=16, truncation_psi=np.float32(0.5)),
        "components": components,
        "build_module_src": SOURCE,
        "variables": variables,
    }
    return network


def array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().numpy()
