"""Weights and inputs that depend on names and seeds only, so that reference outputs of networks can be compared.

The published networks' outputs in `fixtures/` were made with weights filled by this recipe; a network of ours with the
same keys, filled alike, must give the same outputs. GFE_PARITY_DIR points to another set of the same layout, of which
nothing may then be left out.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pytest
import torch

FOLDER = Path(os.environ.get("GFE_PARITY_DIR") or Path(__file__).parent)
FloatArray = npt.NDArray[np.float32]


def _generator(key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=key))


def fill(name: str, shape: tuple[int, ...], dtype: str = "float32", salt: str = "") -> npt.NDArray[Any]:
    """The tensor that the recipe puts under the state-dict key `name`; the first rule that fits decides."""
    if not dtype.startswith("float"):
        return np.zeros(shape, dtype)
    normal = _generator(zlib.crc32(f"{salt}{name}".encode())).standard_normal(shape)
    rank = len(shape)
    fan_in = int(np.prod(shape[1:])) if rank > 1 else 1

    def is_(pattern: str) -> bool:
        return re.search(pattern, name) is not None

    if is_(r"(^|\.)kernel$"):
        taps = np.array([1, 3, 3, 1])
        value = np.outer(taps, taps) / 16.0
    elif is_(r"running_var$"):
        value = 1 + 0.1 * np.abs(normal)
    elif is_(r"running_mean$"):
        value = 0.1 * normal
    elif is_(r"(^|\.)noises\.noise_?\d+$"):
        value = normal
    elif is_(r"(^|\.)style\.\d+\.(weight|bias)$"):
        value = (100 if name.endswith("weight") else 10) * normal
    elif is_(r"modulation\.bias$"):
        value = 1 + 0.1 * normal
    elif is_(r"(_token|pos_embed|position_emb)$"):
        value = 0.5 * normal
    elif is_(r"(^|\.)(mean_latent|latent_avg)$"):
        value = 0.3 * normal
    elif is_(r"bias$") or shape == (1,):
        value = 0.1 * normal
    elif rank == 1 and is_(r"(input_layer|res_layer)\.2\.weight$"):
        value = 0.25 + 0.1 * normal
    elif rank == 1:
        value = 1 + 0.1 * normal
    elif (
        is_(r"(^|\.)input\.input$|constant_input\.weight$|embedding\.weight$")
        or (rank == 5 and is_(r"\.conv\.weight$"))
        or is_(r"\.conv\.modulation\.weight$|styles\.\d+\.linear\.weight$")
    ):
        value = normal
    elif rank == 5:
        value = normal / np.sqrt(fan_in / shape[1])
    elif is_(r"output_conv\.4\.weight$"):
        value = np.abs(normal) / np.sqrt(fan_in)
    else:
        value = normal / np.sqrt(fan_in)
    return np.ascontiguousarray(value, dtype=np.float32)


def normals(seed: int, shape: tuple[int, ...], scale: float = 1.0) -> FloatArray:
    """Standard normal values times `scale`."""
    return (_generator(seed).standard_normal(shape) * scale).astype(np.float32)


def image_u8(seed: int, h: int, w: int, cells: int = 16) -> npt.NDArray[np.uint8]:
    """RGB image (h, w, 3) of `cells` x `cells` flat patches with fine noise."""
    generator = _generator(seed)
    patches = generator.integers(0, 256, (cells, cells, 3), dtype=np.int64)
    grain = generator.integers(-24, 25, (h, w, 3), dtype=np.int64)
    rows, columns = np.arange(h) * cells // h, np.arange(w) * cells // w
    return np.clip(patches[rows][:, columns] + grain, 0, 255).astype(np.uint8)


def labels_u8(seed: int, h: int, w: int, n_classes: int, cells: int = 16) -> npt.NDArray[np.uint8]:
    """Label map (h, w) of `cells` x `cells` flat patches."""
    patches = _generator(seed).integers(0, n_classes, (cells, cells), dtype=np.int64)
    rows, columns = np.arange(h) * cells // h, np.arange(w) * cells // w
    return patches[rows][:, columns].astype(np.uint8)


def left_out(reason: str) -> NoReturn:
    """Skips the test, but fails it where GFE_PARITY_DIR asks for everything."""
    if os.environ.get("GFE_PARITY_DIR"):
        pytest.fail(f"{reason}, and GFE_PARITY_DIR is set")
    pytest.skip(reason)


def parity_path(relative: str) -> Path:
    """A file of the parity set."""
    path = FOLDER / relative
    if not path.exists():
        left_out(f"{path} is missing")
    return path


def entries(name: str) -> dict[str, dict[str, Any]]:
    """State-dict key -> shape and dtype of a published checkpoint."""
    found: dict[str, dict[str, Any]] = json.loads(parity_path(f"manifests/{name}.json").read_text())
    return found


def manifest(name: str) -> dict[str, tuple[int, ...]]:
    """State-dict key -> shape of a published checkpoint."""
    return {key: tuple(entry["shape"]) for key, entry in entries(name).items()}


def seeded(name: str, salt: str = "", prefix: str = "") -> dict[str, torch.Tensor]:
    """The part of a checkpoint by the recipe whose keys have the prefix, as tensors and without it."""
    return {
        key.removeprefix(prefix): torch.from_numpy(fill(key, tuple(entry["shape"]), entry["dtype"], salt))
        for key, entry in entries(name).items()
        if key.startswith(prefix)
    }


def stats(*images: torch.Tensor) -> npt.NDArray[np.float64]:
    """Mean, population standard deviation and largest absolute value of each."""
    return np.array(
        [[float(x.double().mean()), float(x.double().std(correction=0)), float(x.abs().max())] for x in images]
    )


class Fixture:
    """Cases, inputs, reference outputs, salt and tolerance of one network's file in `fixtures/`."""

    def __init__(self, name: str) -> None:
        self.meta: dict[str, Any] = json.loads(parity_path(f"fixtures/{name}.json").read_text())
        self.arrays = np.load(parity_path(f"fixtures/{self.meta['file']}"))
        self.atol: float = self.meta["atol_float32"]
        self.salt: str = self.meta["weights_salt"]
        self.cases: dict[str, dict[str, Any]] = {case["case"]: case for case in self.meta["cases"]}

    def input(self, case: str, name: str) -> Any:
        """The named input of a case: an array, or a list of them."""
        spec = self.cases[case]["inputs"][name]
        return [make_input(one) for one in spec] if isinstance(spec, list) else make_input(spec)

    def picture(self, case: str) -> torch.Tensor:
        """The image of a case as nets take it: (1, 3, H, W) in 0..1."""
        return torch.from_numpy(self.input(case, "image")).permute(2, 0, 1)[None] / 255

    def expected(self, case: str, output: str) -> npt.NDArray[Any]:
        return np.asarray(self.arrays[f"{case}/{output}"])

    def check(self, case: str, found: Mapping[str, Any], besides: tuple[str, ...] = ()) -> None:
        """Asserts that what was found are all outputs of the case, within the tolerance.

        besides: outputs that the test compares by itself
        """
        assert set(found) | set(besides) == set(self.cases[case]["outputs"])
        for output, values in found.items():
            expected = self.expected(case, output)
            np.testing.assert_allclose(np.asarray(values), expected, rtol=0, atol=self.atol, err_msg=f"{case}/{output}")


def make_input(spec: dict[str, Any]) -> npt.NDArray[Any]:
    """An input array from its description (`recipe` and that recipe's arguments)."""
    arguments = {
        key: tuple(value) if isinstance(value, list) else value for key, value in spec.items() if key != "recipe"
    }
    recipes: dict[str, Callable[..., Any]] = {"normals": normals, "image_u8": image_u8, "labels_u8": labels_u8}
    return recipes[spec["recipe"]](**arguments)
