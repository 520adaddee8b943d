"""`face-edit doctor`: check of devices, libraries, model sets and folders on this machine."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.console import command_parser
from pipeline.core.errors import FaceEditError
from pipeline.core.weights import locate, model_sets, state, weights_folder


@dataclass(frozen=True)
class Finding:
    """One line of the table; `good` is None for a fact without a verdict."""

    subject: str
    text: str
    good: bool | None = None


def main(argv: list[str]) -> int:
    """Print the table; 0 when the demo models work here, else 1."""
    about = "What works on this machine: devices, libraries, model sets, folders."
    command_parser("doctor", about, "example: face-edit doctor").parse_args(argv)
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    marks = {True: Text("ok", "green"), False: Text("no", "red"), None: Text("")}
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings():
        table.add_row(finding.subject, marks[finding.good], Text(finding.text, overflow="fold"))
    trouble = demo_trouble()
    table.add_row("demo models", marks[not trouble], Text(trouble or "open and run"))
    console = Console()
    console.print(table)
    verdict = "[red]`face-edit demo` will not run here.[/]" if trouble else "Everything `face-edit demo` needs works."
    console.print(f"\n{verdict}")
    return 1 if trouble else 0


def findings() -> Iterator[Finding]:
    """All lines but the last; a failing probe becomes a line itself."""
    probes: list[Callable[[], Iterator[Finding]]] = [_python, _torch, _libraries, _qt, _models, _folders]
    for probe in probes:
        try:
            yield from probe()
        except Exception as error:  # any failure is a finding
            yield Finding(probe.__name__.strip("_"), _first_line(error), good=False)


def demo_trouble() -> str:
    """Reason why the embedded models do not work; empty when they do."""
    try:
        import numpy as np

        from pipeline.models import Models

        models = Models("demo", "cpu")
        for role in models.set.files:
            getattr(models, role)
        generator = models.generator
        portrait = generator.render(np.zeros((1, generator.n_style, generator.dim), np.float32))
        models.encoder.encode(portrait)
    except FaceEditError as error:
        return str(error)
    except Exception as error:  # a broken library may raise any error
        return f"{type(error).__name__}: {_first_line(error)}"
    return ""


def _python() -> Iterator[Finding]:
    import platform

    from pipeline.core.version import package_version

    yield Finding("face-edit", package_version())
    yield Finding("python", f"{platform.python_version()} on {platform.platform()}", sys.version_info >= (3, 11))
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding("processor", f"{available} cores usable, {platform.machine()}")


def _torch() -> Iterator[Finding]:
    import torch

    yield Finding("torch", f"{torch.__version__}, {torch.get_num_threads()} threads", good=True)
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        yield Finding(f"cuda:{index}", f"{facts.name}, {facts.total_memory / 2**30:.0f} GiB", good=True)
    if torch.backends.mps.is_available():
        yield Finding("mps", "Apple graphics", good=True)
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        yield Finding("graphics", "none that torch can use: everything runs on the processor")


def _libraries() -> Iterator[Finding]:
    import cv2
    import onnxruntime

    from pipeline.core.backends.engines import about, is_installed

    yield Finding("onnxruntime", f"{onnxruntime.__version__}: {', '.join(onnxruntime.get_available_providers())}", True)
    if is_installed("openvino"):
        yield Finding("openvino", f"{about('openvino')}: `--set backend=auto` runs the nets with it", good=True)
    else:
        yield Finding("openvino", "not installed: `pip install openvino` for faster nets on the processor")
    yield Finding("opencv", cv2.__version__, good=True)


def _qt() -> Iterator[Finding]:
    try:
        from PyQt6.QtCore import QT_VERSION_STR
        from PyQt6.QtWidgets import QApplication  # noqa: F401 (loads the graphics libraries of the system)
    except ImportError as error:
        yield Finding("qt", f"{_first_line(error)}: the editor needs this system library", good=False)
        return
    screen = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    yield Finding("qt", QT_VERSION_STR + ("" if screen else ", no screen: the editor cannot be shown here"), good=True)


def _models() -> Iterator[Finding]:
    for models in model_sets().values():
        troubles = []
        for role, file in models.files.items():
            found: str = state(models, role)
            if found == "here":
                try:
                    locate(models, role)
                except FaceEditError:
                    found = "damaged"
            if found != "here" and not (file.optional and found == "missing"):
                troubles.append(role if found == "missing" else f"{role} ({found})")
        text = "all here" if not troubles else f"not here: {', '.join(troubles)}"
        if troubles and models.instead:
            text += f"; reported gone, take {models.instead}"
        # Sets that are not embedded are optional: their absence is not a defect.
        yield Finding(models.name, text, good=None if troubles and not models.embedded else not troubles)


def _folders() -> Iterator[Finding]:
    import shutil
    import tempfile
    from pathlib import Path

    from pipeline.downloads.fetch import is_offline

    folder = weights_folder()
    offline = ", nothing is fetched while FACE_EDIT_OFFLINE is set" if is_offline() else ""
    yield Finding("weights", f"{folder}{'' if folder.is_dir() else ' (made when needed)'}{offline}")
    for name, place in (("disk, here", Path.cwd()), ("disk, temporary", Path(tempfile.gettempdir()))):
        free = shutil.disk_usage(place).free / 2**30
        yield Finding(name, f"{free:.1f} GiB free at {place}", good=free > 1)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
