"""Restricted reader of NVIDIA's StyleGAN2 pickles, which runs no code of the file.

Such a file requests code in three ways: a network contains its own source, tensors are nested pickles, and a pickle can
name any callable. Here a network becomes a plain dict without its source, torch's restricted reader opens nested
tensors, and all other callables are refused.
"""

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
"""Limit on the instructions of a pickle; published files have tens of thousands."""
MAX_TUPLES = 20_000
"""Limit on the tuples of a pickle, and so on their nesting: hashing deeper ones would overflow the stack."""


def read_pickle(path: Path | str) -> Any:
    """Content of the file: dicts, lists, numbers, texts, tensors; a network as the dict of its attributes.

    Raises:
        BadInput: A damaged file, or one that names a callable outside KNOWN.
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
        raise BadInput(f"{path} cannot be read as a StyleGAN2 network ({reason}): fetch it again.") from error


def _check_steps(file: BinaryIO, path: Path | str) -> None:
    """Refuse a file that would exhaust memory or stack of the reader."""
    tuples = 0
    for count, (step, argument, _) in enumerate(pickletools.genops(file), start=1):
        tuples += "TUPLE" in step.name
        far = "PUT" in step.name and int(argument or 0) > count
        if count > MAX_STEPS or tuples > MAX_TUPLES or far:
            raise BadInput(f"{path} is far more complex than any network and was not read: do not trust its source.")


class _Reader(pickle.Unpickler):
    """Unpickler limited to the callables of `KNOWN`."""

    def __init__(self, file: BinaryIO, path: Path | str) -> None:
        super().__init__(file)
        self.path = path

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in KNOWN:
            raise BadInput(
                f"{self.path} asks for {module}.{name}, which no network needs: nothing of it was run, "
                "do not trust its source."
            )
        return KNOWN[module, name]


def _storage(content: bytes) -> Tensor:
    """One-dimensional values, by torch's restricted reader instead of its unrestricted one."""
    if content[:2] == b"PK":
        raise ValueError("a tensor in an unexpected format")
    storage = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return torch.empty(0, dtype=storage.dtype).set_(storage)


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Tensor:
    if int(np.prod(size, dtype=object)) > storage.numel():
        raise ValueError("a tensor larger than its content")
    return storage.as_strided(size, stride, offset)


class _Dtype:
    """numpy.dtype of numbers, in either byte order."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = np.dtype(code)
        if self.dtype.kind not in "fiub":
            raise ValueError(f"an array of {code}")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1] if state[1] in "<>" else "|")


class _Array:
    """numpy.ndarray; `value` exists once the state is set."""

    def __setstate__(self, state: tuple[int, tuple[int, ...], _Dtype, bool, bytes]) -> None:
        _, shape, kind, fortran, content = state
        self.value = np.frombuffer(content, kind.dtype).reshape(shape, order="F" if fortran else "C")


class TfNetwork:
    """TensorFlow network, whose original class executes its source when its state is set."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.components: dict[str, TfNetwork] = state.get("components", {})
        self.variables: dict[str, np.ndarray] = {name: array.value for name, array in state["variables"]}


def _number(kind: _Dtype, content: bytes) -> float:
    return float(np.frombuffer(content, kind.dtype, count=1)[0])


KNOWN: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): lambda meta: dict(
        meta["state"]
    ),  # its function runs the source
    ("dnnlib.tflib.network", "Network"): TfNetwork,
    ("dnnlib.util", "EasyDict"): dict,
    ("collections", "OrderedDict"): OrderedDict,
    ("builtins", "set"): set,
    ("torch.storage", "_load_from_bytes"): _storage,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): lambda data, *_: data,
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,
    ("numpy.core.multiarray", "scalar"): _number,
    ("numpy._core.multiarray", "scalar"): _number,
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Array(),
}
"""Callables that networks need, without those that run their source."""
