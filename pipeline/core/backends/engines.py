"""The installed backends, the choice among them, and sessions of exported nets."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

from pipeline.core.errors import BadConfig
from pipeline.core.names import nearest
from pipeline.core.types import BackendName, Floats

Run = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Session:
    """An opened net.

    Attributes:
        run: One input (1, ...) to one output (1, ...), both float32; for one thread at a time.
        precision: Arithmetic that it computes in.
    """

    run: Run
    precision: str


def is_installed(name: str) -> bool:
    """Whether the package of a backend is there."""
    return find_spec(name) is not None


def choose_backend(name: str, device: str) -> BackendName:
    """The backend called `name`; auto is OpenVINO on a CPU where it is installed, else torch.

    Args:
        name: auto, torch, openvino or onnxruntime.
        device: Kind of device: cpu, cuda or mps.

    Raises:
        BadConfig: An unknown name, a package that is not installed, or a device that the backend does not serve.
    """
    if name not in get_args(BackendName):
        raise BadConfig(f"There is no backend {name}{nearest(name, get_args(BackendName))}")
    if name == "auto":
        return "openvino" if device == "cpu" and is_installed("openvino") else "torch"
    if name == "torch":
        return "torch"
    if not is_installed(name):
        raise BadConfig(f"The backend {name} is not installed: run `pip install {name}`, or choose auto or torch.")
    if device != "cpu":
        raise BadConfig(f"The backend {name} computes on the processor, not on {device}: choose auto or torch.")
    return "openvino" if name == "openvino" else "onnxruntime"


def about(name: str) -> str:
    """Name, version and processor of a backend: what decides how it computes."""
    if name == "openvino":
        return f"openvino {version('openvino')} on {_core().get_property('CPU', 'FULL_DEVICE_NAME')}"
    return f"{name} {version(name)}"


def open_session(name: str, path: Path, threads: int, precision: str) -> Session:
    """Open an ONNX file.

    Args:
        name: openvino or onnxruntime.
        path: The file.
        threads: Number of threads.
        precision: float32, bfloat16 or float16; where the backend or the processor has no such arithmetic, float32.
    """
    return (_open_openvino if name == "openvino" else _open_onnxruntime)(path, threads, precision)


@cache
def _core() -> Any:
    from openvino import Core

    return Core()


def _open_openvino(path: Path, threads: int, precision: str) -> Session:
    short = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}
    wanted = precision if short[precision].upper() in _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES") else ""
    options = {
        "INFERENCE_PRECISION_HINT": short[wanted or "float32"],  # OpenVINO's own choice is bfloat16 where there is one
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,  # processes side by side would share a core
        "CACHE_DIR": str(path.parent),  # opens a net of 1024 px in a fifth of the time
    }
    compiled = _core().compile_model(path, "CPU", options)
    return Session(lambda x: compiled(x)[0].copy(), wanted or "float32")


def _open_onnxruntime(path: Path, threads: int, _precision: str) -> Session:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return Session(lambda x: session.run(None, {name: x})[0], "float32")
