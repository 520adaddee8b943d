"""Settings of a parser's training; its checkpoint belongs to them."""

from __future__ import annotations

from dataclasses import dataclass

# Every encoder halves the picture five times; U-Net++ needs each of the halves to be whole.
MULTIPLE = 32
ARCHITECTURES = {"deeplabv3plus": "DeepLabV3+", "unetplusplus": "U-Net++"}


@dataclass(frozen=True)
class Settings:
    """Settings of a training.

    Attributes:
        architecture: One of ARCHITECTURES.
        encoder: Name in segmentation-models-pytorch.
        encoder_weights: "imagenet" or "none".
        size: Side of the square pictures, a multiple of 32.
        coarse_epochs: First epochs, on pictures of half the size.
        batch_size: Pictures of a step.
        rate: Adam's learning rate, multiplied by `decay` after every `decay_every` epochs.
        gamma: Exponent of the focal loss.
        patience: Epochs without a better validation mIoU after which the training ends.
        seed: Of weights and batches.
    """

    architecture: str = "deeplabv3plus"
    encoder: str = "mobilenet_v2"
    encoder_weights: str = "imagenet"
    size: int = 224
    coarse_epochs: int = 0
    batch_size: int = 64
    rate: float = 1e-3
    decay_every: int = 4
    decay: float = 0.5
    gamma: float = 2.0
    patience: int = 8
    seed: int = 0

    @property
    def coarse_size(self) -> int:
        """Half the size, rounded to a multiple of 32."""
        return max(round(self.size / 2 / MULTIPLE), 1) * MULTIPLE

    def size_of(self, epoch: int) -> int:
        """Size of the pictures in an epoch, counted from 0."""
        return self.coarse_size if epoch < self.coarse_epochs else self.size
