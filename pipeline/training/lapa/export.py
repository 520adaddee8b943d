"""Trained parsers as ONNX files, and a table of what each precision costs and loses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from pipeline.core.files import write_atomic
from pipeline.core.progress import Progress
from pipeline.quality.metrics import confusion, intersection_over_union
from pipeline.training.lapa.cache import Array, Split, open_split
from pipeline.training.lapa.measure import cost
from pipeline.training.lapa.onnx_files import PRECISIONS, to_half, to_int8, to_onnx
from pipeline.training.lapa.settings import ARCHITECTURES
from pipeline.training.lapa.store import Trained, load_parser
from postprocess.labels import LAPA
from postprocess.onnx_parser import OnnxParser

HEAD = ("net", "precision", "parameters", "file", "mIoU", "worst brow or eye", "memory", "CPU time")


def export_parsers(data: Path, runs: Sequence[Path], cache: Path, calibration: int, progress: Progress) -> str:
    """Write each parser in three precisions, and export.md with the figures of all of them, into each run's folder.

    Args:
        data: Folder that the parsers were trained on.
        runs: Folders of trainings.
        cache: Folder of the shrunk pictures.
        calibration: Training pictures from which the ranges of 8 bits are taken.
        progress: Told what is being done.

    Returns:
        The table as Markdown.

    Raises:
        BadInput: A run holds no trained parser, or the data cannot be used.
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
    folder: Path, trained: Trained, calibration: Array, test: Split, progress: Progress
) -> Iterator[tuple[str, ...]]:
    """Write the ONNX files of one training beside it; yields their rows of the table."""
    settings = trained.settings
    single = to_onnx(trained.net, settings.size)
    parameters = sum(p.numel() for p in trained.net.parameters())
    for precision in PRECISIONS:
        model = single
        if precision == "fp16":
            model = to_half(single)
        elif precision == "int8":
            model = to_int8(single, calibration)
        path = folder / f"parser-{precision}.onnx"
        _write(path, model, trained)
        yield (
            ARCHITECTURES[settings.architecture],
            precision,
            f"{parameters / 1e6:.2f} M",
            *_figures(path, test, progress),
        )


def _write(path: Path, model: Any, trained: Trained) -> None:
    onnx.checker.check_model(model)
    onnx.helper.set_model_props(model, trained.metadata)
    write_atomic(path, model.SerializeToString(deterministic=True))


def _figures(path: Path, test: Split, progress: Progress) -> Iterator[str]:
    """Size, mIoU, worst IoU of brows and eyes, memory and time of a file."""
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
