"""A net's forward pass by another backend than torch, checked against torch before it is used."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core import digests
from pipeline.core.backends.compilable import Compilable, Forward, Options
from pipeline.core.backends.engines import Session, about, choose_backend, open_session
from pipeline.core.backends.exported import export, exported_path, note_check, noted_checks
from pipeline.core.errors import BadConfig, FaceEditError
from pipeline.core.types import BackendName
from pipeline.core.weights import weights_folder

if TYPE_CHECKING:
    from torch import Tensor

LEAST_PSNR = {"float32": 100.0, "bfloat16": 40.0, "float16": 40.0}
"""Least PSNR in dB of a backend's output against torch in float32, by arithmetic; the peak is the output's range."""


def take_over(
    net: Compilable, role: str, path: Path, config: Mapping[str, Any], asked: BackendName, tell: Callable[[str], None]
) -> None:
    """Let another backend than torch run an opened net; with auto, torch runs it where the other fails.

    Args:
        net: The wrapper of the net.
        role: Role of the net.
        path: File of its weights.
        config: Its arguments.
        asked: As for `choose_backend`.
        tell: Receives a sentence about each size and precision for which the net is opened.

    Raises:
        BadConfig: As `choose_backend`.
    """
    if (backend := choose_backend(asked, net.device.type)) != "torch":
        folder = weights_folder() / "exported"
        net.forward = Compiled(net, role, digests.current(path), config, backend, asked != "auto", tell, folder)


class Compiled:
    """Takes the place of a wrapper's `forward`; a net is exported and opened for each size and options at first use.

    Args:
        net: The wrapper, before its `forward` is replaced.
        role: Role of the net.
        weights: Hash of its weights.
        config: Its arguments.
        backend: openvino or onnxruntime.
        required: Whether a backend that fails or is not exact is an error; otherwise torch runs.
        tell: Receives a sentence about each opened net.
        folder: Where exports are kept.
    """

    def __init__(
        self,
        net: Compilable,
        role: str,
        weights: str,
        config: Mapping[str, Any],
        backend: str,
        required: bool,
        tell: Callable[[str], None],
        folder: Path,
    ) -> None:
        self._net, self._role, self._weights, self._config = net, role, weights, config
        self._backend, self._required, self._tell, self._folder = backend, required, tell, folder
        self._torch = net.forward
        self._opened: dict[tuple[tuple[int, ...], str, tuple[tuple[str, float], ...]], Forward] = {}
        self._lock = Lock()

    def __call__(self, x: "Tensor", **options: float) -> "Tensor":
        """Output for a batch (B, ...); its images are computed one by one, which costs nothing on a processor.

        Raises:
            BadConfig: The backend was asked for by name and fails or is not exact.
        """
        import torch

        half = torch.is_autocast_enabled("cpu")
        precision = str(torch.get_autocast_dtype("cpu")).removeprefix("torch.") if half else "float32"
        key = tuple(x.shape[1:]), precision, tuple(sorted(options.items()))
        with self._lock:
            if key not in self._opened:
                self._opened[key] = self._open(*key[:2], options)
            return self._opened[key](x)

    def _open(self, shape: Sequence[int], precision: str, options: Options) -> Forward:
        import torch

        try:
            with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
                session, psnr = self._checked(shape, precision, options)
        except Exception as error:  # exporters and backends raise anything
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            return self._refuse(f"fails ({reason})", error)
        least = LEAST_PSNR[session.precision]
        if not psnr >= least:
            return self._refuse(f"differs from torch, PSNR {psnr:.1f} dB instead of {least:.0f} in {session.precision}")
        part = "".join(f", {name} {value:g}" for name, value in options.items())
        self._tell(f"{self._role} by {about(self._backend)}, {session.precision}, {psnr:.0f} dB against torch{part}")

        def forward(x: "Tensor", **_: float) -> "Tensor":
            return torch.from_numpy(np.concatenate([session.run(np.ascontiguousarray(one)[None]) for one in x.numpy()]))

        return forward

    def _refuse(self, why: str, error: Exception | None = None) -> Forward:
        if not self._required:
            self._tell(f"{self._role} by torch: {self._backend} {why}")
            return self._torch
        if isinstance(error, FaceEditError):
            raise error
        raise BadConfig(f"{self._backend} {why} for the {self._role}: choose the backend torch for it.") from error

    def _checked(self, shape: Sequence[int], precision: str, options: Options) -> tuple[Session, float]:
        """Open the net; the PSNR is measured the first time and then known."""
        import torch

        path = exported_path(self._folder, self._role, self._weights, self._config, shape, options, self._net)
        example = self._net.example(shape)
        export(self._net.net, partial(self._torch, **options), example, path)
        session = open_session(self._backend, path, torch.get_num_threads(), precision)
        name = f"{about(self._backend)}, {session.precision}"
        known = noted_checks(path)
        if name not in known:
            measured = psnr(session.run(example.numpy()), self._torch(example, **options).float().numpy())
            note_check(path, name, measured)
            return session, measured
        return session, known[name]


def psnr(found: np.ndarray, true: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, the peak being the range of `true`; at most 200, NaN for values that are."""
    if found.shape != true.shape:
        return 0.0
    error = float(np.sqrt(np.mean((found.astype(np.float64) - true) ** 2)))
    return float(-20 * np.log10(max(error / float(np.ptp(true)), 1e-10)))
