"""Reads the pickles that NVIDIA's StyleGAN2 publishes its networks in, without running anything that is in them.

Such a file asks for code in three ways: a network brings its own source to execute, tensors come as nested pickles,
and any callable can be named. Here a network becomes a plain dict and its source is dropped, nested tensors are read by
torch's own restricted reader, and whatever else is named is refused.
"""

from __future__ import annotations

import io
import pickle
import pickletools
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from torch import Tensor

from pipeline.core.errors import BadInput

MAX_STEPS = 1_000_000
"""Instructions of a pickle; the published files have some ten thousands."""
MAX_TUPLES = 20_000
"""Tuples of a pickle: they nest at most as deep, and hashing one nested much deeper would overflow the stack."""


def read_pickle(path: Path | str) -> Any:
    """What the file holds, of dicts, lists, numbers, texts and tensors; a network is the dict of its attributes.

    Raises BadInput for a damaged file, and for one that names any callable which no network needs.
    """
    try:
        with Path(path).open("rb") as file:
            _check_steps(file, path)
            file.seek(0)
            return _Reader(file, path).load()
    except BadInput:
        raise
    except Exception as error:  # a hostile file can make the reader raise almost anything
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise BadInput(f"{path} cannot be read as a network of StyleGAN2 ({reason}): fetch it again.") from error


def _check_steps(file: BinaryIO, path: Path | str) -> None:
    """BadInput where the file would make the reader itself run out of memory or stack."""
    tuples = 0
    for count, (step, argument, _) in enumerate(pickletools.genops(file), start=1):
        tuples += "TUPLE" in step.name
        far = "PUT" in step.name and int(argument or 0) > count
        if count > MAX_STEPS or tuples > MAX_TUPLES or far:
            raise BadInput(
                f"{path} is far more tangled than any network: it was not read, do not trust where it is from."
            )


class _Reader(pickle.Unpickler):
    """Knows the callables of `KNOWN` and no other."""

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        super().__init__(file)
        self.path = path

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in KNOWN:
            raise BadInput(
                f"{self.path} asks for {module}.{name}, which no network needs: nothing of it was run, "
                "do not trust where it is from."
            )
        return KNOWN[module, name]


def _network(meta: Mapping[str, Any]) -> dict[str, Any]:
    """In place of NVIDIA's function, which executes the source in `meta`: the attributes alone."""
    return dict(meta["state"])


def _storage(content: bytes) -> Tensor:
    """In place of torch.storage._load_from_bytes, which unpickles freely: the values, one-dimensional."""
    if content[:2] == b"PK":
        raise ValueError("a tensor in a form that is never written there")
    storage = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return torch.empty(0, dtype=storage.dtype).set_(storage)


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Tensor:
    """In place of torch._utils._rebuild_tensor_v2."""
    if int(np.prod(size, dtype=object)) > storage.numel():
        raise ValueError("a tensor larger than its content")
    return storage.as_strided(size, stride, offset)


def _parameter(data: Tensor, *_: object) -> Tensor:
    """In place of torch._utils._rebuild_parameter."""
    return data


class _Dtype:
    """In place of numpy.dtype: numbers only, in either byte order."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in "fiub":
            raise ValueError(f"an array of {code}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1] if state[1] in "<>" else "|")


class _Array:
    """In place of numpy.ndarray; `value` is there once the state is set."""

    def __setstate__(self, state: tuple[int, tuple[int, ...], _Dtype, bool, bytes]) -> None:
        _, shape, kind, fortran, content = state
        self.value = np.frombuffer(content, kind.dtype).reshape(shape, order="F" if fortran else "C")


class TfNetwork:
    """In place of TensorFlow's dnnlib.tflib.network.Network, which executes its source when its state is set."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.components: dict[str, TfNetwork] = state.get("components", {})
        self.variables: dict[str, np.ndarray] = {name: array.value for name, array in state["variables"]}


def _number(kind: _Dtype, content: bytes) -> float:
    """In place of numpy's scalar."""
    return float(np.frombuffer(content, kind.dtype, count=1)[0])


def _empty_array(*_: object) -> _Array:
    """In place of numpy's _reconstruct."""
    return _Array()


KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _network,
    ("dnnlib.tflib.network", "Network"): TfNetwork,
    ("dnnlib.util", "EasyDict"): dict,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("torch.storage", "_load_from_bytes"): _storage,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "scalar"): _number,
    ("numpy._core.multiarray", "scalar"): _number,
    ("numpy.core.multiarray", "_reconstruct"): _empty_array,
    ("numpy._core.multiarray", "_reconstruct"): _empty_array,
}
