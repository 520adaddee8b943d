"""What the embedded nets read in photographs: regions by the parser, attributes by the predictor.

    OMP_NUM_THREADS=1 .venv/bin/python -m tests.photograph_bench
    OMP_NUM_THREADS=1 .venv/bin/python -m tests.photograph_bench --parser A.safetensors --predictor B.safetensors

Prints for the photographs beside this repository intersection over union by region, scored by the judge that comes with
them, and balanced accuracy by attribute.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from pipeline.core.images import read_image, resize
from pipeline.core.model_sets import model_set
from pipeline.core.types import Image
from pipeline.core.weights import expected_path
from postprocess.labels import Labels
from postprocess.own_pixels.beard_pixels import has_beard
from postprocess.own_pixels.beards import load_beard
from postprocess.parsing import FaceParser
from projection.attributes.predictor import AttributePredictor
from tests.support.package_nets import PHOTOS

CPU = torch.device("cpu")
FOLDER = PHOTOS / "photos"
CODES = {"sex": "Se", "glasses": "Gl", "beard": "Bd", "smile": "Sm", "hair": "Hc"}
CHILDREN = ("girl_bw_1980s_1", "print_in_hand_1", "two_kids_scan_1")
"""Faces whose sex is not asked for."""


def regions(parse: Callable[[Image], Labels]) -> dict[str, float]:
    """Mean intersection over union by region of the photographs, for a function from RGB to the 19 classes."""
    sys.path.insert(0, str(FOLDER))
    from judge import score  # type: ignore[import-not-found]

    return {region: float(np.mean(list(faces.values()))) for region, faces in score(parse).items()}


def labelled() -> dict[str, dict[str, int]]:
    """Class by attribute for each face of the photographs; what cannot be said is left out."""
    with (FOLDER / "labels.csv").open() as file:
        rows = {row.pop("face"): row for row in csv.DictReader(file)}
    return {
        face: {
            name: int(value) for name, value in row.items() if value != "-" and (name != "sex" or face not in CHILDREN)
        }
        for face, row in rows.items()
    }


def balanced(truth: list[int], found: list[int]) -> float:
    """Mean over the classes of the share that is found."""
    pairs = np.array([truth, found])
    return float(np.mean([(pairs[1][pairs[0] == value] == value).mean() for value in np.unique(pairs[0])]))


def attributes(predictor: AttributePredictor) -> dict[str, tuple[float, int, int]]:
    """Balanced accuracy, number of faces that are read rightly and of all, by attribute."""
    truth = labelled()
    read = predictor.predict([read_image(FOLDER / "faces" / f"{face}.png") for face in truth])
    found = {}
    for name, code in CODES.items():
        pairs = [(row[name], int(read[code][i][:4].argmax())) for i, row in enumerate(truth.values()) if name in row]
        found[name] = (balanced(*map(list, zip(*pairs, strict=True))), sum(a == b for a, b in pairs), len(pairs))
    return found


def beards(parser: FaceParser) -> tuple[float, int, int]:
    """The same figures of beards by the chin, which is what edits of photographs go by."""
    density = load_beard(expected_path(model_set("demo").files["beard"]))
    truth = {face: row["beard"] for face, row in labelled().items() if "beard" in row}
    images = [resize(read_image(FOLDER / "faces" / f"{face}.png"), model_set("demo").crop_size) for face in truth]
    found = [int(has_beard(image, parser.labels([image])[0], density)) for image in images]
    return balanced([*truth.values()], found), sum(map(int.__eq__, found, truth.values())), len(found)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    files = model_set("demo").files
    for role in ("parser", "predictor"):
        arguments.add_argument(f"--{role}", type=Path, default=expected_path(files[role]), metavar="FILE")
    args = arguments.parse_args()
    parser = FaceParser.open(args.parser, files["parser"].config, CPU)
    for region, value in regions(lambda image: parser.labels([image])[0]).items():
        print(f"{region:16s}{value:.3f}")
    predictor = AttributePredictor.open(args.predictor, files["predictor"].config, CPU)
    for name, (share, right, count) in {**attributes(predictor), "beard by chin": beards(parser)}.items():
        print(f"{name:16s}{share:.3f}  {right}/{count}")


if __name__ == "__main__":
    main()
