"""Folder of exported nets: an ONNX file for each net, input size and options, and beside it how exact backends are.

A file is named by the hash of all that decides its content. The folder may be deleted at any time.
"""

import hashlib
import inspect
import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core import digests
from pipeline.core.backends.compilable import Compilable, Forward, Options
from pipeline.core.files import json_bytes, sha256, write_atomic
from pipeline.core.version import package_version

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def exported_path(
    folder: Path,
    role: str,
    weights: str,
    config: Mapping[str, Any],
    shape: Sequence[int],
    options: Options,
    net: Compilable,
) -> Path:
    """Place of an exported net.

    Args:
        folder: Where it is kept.
        role: Role of the net.
        weights: Hash of its weights.
        config: Its arguments.
        shape: Shape of one input.
        options: Of its forward pass.
        net: Its wrapper, whose source code counts like that of its layers.
    """
    import torch

    kinds = {type(net), *map(type, net.net.modules())}
    sources = sorted({_sources(Path(inspect.getfile(kind)).parent) for kind in kinds})
    parts = [weights, dict(config), list(shape), dict(options), package_version(), torch.__version__, sources]
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]
    return folder / f"{role}-{key}.onnx"


def export(net: "torch.nn.Module", forward: Forward, example: "Tensor", path: Path) -> None:
    """Write the `forward` of a net for inputs like `example` as ONNX, unless the file is there and undamaged."""
    known = digests.noted(path)
    if known is not None and path.is_file() and digests.matches(path, known):
        return
    import torch

    class Graph(torch.nn.Module):
        """The forward pass as a module, its weights as constants."""

        def __init__(self) -> None:
            super().__init__()
            self.net = net

        def forward(self, x: "Tensor") -> "Tensor":
            return forward(x)

    program = torch.onnx.export(Graph().eval(), (example,), dynamo=True, verbose=False)
    assert program is not None
    checks_path(path).unlink(missing_ok=True)
    write_atomic(path, program.model_proto.SerializeToString())
    digests.note(path, sha256(path))


def checks_path(path: Path) -> Path:
    """File of the results of the checks of an exported net."""
    return path.with_suffix(".json")


def noted_checks(path: Path) -> dict[str, float]:
    """PSNR in dB against torch by backend; empty without a readable file."""
    try:
        return {str(key): float(value) for key, value in json.loads(checks_path(path).read_bytes()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def note_check(path: Path, backend: str, psnr: float) -> None:
    """Add the result of a check."""
    write_atomic(checks_path(path), json_bytes(noted_checks(path) | {backend: psnr}, indent=1))


@cache
def _sources(folder: Path) -> str:
    """Hash of the modules in a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        total.update(path.read_bytes())
    return total.hexdigest()
