"""`face-edit train export-parser DATA_DIR RUN`: trained parsers as ONNX, and what each precision costs and loses."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.core.errors import BadInput
from pipeline.training.lapa.settings import ARCHITECTURES

if TYPE_CHECKING:
    import numpy as np

    from pipeline.training.lapa.cache import Array, Split
    from pipeline.training.lapa.store import Trained

CALIBRATION = 200
HEAD = ("net", "precision", "parameters", "file", "mIoU", "worst brow or eye", "memory", "CPU time")


def main(argv: list[str]) -> int:
    """Run `face-edit train export-parser`; returns the exit status."""
    args = _arguments().parse_args(argv)
    if args.calibration < 1:
        raise BadInput("--calibration has to be at least 1.")
    from apps.console import ConsoleProgress
    from pipeline.core.files import write_atomic
    from pipeline.training.lapa.cache import open_split
    from pipeline.training.lapa.store import load_parser

    runs = [(folder.expanduser(), load_parser(folder.expanduser())) for folder in args.run]
    rows = []
    with ConsoleProgress() as progress:
        move = progress.step
        for folder, trained in runs:
            train, test = (
                open_split(args.data.expanduser() / name, trained.settings.size, args.cache_dir.expanduser(), move)
                for name in ("train", "test")
            )
            step = max(len(train) // args.calibration, 1)
            rows += list(_export(folder, trained, train.rgb[::step][: args.calibration], test, move))
    table = "\n".join("| " + " | ".join(row) + " |" for row in (HEAD, ("---",) * len(HEAD), *rows))
    for folder, _ in runs:
        write_atomic(folder / "export.md", f"{table}\n".encode())
    print(table)
    return 0


def _export(
    folder: Path, trained: Trained, calibration: Array, test: Split, move: Callable[[str, int, int], None]
) -> Iterator[tuple[str, ...]]:
    """Write the ONNX files of one training beside it; yields their rows of the table."""
    from pipeline.training.lapa.onnx_files import PRECISIONS, to_half, to_int8, to_onnx

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
        yield ARCHITECTURES[settings.architecture], precision, f"{parameters / 1e6:.2f} M", *_figures(path, test, move)


def _write(path: Path, model: Any, trained: Trained) -> None:
    import onnx

    from pipeline.core.files import write_atomic

    onnx.checker.check_model(model)
    onnx.helper.set_model_props(model, trained.metadata)
    write_atomic(path, model.SerializeToString(deterministic=True))


def _figures(path: Path, test: Split, move: Callable[[str, int, int], None]) -> Iterator[str]:
    """Size, mIoU, worst IoU of brows and eyes, memory and time of a file."""
    import numpy as np

    from pipeline.quality.metrics import confusion, intersection_over_union
    from pipeline.training.lapa.measure import cost
    from postprocess.labels import LAPA
    from postprocess.onnx_parser import OnnxParser

    parser = OnnxParser.open(path, {"input_size": test.rgb.shape[1]})
    total: np.ndarray = np.zeros((len(LAPA), len(LAPA)), np.int64)
    for i, (image, labels) in enumerate(zip(test.rgb, test.labels, strict=True)):
        total += confusion(np.asarray(labels), parser.parse(np.asarray(image)), len(LAPA))
        move(f"measuring {path.stem}", i + 1, len(test))
    each = intersection_over_union(total)
    needed = cost(path)
    yield f"{path.stat().st_size / 1e6:.2f} MB"
    yield f"{np.nanmean(each):.4f}"
    yield f"{np.nanmin(each[2:6]):.4f}"
    yield f"{needed.memory / 1e6:.0f} MB"
    yield f"{1000 * needed.seconds:.0f} ms"


def _arguments() -> argparse.ArgumentParser:
    from platformdirs import user_cache_path

    parser = argparse.ArgumentParser(
        prog="face-edit train export-parser",
        description="Write trained parsers as ONNX with 32, 16 and 8 bits beside their weights, and a table of what "
        "each costs (memory and CPU time of one thread) and how well it does on the test split.",
        epilog="example: face-edit train export-parser lapa runs/deeplab runs/unet",
    )
    parser.add_argument("data", type=Path, metavar="DATA_DIR", help="folder that the parsers were trained on")
    parser.add_argument("run", type=Path, nargs="+", metavar="RUN", help="folder of `face-edit train parser`")
    parser.add_argument(
        "--calibration",
        type=int,
        default=CALIBRATION,
        help="training pictures from which the ranges of 8 bits are taken (default: %(default)s)",
    )
    parser.add_argument(
        "--cache-dir",
        type=Path,
        default=user_cache_path("face-edit") / "shrunk",
        help="folder of the shrunk pictures (default: %(default)s)",
    )
    return parser
