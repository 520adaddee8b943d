"""A model set without weights: a linear generator whose encoder is its exact inverse, and steps that paste a square.

Small enough to run whole jobs in a second, and sensitive: every pixel depends on latent, edit and step settings.
"""

from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from pipeline.core.attributes import attributes
from pipeline.core.images import resize
from pipeline.core.types import Image, Translation
from projection.generator import LatentGenerator

N_STYLE, DIM, RESOLUTION, SPACE = 2, 24, 64, "toy-64"
CELLS = 4
CODES = ("Hc", "B", "Bp")  # seven edits a portrait


class ToyNet(torch.nn.Module):
    """A latent is a 4 x 4 x 3 grid of colours, enlarged; its kernel does nothing before it is tuned."""

    n_style, style_dim, resolution, resolutions = N_STYLE, DIM, RESOLUTION, (16, 32, 64)

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 3, 5, padding=2, padding_mode="replicate", bias=False)
        torch.nn.init.dirac_(self.conv.weight)

    def get_style(self, z: torch.Tensor) -> torch.Tensor:
        return z

    def forward(self, latents: torch.Tensor, ratio: float = 1.0, target_res: int | None = None) -> torch.Tensor:
        grid = latents.reshape(-1, CELLS, CELLS, 3).permute(0, 3, 1, 2) * ratio
        return self.conv(torch.nn.functional.interpolate(grid, size=target_res or RESOLUTION))


def toy_generator() -> LatentGenerator:
    """The toy net in the wrapper that real ones have."""
    return LatentGenerator(ToyNet(), "cpu", SPACE)


class ToyEncoder:
    """Reads the grid of colours back."""

    def encode(self, images: Any, in_torch: bool = False) -> np.ndarray:
        grids = np.stack([resize(np.asarray(image), CELLS) for image in images]).astype(np.float32)
        return ((grids - 127.5) / 127.5).reshape(-1, N_STYLE, DIM)


class ToyPredictor:
    """Every class of everybody is 0, with the mean colour deciding the hair and, faintly, the cursors."""

    input_size = 16

    def predict(self, images: Any) -> dict[str, np.ndarray]:
        found: dict[str, np.ndarray] = {}
        for code, attribute in attributes().items():
            logits = np.zeros((len(images), attribute.n_outputs), np.float32)
            logits[:, 0] = 0.5
            if code == "Hc":
                for row, image in zip(logits, images, strict=True):
                    row[3] = float(np.mean(image) > 127)
            if attribute.kind == "cursor":
                logits[:, 0] = [float(np.mean(image)) / 127.5 - 1 for image in images]
            found[code] = logits if attribute.n_classes else logits[:, 0]
        return found


class ToyIdentity:
    """Who somebody is, is the mean colour: unit rows (B, 3)."""

    def embed(self, images: Any) -> np.ndarray:
        means = np.stack([np.asarray(image, np.float32).mean(axis=(0, 1)) for image in images])
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)


class ToyModels:
    """Stands where `pipeline.models.Models` stands."""

    def __init__(self, fingerprint: str = "toy") -> None:
        self.set = SimpleNamespace(
            name="demo",
            title="Toy",
            space=SPACE,
            elastic=True,
            resolution=RESOLUTION,
            crop_size=RESOLUTION,
            n_style=N_STYLE,
            dim=DIM,
            files={},
            embedded=False,
            tuning_steps=0,
            not_on_photographs={},
        )
        self.motions: dict[str, Any] = {}
        self.beard: Any = None
        self.coarse = False
        self.ageing: Any = None
        self.device = torch.device("cpu")
        self.fingerprint = fingerprint
        self.backends: dict[str, str] = {"generator": "torch"}
        self.ran: list[str] = []
        self.generator = toy_generator()
        self.encoder = self.encoder_or_none = ToyEncoder()
        self.predictor = ToyPredictor()
        self.identity = ToyIdentity()
        self.perceptual = None
        self.gains: dict[str, float] = {}
        self.detector: Any = None
        self.matte: Any = None
        self.space = SPACE

    def has(self, role: str) -> bool:
        return False

    @cached_property
    def translations(self) -> dict[str, Translation]:
        names = [name for code in CODES for name in attributes()[code].identifiers]
        made = {}
        for number, name in enumerate([*names, "Hc_1_fr_0"]):
            path = np.random.default_rng(number).normal(0, 0.3, (1 + number % 2, N_STYLE, DIM)).astype(np.float32)
            made[name] = Translation(name, SPACE, path)
        return made


def portrait_image(seed: int, size: int = RESOLUTION) -> Image:
    """A picture that the toy generator can make exactly, uint8 (size, size, 3)."""
    latent = np.random.default_rng(seed).uniform(-0.8, 0.8, (1, N_STYLE, DIM))
    return toy_generator().render(latent.astype(np.float32), size=size)[0]
