"""The 40 attributes of CelebA in the words of our table: the predictor of Anycost GAN, and names of directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from pipeline.core.attributes import attributes
from pipeline.core.checkpoints import fill, open_declared
from pipeline.core.tensors import batches
from pipeline.core.types import Floats
from projection.nets.resnet import Predictor

BATCH = 32
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
"""The 40 attributes (Liu et al., ICCV 2015), in the order of the predictor's outputs; boundaries are called NN_Name."""


@cache
def meanings() -> Mapping[str, Mapping[str, tuple[str, bool]]]:
    """By our code and value, CelebA's attribute and whether it has to be present ({"Se": {"1": ("Male", False)}})."""
    return {
        code: {
            value: (entry.celeba.removeprefix("not "), not entry.celeba.startswith("not "))
            for value, entry in attribute.values.items()
            if entry.celeba
        }
        for code, attribute in attributes().items()
    }


class CelebaScorer:
    """Anycost GAN's attribute predictor, for those of our attributes of which CelebA knows every value."""

    name = "the attribute predictor"
    shares: Mapping[str, Sequence[float]] = {}

    def __init__(self, net: torch.nn.Module, input_size: int, device: torch.device | str) -> None:
        self.net = net.to(device).eval().requires_grad_(False)
        self.input_size, self.device = input_size, torch.device(device)

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> CelebaScorer:
        """From a file; `config` holds input_size and where in it the net is. MissingWeights when it is unreadable."""
        state, arguments = open_declared(path, config)
        net = fill(lambda: Predictor(**RESNET_50, n_outputs=2 * len(CELEBA_NAMES)), state)
        return cls(net, int(arguments["input_size"]), device)

    @property
    def codes(self) -> tuple[str, ...]:
        """Attributes of which every value has an attribute of CelebA."""
        return tuple(code for code, known in meanings().items() if set(known) == set(attributes()[code].values))

    def logits(self, images: Any) -> Floats:
        """Log odds (B, 40) of CelebA's attributes in uint8 pictures (B, H, W, 3).

        The net has two outputs each, absent and present (`logits.view(-1, 40, 2)` in the published code).
        """
        with torch.inference_mode():
            pictures = batches(images, self.input_size, self.device, at_once=BATCH)
            parts = [self.net(x).float().cpu() for x in pictures]
        pairs = torch.cat(parts).unflatten(1, (-1, 2))
        return np.asarray(pairs[..., 1] - pairs[..., 0], np.float32)

    def raw(self, images: Any) -> dict[str, Floats]:
        """By code, log probabilities (B, K) of classes, each by itself, and log odds (B,) of a cursor's upper end."""
        odds = self.logits(images)
        place = {name: number for number, name in enumerate(CELEBA_NAMES)}

        def log_probability(meaning: tuple[str, bool]) -> Floats:
            name, present = meaning
            signed = odds[:, place[name]] if present else -odds[:, place[name]]
            return F.logsigmoid(torch.from_numpy(signed)).numpy()

        result = {}
        for code in self.codes:
            by_value = {value: log_probability(meaning) for value, meaning in meanings()[code].items()}
            cursor = attributes()[code].kind == "cursor"
            result[code] = (
                by_value["max"] - by_value["min"]
                if cursor
                else np.stack([by_value[value] for value in attributes()[code].values], axis=1)
            )
        return result


def moves(directions: Mapping[str, Floats]) -> dict[str, Floats]:
    """Translations by name from directions by CelebA's names, each towards the presence of its attribute.

    Attributes that mean nothing to us are left out.
    """
    return {
        f"{code}_{value}": directions[name] if present else -directions[name]
        for code, values in meanings().items()
        for value, (name, present) in values.items()
        if name in directions
    }
