"""The 40 attributes of CelebA and their counterparts in configs/attributes.yaml; Anycost GAN's attribute predictor."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F

from pipeline.core.attributes import attributes
from pipeline.core.backends.compilable import Compilable, Forward
from pipeline.core.batch_sizes import SMALL_IMAGES
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.tensors import batches
from pipeline.core.types import Floats
from projection.nets.resnet import Predictor

RESNET_50: dict[str, Sequence[int]] = {"channels": (64, 128, 256, 512), "layers": (3, 4, 6, 3)}


# fmt: off
CELEBA_NAMES = (
    "5_o_Clock_Shadow", "Arched_Eyebrows", "Attractive", "Bags_Under_Eyes", "Bald", "Bangs", "Big_Lips",
    "Big_Nose", "Black_Hair", "Blond_Hair", "Blurry", "Brown_Hair", "Bushy_Eyebrows", "Chubby", "Double_Chin",
    "Eyeglasses", "Goatee", "Gray_Hair", "Heavy_Makeup", "High_Cheekbones", "Male", "Mouth_Slightly_Open",
    "Mustache", "Narrow_Eyes", "No_Beard", "Oval_Face", "Pale_Skin", "Pointy_Nose", "Receding_Hairline",
    "Rosy_Cheeks", "Sideburns", "Smiling", "Straight_Hair", "Wavy_Hair", "Wearing_Earrings", "Wearing_Hat",
    "Wearing_Lipstick", "Wearing_Necklace", "Wearing_Necktie", "Young",
)
# fmt: on
"""Attributes (Liu et al., ICCV 2015) in the order of the predictor's outputs; a boundary is named NN_Name."""


@cache
def meanings() -> Mapping[str, Mapping[str, tuple[str, bool]]]:
    """CelebA's attribute and whether it must be present, by code and value: {"Se": {"1": ("Male", False)}}."""
    return {
        code: {
            value: (entry.celeba.removeprefix("not "), not entry.celeba.startswith("not "))
            for value, entry in attribute.values.items()
            if entry.celeba
        }
        for code, attribute in attributes().items()
    }


class CelebaScorer(Compilable):
    """Anycost GAN's attribute predictor, for the attributes with a CelebA counterpart of every value."""

    name = "the attribute predictor"
    shares: Mapping[str, Sequence[float]] = {}

    def __init__(self, net: torch.nn.Module, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)
        self.forward: Forward = self.net

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file; `config`: input_size and the place of the net in the file. Raises MissingWeights."""
        state, arguments = open_declared(path, config)
        net = fill(lambda: Predictor(**RESNET_50, n_outputs=2 * len(CELEBA_NAMES)), state)
        return cls(net, int(arguments["input_size"]), device)

    @property
    def codes(self) -> tuple[str, ...]:
        """Attributes with a CelebA counterpart of every value."""
        return tuple(code for code, known in meanings().items() if set(known) == set(attributes()[code].values))

    def logits(self, images: Any) -> Floats:
        """Log odds (B, 40) of CelebA's attributes in uint8 images (B, H, W, 3)."""
        with torch.inference_mode():
            inputs = batches(images, self.input_size, self.device, at_once=SMALL_IMAGES)
            outputs = torch.cat([self.forward(x).float().cpu() for x in inputs])
        pairs = outputs.unflatten(1, (-1, 2))  # absent, present: `logits.view(-1, 40, 2)` in the published code
        return np.asarray(pairs[..., 1] - pairs[..., 0], np.float32)

    def raw(self, images: Any) -> dict[str, Floats]:
        """Log probabilities (B, K) of the single classes, log odds (B,) of a cursor's upper end, by code."""
        odds = torch.from_numpy(self.logits(images))
        result = {}
        for code in self.codes:
            found = {}
            for value, (name, present) in meanings()[code].items():
                column = odds[:, CELEBA_NAMES.index(name)]
                found[value] = F.logsigmoid(column if present else -column).numpy()
            if attributes()[code].kind == "cursor":
                result[code] = found["max"] - found["min"]
            else:
                result[code] = np.stack([found[value] for value in attributes()[code].values], axis=1)
        return result


def moves(directions: Mapping[str, Floats]) -> dict[str, Floats]:
    """Translations by name from directions by CelebA's names, which increase the attribute; others are omitted."""
    return {
        f"{code}_{value}": directions[name] if present else -directions[name]
        for code, values in meanings().items()
        for value, (name, present) in values.items()
        if name in directions
    }
