"""The two nets in training: one step on real images, and what of it a checkpoint holds.

All random numbers of a step depend on its number alone, so a resumed training takes the steps of an uninterrupted one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pipeline.core.errors import BadInput
from pipeline.core.half import half_precision
from pipeline.core.tensors import shrink, to_tensor
from pipeline.core.types import Image
from pipeline.training.gan import parallel
from pipeline.training.gan.augment import augment
from pipeline.training.gan.averaging import average, averaged_copy, decay
from pipeline.training.gan.elastic import CONSISTENCY, SubNet, consistency, draw_sub_net
from pipeline.training.gan.images import rows_of_step
from pipeline.training.gan.latents import mixed_latents, noise_images
from pipeline.training.gan.losses import discriminator_loss, generator_loss, path_lengths, r1_penalty
from pipeline.training.gan.settings import (
    ADA_EVERY,
    ADA_KIMG,
    ADA_KIMG_TUNING,
    BETAS,
    EPS,
    PATH_DECAY,
    PATH_EVERY,
    PATH_SHRINK,
    PATH_WEIGHT,
    R1_EVERY,
    GanSettings,
)
from pipeline.training.gan.start import Start


class AdversarialNets:
    """Generator, its average and discriminator with their optimisers and the probability of the augmentation.

    Args:
        start: The nets before the first step; they are trained in place.
        settings: Settings of the training.
        device: Device of the nets.
    """

    def __init__(self, start: Start, settings: GanSettings, device: torch.device) -> None:
        self.settings, self.device, self.tuning = settings, device, start.base is not None
        self.generator = start.generator.to(device)
        self.discriminator = start.discriminator.to(device)
        self.mean_generator = averaged_copy(self.generator)
        self.discriminator.train()
        self.warm_up = round(settings.warm_up * 1000 / settings.batch_size) if start.warm_up else 0
        if not self.warm_up:
            self.discriminator.freeze(settings.freeze_d)
        self.optimisers = {
            "generator": _adam(self.generator, settings.rate, PATH_EVERY),
            "discriminator": _adam(self.discriminator, settings.rate, R1_EVERY),
        }
        self.p = 0.0
        self.signs: list[float] = []  # of the logits of real images since the last adjustment
        self.path_mean: float | None = None if self.tuning else 0.0
        # Half precision on GPUs alone; the regularisations keep 32 bits.
        half = half_precision(device)
        self._half = half if device.type == "cuda" and half is not torch.float32 else None
        self._full = SubNet(settings.resolution)

    def take_step(self, step: int, images: Image) -> dict[str, float]:
        """Train both nets on the images of a step; the losses by name.

        Args:
            step: Number of the step, from 0.
            images: All images, uint8 (N, R, R, 3).

        Raises:
            BadInput: A loss is not finite.
        """
        settings = self.settings
        rng = np.random.default_rng((settings.seed, step))
        sub_net = draw_sub_net(rng, settings.levels)
        real = shrink(self._real(step, images, rng), sub_net.resolution)
        torch.manual_seed((settings.seed * 1_000_003 + step) * parallel.size() + parallel.rank())
        figures: dict[str, float] = {}
        if step >= self.warm_up:
            figures |= self._train_generator(step, len(real), sub_net)
        if step == self.warm_up:
            self.discriminator.freeze(settings.freeze_d)
        figures |= self._train_discriminator(step, real, sub_net)
        self._adjust(step)
        if step >= self.warm_up:
            seen = (step - self.warm_up + 1) * settings.batch_size
            average(self.mean_generator, self.generator, decay(seen, settings.batch_size))
        if not all(map(np.isfinite, figures.values())):
            raise BadInput("The training diverged (the loss is not finite): start again with a lower --rate.")
        return figures | {"p": self.p}

    def state(self) -> dict[str, Any]:
        """Everything that a resumed training needs, for `restore`."""
        return {
            "generator": self.generator.state_dict(),
            "mean_generator": self.mean_generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "optimisers": {name: optimiser.state_dict() for name, optimiser in self.optimisers.items()},
            "p": self.p,
            "signs": self.signs,
            "path_mean": self.path_mean,
        }

    def restore(self, state: Mapping[str, Any], step: int) -> None:
        """Continue before the step `step`, with the `state` of then."""
        for name in ("generator", "mean_generator", "discriminator"):
            getattr(self, name).load_state_dict(state[name])
        for name, optimiser in self.optimisers.items():
            optimiser.load_state_dict(state["optimisers"][name])
        self.p, self.signs, self.path_mean = state["p"], state["signs"], state["path_mean"]
        if step > self.warm_up:
            self.discriminator.freeze(self.settings.freeze_d)

    def _real(self, step: int, images: Image, rng: np.random.Generator) -> Tensor:
        """This process's share of the images of a step, (B, 3, R, R), half of them mirrored."""
        settings = self.settings
        rows = rows_of_step(len(images), step, settings.batch_size, settings.seed)
        mirrored = rng.random(len(rows)) < (0.5 if settings.mirror else 0)
        mine = slice(parallel.rank(), None, parallel.size())
        chosen = [
            np.ascontiguousarray(images[row, :, ::-1] if flip else images[row])
            for row, flip in zip(rows[mine], mirrored[mine], strict=True)
        ]
        return to_tensor(chosen, device=self.device)

    def _train_generator(self, step: int, count: int, sub_net: SubNet) -> dict[str, float]:
        figures = {}
        self.generator.convolve_in(self._half)
        latents, noise = mixed_latents(self.generator, count, sub_net.resolution), self._noise(count)
        images = self._draw(latents, noise, sub_net)
        loss = adversarial = generator_loss(self._judge(images))
        if sub_net != self._full:
            apart = consistency(images, self.generator, latents, noise, self._full)
            loss = adversarial + CONSISTENCY * apart
            figures["consistency"] = float(apart.detach())
        self._descend("generator", loss)
        if step % PATH_EVERY == 0:
            penalty = self._path_penalty(max(1, count // PATH_SHRINK), SubNet(sub_net.resolution))
            self._descend("generator", PATH_EVERY * PATH_WEIGHT * penalty)
            figures["path"] = float(penalty.detach())
        return figures | {"generator": float(adversarial.detach())}

    def _path_penalty(self, count: int, sub_net: SubNet) -> Tensor:
        """Mean squared difference of path lengths from their running mean."""
        self.generator.convolve_in(None)
        latents, noise = mixed_latents(self.generator, count, sub_net.resolution), self._noise(count)
        lengths = path_lengths(lambda w: self._draw(w, noise, sub_net), latents)
        now = float(parallel.mean(lengths.detach().mean()))
        self.path_mean = now if self.path_mean is None else self.path_mean + PATH_DECAY * (now - self.path_mean)
        return (lengths - self.path_mean).square().mean()

    def _train_discriminator(self, step: int, real: Tensor, sub_net: SubNet) -> dict[str, float]:
        figures = {}
        self.generator.convolve_in(self._half)
        with torch.no_grad():
            latents = mixed_latents(self.generator, len(real), sub_net.resolution)
            fake = self._draw(latents, self._noise(len(real)), sub_net)
        logits = self._judge(real)
        loss = discriminator_loss(logits, self._judge(fake))
        self._descend("discriminator", loss)
        self.signs.append(float(parallel.mean(logits.detach().float().sign().mean())))
        if step % R1_EVERY == 0:
            penalty = r1_penalty(self.discriminator, augment(real, self.p))
            self._descend("discriminator", R1_EVERY * self.settings.gamma(sub_net.resolution) / 2 * penalty)
            figures["r1"] = float(penalty.detach())
        return figures | {"discriminator": float(loss.detach()), "sign": self.signs[-1]}

    def _draw(self, latents: Tensor, noise: list[Tensor], sub_net: SubNet) -> Tensor:
        images = self.generator(latents, noise=noise, ratio=sub_net.ratio, target_res=sub_net.resolution)
        assert isinstance(images, Tensor)
        return images

    def _judge(self, images: Tensor) -> Tensor:
        with torch.autocast(self.device.type, self._half, enabled=self._half is not None):
            logits: Tensor = self.discriminator(augment(images.float(), self.p))
        return logits.float()

    def _noise(self, count: int) -> list[Tensor]:
        """Random noise; the fixed images of a set that is tuned, because they are what its users see."""
        return self.generator.noises.all() if self.tuning else noise_images(self.generator, count)

    def _descend(self, name: str, loss: Tensor) -> None:
        """Step of one of the optimisers; the other net gets no gradient."""
        optimiser = self.optimisers[name]
        weights = [weight for weight in optimiser.param_groups[0]["params"] if weight.requires_grad]
        for weight, slope in zip(weights, torch.autograd.grad(loss, weights, allow_unused=True), strict=True):
            weight.grad = slope
        parallel.average_gradients(weights)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def _adjust(self, step: int) -> None:
        """Change the probability of the augmentation by how often real images are recognised (ADA, section 3.1)."""
        settings = self.settings
        if not settings.ada_target or (step + 1) % ADA_EVERY:
            return
        kimg = ADA_KIMG_TUNING if self.tuning else ADA_KIMG
        change = len(self.signs) * settings.batch_size / (1000 * kimg)
        self.p = min(max(self.p + change * float(np.sign(np.mean(self.signs) - settings.ada_target)), 0.0), 1.0)
        self.signs = []


def _adam(net: nn.Module, rate: float, every: int) -> torch.optim.Adam:
    """Adam for a net whose regularisation is a step of its own after `every` steps (StyleGAN2, appendix B)."""
    share = every / (every + 1)
    betas = (BETAS[0] ** share, BETAS[1] ** share)
    return torch.optim.Adam(net.parameters(), lr=rate * share, betas=betas, eps=EPS)
