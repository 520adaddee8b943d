"""Export of trained parsers to ONNX, with a table of accuracy, memory and time for each precision."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from pipeline.core.files import write_atomic
from pipeline.core.progress import Progress
from pipeline.core.types import Image
from pipeline.quality.metrics import confusion, intersection_over_union
from pipeline.training.lapa.cache import Split, open_split
from pipeline.training.lapa.measure import cost
from pipeline.training.lapa.onnx_files import to_half, to_int8, to_onnx, write_model
from pipeline.training.lapa.settings import ARCHITECTURES
from pipeline.training.lapa.store import Trained, load_parser
from postprocess.labels import LAPA
from postprocess.onnx_parser import OnnxParser

HEAD = ("net", "precision", "parameters", "file", "mIoU", "worst brow or eye", "memory", "CPU time")


def export_parsers(data: Path, runs: Sequence[Path], cache: Path, calibration: int, progress: Progress) -> str:
    """Write each parser in three precisions, and a table of the figures of all parsers, export.md, into each folder.

    Args:
        data: Folder of the training data.
        runs: Folders of trainings.
        cache: Folder of the shrunk images.
        calibration: Number of training images for the ranges of the 8-bit activations.
        progress: Receives the progress.

    Returns:
        The table as Markdown.

    Raises:
        BadInput: A folder has no trained parser, or the data cannot be read.
    """
    parsers = [(folder, load_parser(folder)) for folder in runs]
    rows: list[Sequence[str]] = [HEAD, ("---",) * len(HEAD)]
    for folder, trained in parsers:
        train, test = (open_split(data / name, trained.settings.size, cache, progress) for name in ("train", "test"))
        step = max(len(train) // calibration, 1)
        rows += _export(folder, trained, train.rgb[::step][:calibration], test, progress)
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    for folder, _ in parsers:
        write_atomic(folder / "export.md", f"{table}\n".encode())
    return table


def _export(
    folder: Path, trained: Trained, calibration: Image, test: Split, progress: Progress
) -> Iterator[Sequence[str]]:
    """Write the ONNX files of a parser; yields their rows of the table."""
    single = to_onnx(trained.net, trained.settings.size)
    parameters = sum(p.numel() for p in trained.net.parameters())
    architecture = ARCHITECTURES[trained.settings.architecture]
    for precision, model in (("fp32", single), ("fp16", to_half(single)), ("int8", to_int8(single, calibration))):
        path = folder / f"parser-{precision}.onnx"
        write_model(path, model, trained.metadata)
        yield architecture, precision, f"{parameters / 1e6:.2f} M", *_figures(path, test, progress)


def _figures(path: Path, test: Split, progress: Progress) -> Iterator[str]:
    """Size, mIoU, worst IoU of brows and eyes, memory and time of an ONNX file."""
    parser = OnnxParser.open(path, {"input_size": test.rgb.shape[1]})
    total: np.ndarray = np.zeros((len(LAPA), len(LAPA)), np.int64)
    for i, (image, labels) in enumerate(zip(test.rgb, test.labels, strict=True)):
        total += confusion(np.asarray(labels), parser.parse(np.asarray(image)), len(LAPA))
        progress.step(f"measuring {path.stem}", i + 1, len(test))
    each = intersection_over_union(total)
    needed = cost(path)
    yield f"{path.stat().st_size / 1e6:.2f} MB"
    yield f"{np.nanmean(each):.4f}"
    yield f"{np.nanmin(each[2:6]):.4f}"
    yield f"{needed.memory / 1e6:.0f} MB"
    yield f"{1000 * needed.seconds:.0f} ms"
