"""Settings of the training of a parser; a checkpoint is valid for the same settings only."""

from __future__ import annotations

from dataclasses import dataclass

# Encoders halve the image five times, and U-Net++ needs even sizes.
MULTIPLE = 32
ARCHITECTURES = {"deeplabv3plus": "DeepLabV3+", "unetplusplus": "U-Net++"}


@dataclass(frozen=True)
class Settings:
    """Settings of a training.

    Attributes:
        architecture: One of ARCHITECTURES.
        encoder: Name in segmentation-models-pytorch.
        encoder_weights: "imagenet" or "none".
        size: Side of the square images, a multiple of 32.
        coarse_epochs: Number of first epochs on images of half the size.
        batch_size: Images per step.
        rate: Adam's learning rate, multiplied by `decay` after every `decay_every` epochs.
        gamma: Exponent of the focal loss.
        patience: Number of epochs without a better validation mIoU that ends the training.
        seed: Seed of weights and batches.
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
        """Size of the images in an epoch, counted from 0."""
        return self.coarse_size if epoch < self.coarse_epochs else self.size
