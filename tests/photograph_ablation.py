"""What domain randomisation does for nets that have seen rendered people alone, measured on photographs.

    OMP_NUM_THREADS=1 .venv/bin/python -m tests.photograph_ablation runs/ablation --minutes 10

Parsers, at half their input size, and predictors, without generated images, of the same budget and on people in the
work folder of `face-edit train demo`: with everything; without augmentation; without people of the wild look; without
anything before the face, neither drawn nor in the renders. Prints what `tests.photograph_bench` does: intersection over
union by region, balanced accuracy by attribute.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.tensors import to_tensor
from pipeline.training import augment, parser
from pipeline.training.context import TrainingContext
from pipeline.training.data import Renders, RenderSets
from pipeline.training.loop import Budget, fit
from pipeline.training.parser import ParserRecipe
from pipeline.training.predictor import PredictorRecipe
from pipeline.training.recipe import Batch, Moment, PartRecipe, Rows
from postprocess.beauty.regions import filled
from postprocess.labels import CelebAMask
from postprocess.nets.bisenet import BiSeNet
from postprocess.parsing import FaceParser
from projection.attributes.predictor import AttributePredictor
from tests.photograph_bench import attributes, regions

CPU = torch.device("cpu")
HIDDEN = 0.04
"""Share of the oval, without its hair, that something before the face makes background."""


class Parser(ParserRecipe):
    """The recipe of the parser."""


class Predictor(PredictorRecipe):
    """The recipe of the predictor, on renders alone."""

    generated = None


class PlainParser(Parser):
    """Renders as they are, half of them mirrored."""

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        rows = self.draw(rng)
        images, labels = augment.flip_some(self.data.rgb[rows], self.data.labels[rows], rng)
        x: Tensor = to_tensor(images)
        return x, torch.from_numpy(labels)


class PlainPredictor(Predictor):
    """Renders as they are."""

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        rows = self.draw(rng)
        x: Tensor = to_tensor(np.array(self.data.small(self.input_size)[rows]))
        return x, self.targets[torch.from_numpy(rows)]


class Studio(PartRecipe):
    """People of the studio look alone."""

    def renders(self, context: TrainingContext) -> Renders:
        return RenderSets([each for each in super().renders(context).sets if each.plan.look == "studio"])


class Free(PartRecipe):
    """Faces with nothing before them."""

    def __init__(self, part: str, context: TrainingContext) -> None:
        super().__init__(part, context)
        self.free = np.array([i for i in range(len(self.data)) if not self._hidden(i)])

    def _hidden(self, i: int) -> bool:
        labels = self.data.labels[i]
        oval = filled(np.asarray(self.data.oval[i], np.float64) - 0.5, labels.shape)
        return bool((labels[oval] == CelebAMask.BACKGROUND).mean() > HIDDEN)

    def draw(self, rng: np.random.Generator) -> Rows:
        return np.sort(rng.choice(self.free, self.batch_size))

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        share, parser.OBSTRUCTED_SHARE = parser.OBSTRUCTED_SHARE, 0.0
        try:
            return super().batch(rng, at)
        finally:
            parser.OBSTRUCTED_SHARE = share


class StudioParser(Studio, Parser): ...


class StudioPredictor(Studio, Predictor): ...


class FreeParser(Free, Parser): ...


class FreePredictor(Free, Predictor): ...


VARIANTS: dict[str, tuple[type[ParserRecipe], type[PredictorRecipe]]] = {
    "everything": (Parser, Predictor),
    "no augmentation": (PlainParser, PlainPredictor),
    "no wild look": (StudioParser, StudioPredictor),
    "nothing before faces": (FreeParser, FreePredictor),
}


def trained(recipe: PartRecipe, folder: Path, minutes: float) -> nn.Module:
    """The net of a recipe; a killed training goes on."""
    return fit(recipe, folder / "checkpoints" / f"{type(recipe).__name__}.pt", Budget(minutes=minutes), CPU).net


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("work_dir", type=Path)
    counts = (("--minutes", 10), ("--portraits", 12_000), ("--wild", 10_000), ("--pairs", 3_000), ("--even", 6_000))
    for name, count in counts:
        arguments.add_argument(name, type=int, default=count)
    args = arguments.parse_args()
    context = TrainingContext(args.work_dir, CPU, args.portraits, args.wild, args.pairs, args.even, 200, 1)
    parser.COARSE_SHARE = 1.0
    for name, (of_parser, of_predictor) in VARIANTS.items():
        parsing = of_parser("parser", context)
        net = cast(BiSeNet, trained(parsing, args.work_dir, args.minutes))
        judged = FaceParser(net, parsing.input_size // 2, CPU)
        found = regions(lambda image, judged=judged: judged.labels([image])[0])  # type: ignore[misc]
        reading = of_predictor("predictor", context)
        predictor = AttributePredictor(trained(reading, args.work_dir, args.minutes), reading.input_size, CPU)
        found |= {attribute: share for attribute, (share, *_) in attributes(predictor).items()}
        print(f"{name:24s}" + "".join(f"{key} {value:.3f}  " for key, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
