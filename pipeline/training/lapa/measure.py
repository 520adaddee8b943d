"""Memory and CPU time of an ONNX file, measured in a separate process on one thread."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

RUNS = 20


@dataclass(frozen=True)
class Cost:
    """Cost of opening and running a net.

    Attributes:
        memory: Increase of the peak resident memory, bytes.
        seconds: CPU time per image, median of RUNS.
    """

    memory: int
    seconds: float


def cost(path: Path) -> Cost:
    """Cost on the CPU of an ONNX file whose input is float32 of a fixed shape."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_measure, path).result()


def _measure(path: Path) -> Cost:
    before = _peak()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    declared = session.get_inputs()[0]
    inputs = {declared.name: np.full(declared.shape, 0.5, np.float32)}
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        session.run(None, inputs)
        times.append(time.process_time() - started)
    return Cost(_peak() - before, float(np.median(times)))


def _peak() -> int:
    """Peak resident memory of this process in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux, rusage includes the parent process
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return 1024 * int(line.split()[1])
    import resource  # not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
