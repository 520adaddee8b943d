"""The measure of the people: a face parser that has seen nothing but them reads photographs.

    face-edit train people --output-dir FOLDER --count 1500 --look wild
    OMP_NUM_THREADS=1 .venv/bin/python -m tests.pipeline.world.people.parser_bench FOLDER --minutes 20

The parser of the `demo` set is trained on for the given time at 256 px, then scored on the photographs beside this
repository by the judge that comes with them: intersection over union of regions, mean over faces.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.core.tensors import IMAGENET, SYMMETRIC
from pipeline.core.types import Image
from pipeline.core.weights import expected_path, load_state, model_set
from pipeline.training import augment
from pipeline.training.loop import Budget, fit
from pipeline.training.recipe import Batch, Moment, Recipe
from postprocess.labels import Labels
from postprocess.nets.bisenet import BiSeNet
from postprocess.parsing import FaceParser
from tests.photograph_bench import regions

SIZE = 256


class PeopleParser(Recipe):
    """Cross-entropy on people with strong augmentation: colour, placement, blur, JPEG, noise, grey pictures."""

    rate = 3e-3
    batch_size = 8

    def __init__(self, folder: Path) -> None:
        files = [np.load(path) for path in sorted(folder.glob("*.npz"))]
        self.rgb: Image = np.concatenate([file["rgb"] for file in files])
        self.labels: Labels = np.concatenate([file["labels"] for file in files])

    def network(self) -> nn.Module:
        net = BiSeNet(n_classes=19, width=16)
        net.load_state_dict(load_state(expected_path(model_set("demo").files["parser"])))
        return net

    def batch(self, rng: np.random.Generator, at: Moment) -> Batch:
        rows = rng.integers(0, len(self.rgb), self.batch_size)
        images, labels = augment.flip_some(self.rgb[rows], self.labels[rows], rng)
        images = augment.jpeg(augment.soften(augment.grey(images, rng), rng, share=0.4), rng, share=0.2)
        x, maps = augment.disturb(images, rng, strength=1.3, shift=0.06, scale=0.16, turn=12.0)
        return x, augment.warp(torch.from_numpy(labels)[:, None].float(), maps, nearest=True)[:, 0].to(torch.uint8)

    def loss(self, net: nn.Module, batch: Batch, at: Moment) -> Tensor:
        x, labels = IMAGENET.apply(SYMMETRIC.undo(batch[0])), batch[1].long()
        assert isinstance(net, BiSeNet)
        main, *auxiliary = net.heads(x.contiguous(memory_format=torch.channels_last))
        main = F.interpolate(main, size=labels.shape[1:], mode="bilinear", align_corners=True)
        loss = F.cross_entropy(main, labels)
        for logits in auxiliary:
            coarse = F.interpolate(labels[:, None].float(), size=logits.shape[2:], mode="nearest")[:, 0].long()
            loss = loss + 0.3 * F.cross_entropy(logits, coarse)
        return loss


def score(parser: FaceParser) -> dict[str, float]:
    """Mean intersection over union by region of the photographs."""

    def parse(image: Image) -> Labels:
        small = cv2.resize(image, (SIZE, SIZE), interpolation=cv2.INTER_AREA)
        x = IMAGENET.apply(torch.from_numpy(small).permute(2, 0, 1)[None].float() / 255)
        with torch.inference_mode():
            return np.asarray(parser.net(x, size=image.shape[:2]).argmax(1)[0].numpy().astype(np.uint8))

    return regions(parse)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--minutes", type=float, default=20)
    arguments.add_argument("--checkpoint", type=Path, default=Path("runs/people-parser.pt"))
    args = arguments.parse_args()
    recipe, device = PeopleParser(args.folder), torch.device("cpu")
    fitted = fit(recipe, args.checkpoint, Budget(minutes=args.minutes), device)
    assert isinstance(fitted.net, BiSeNet)
    print(f"{len(recipe.rgb)} people, {fitted.minutes:.1f} minutes")
    for region, value in score(FaceParser(fitted.net, SIZE, device)).items():
        print(f"{region:16s}{value:.3f}")


if __name__ == "__main__":
    main()
