"""Settings of an adversarial training; a checkpoint is valid for the same settings and images only."""

from __future__ import annotations

from dataclasses import dataclass

# StyleGAN2 (Karras et al., CVPR 2020, section 3 and appendix B) and its published configuration for 256 px.
BETAS, EPS = (0.0, 0.99), 1e-8  # of Adam
MIXING = 0.9  # share of the latents that are mixed of two
R1_EVERY, PATH_EVERY = 16, 4  # steps between two regularisations
PATH_WEIGHT, PATH_DECAY, PATH_SHRINK = 2.0, 0.01, 2
# StyleGAN2-ADA (Karras et al., NeurIPS 2020, section 3 and appendix C).
R1_GAMMA = 2e-4  # times pixels by batch size
EMA_KIMG, EMA_RAMP_UP = 10 / 32, 0.05  # half-life: thousands of images by batch size, and share of the images so far
ADA_EVERY = 4  # steps between two adjustments of the probability
ADA_KIMG, ADA_KIMG_TUNING = 500.0, 100.0  # thousands of images in which the probability can go from 0 to 1

SMALLEST, LARGEST = 32, 1024  # pixels of the images
LEVELS = 3  # resolutions that an elastic training draws: the full one, its half, its quarter
RATIOS = (0.25, 0.5, 0.75)  # of the channels, as Anycost (Lin et al., CVPR 2021)

PREDICTOR = "predictor-416"
"""Features: the means over the four stages of the embedded predictor, 32 + 64 + 128 + 192."""
INCEPTION = "inception-2048"
"""Features: the last pooling layer of Inception."""
FEATURES = {"predictor": PREDICTOR, "inception": INCEPTION}
"""Names of the features of measurements by what users call them."""


@dataclass(frozen=True)
class GanSettings:
    """Settings of a training.

    Attributes:
        resolution: Side of the images in pixels, a power of two from 32; with a set to start from at most its own.
        width: Channels at the full resolution; they double towards the coarse layers.
        max_width: Channels at most.
        style_dim: Dimension of the latents.
        n_mlp: Layers of the mapping network.
        discriminator_width: Channels of the discriminator, as a share of the generator's.
        batch_size: Images of a step, on all processes together.
        rate: Adam's learning rate, of both nets.
        mirror: Whether images are also shown mirrored.
        elastic: Whether smaller widths and resolutions are trained too.
        ada_target: Share of real images that the discriminator recognises more often than not, minus the others;
            above it the augmentation grows (ADA's r_t). 0 for no augmentation.
        freeze_d: Number of the discriminator's finest blocks that stay as they are (FreezeD, Mo et al. 2020).
        warm_up: Thousands of images that a fresh discriminator is trained on before a loaded generator moves.
        seed: Seed of weights, batches and latents.
    """

    resolution: int = 64
    width: int = 32
    max_width: int = 256
    style_dim: int = 256
    n_mlp: int = 4
    discriminator_width: float = 1.0
    batch_size: int = 16
    rate: float = 2e-3
    mirror: bool = True
    elastic: bool = True
    ada_target: float = 0.6
    freeze_d: int = 0
    warm_up: float = 0.4
    seed: int = 0

    @property
    def levels(self) -> list[int]:
        """Resolutions that are trained, the full one first."""
        return [self.resolution >> i for i in range(LEVELS if self.elastic else 1)]

    def channels(self) -> dict[int, int]:
        """Width at each resolution of a fresh generator."""
        sizes = [2**k for k in range(2, self.resolution.bit_length())]
        return {size: min(self.max_width, self.width * self.resolution // size) for size in sizes}

    def gamma(self, resolution: int) -> float:
        """Weight of R1 at a resolution, the heuristic of StyleGAN2-ADA."""
        return R1_GAMMA * resolution**2 / self.batch_size
