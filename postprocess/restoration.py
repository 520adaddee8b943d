"""Face restoration with the nets of spandrel: GFPGAN, RestoreFormer, CodeFormer, or the NAFNet of the demo set."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import torch
from torch.nn.functional import layer_norm, pixel_shuffle, pixel_unshuffle

from pipeline.core.backends.compilable import Compilable
from pipeline.core.batch_sizes import FACES, IMAGES
from pipeline.core.checkpoints import load_checkpoint
from pipeline.core.errors import MissingWeights
from pipeline.core.images import resize
from pipeline.core.tensors import UNIT, batches, to_uint8
from pipeline.core.types import Image
from postprocess.nets.folding import channels_last

if TYPE_CHECKING:
    from spandrel import ArchRegistry, ImageModelDescriptor
    from spandrel.architectures.NAFNet import NAFNet

_FACE_SIZE = 512  # of restorers with a generative prior
CODEFORMER_KEYS = {"position_emb", "quantize.embedding.weight", "idx_pred_layer.1.weight"}


def build_restorer() -> "NAFNet":
    """Untrained NAFNet of the demo set, about 0.07 s for 256 x 256 on one core; images in and out in 0..1.

    Chen et al., *Simple Baselines for Image Restoration* (ECCV 2022): width 8, one block per level, four levels.
    """
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(width=8, enc_blk_nums=[1, 1, 1, 1], middle_blk_num=1, dec_blk_nums=[1, 1, 1, 1])


def build_face_restorer() -> "NAFNet":
    """Untrained NAFNet of the demo set for photographed faces: width 16, for `at_half_size`."""
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(img_channel=12, width=16, enc_blk_nums=[1, 1, 1, 1], middle_blk_num=1, dec_blk_nums=[1, 1, 1, 1])


def at_half_size(net: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Run a net of 12 channels on images (B, 3, H, W) of even size, with four neighbouring pixels as channels.

    Four times faster than the same net at full size, with twice the receptive field. Arrangement: Shi et al.,
    *Real-Time Single Image and Video Super-Resolution* (CVPR 2016), section 3.2.
    """
    return pixel_shuffle(net(pixel_unshuffle(x, 2)), 2)


def _registry() -> "ArchRegistry":
    """Architectures of spandrel and of its non-commercial plug-in, if installed."""
    from spandrel import MAIN_REGISTRY, ArchRegistry

    registry = ArchRegistry()
    registry.add(*MAIN_REGISTRY)
    with suppress(ImportError):
        from spandrel_extra_arches import EXTRA_REGISTRY

        registry.add(*EXTRA_REGISTRY, ignore_duplicates=True)
    return registry


def open_net(path: Path | str) -> "ImageModelDescriptor[torch.nn.Module]":
    """Image-to-image net from a file in any layout that spandrel recognises; no code of the file is run.

    Raises:
        MissingWeights: The file cannot be read or holds another net.
    """
    from spandrel import ImageModelDescriptor, canonicalize_state_dict

    state = canonicalize_state_dict(load_checkpoint(path))
    registry = _registry()
    if "CodeFormer" not in (each.architecture.id for each in registry) and state.keys() >= CODEFORMER_KEYS:
        raise MissingWeights(
            f"{path} is a CodeFormer, which is for non-commercial use and needs a plug-in: "
            "run `pip install spandrel_extra_arches`, or choose GFPGAN."
        )
    try:
        descriptor = registry.load(state)
    except Exception as error:  # whatever a parser raises on a wrong file means the same to the user
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise MissingWeights(f"{path} is no restoration net ({reason}): put the declared file in its place.") from error
    if not isinstance(descriptor, ImageModelDescriptor):
        raise MissingWeights(f"{path} is not an image-to-image net: put the declared file in its place.")
    return descriptor


class ChannelNorm(torch.nn.Module):
    """Layer normalisation over the channels of (B, C, H, W) by torch's kernel, with the weights of `other`.

    spandrel's NAFNet spends a third of its time in the same operation.
    """

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = other.weight, other.bias, other.eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = x.permute(0, 2, 3, 1)
        return layer_norm(last, self.weight.shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


def quicken(net: torch.nn.Module) -> None:
    """Replace the layer normalisations of a NAFNet by ChannelNorm, in place."""
    for name, part in net.named_children():
        if type(part).__name__ == "LayerNorm2d":
            setattr(net, name, ChannelNorm(part))
        else:
            quicken(part)


class FaceRestorer(Compilable):
    """Restoration net of spandrel; `input_size` is the side of its images in pixels, None for any."""

    def __init__(
        self,
        descriptor: "ImageModelDescriptor[torch.nn.Module]",
        device: torch.device,
        fidelity: float = 0.5,
        input_size: int | None = None,
    ) -> None:
        self.descriptor, self.device, self.fidelity = descriptor.to(device).eval(), device, fidelity
        self.input_size = _FACE_SIZE if descriptor.purpose == "FaceSR" else input_size
        self.net, self.forward = descriptor.model, self.run

    @property
    def has_fidelity(self) -> bool:
        """Whether the net takes `fidelity`."""
        return self.descriptor.architecture.id == "CodeFormer"

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> Self:
        """From a file in any layout that spandrel recognises.

        Args:
            path: The file.
            config: Optional `fidelity` of CodeFormer in 0..1, and `input_size` of a net for any size.
            device: Device of the net.

        Raises:
            MissingWeights: The file cannot be read, or the net changes the size of images.
        """
        descriptor = open_net(path)
        if descriptor.scale != 1:
            raise MissingWeights(f"{path} is not a face restorer: put the declared file in its place.")
        if descriptor.architecture.id == "NAFNet":
            quicken(descriptor.model)
            channels_last(descriptor.model)
        return cls(descriptor, device, **config)

    @torch.inference_mode()
    def restore(self, images: Sequence[Image], at_once: int | None = None) -> Image:
        """Restored faces, uint8 (B, H, W, 3).

        Args:
            images: Aligned faces, uint8, square, RGB, of one size.
            at_once: Images per batch; None for a number that fits 8 GB of memory.
        """
        side = images[0].shape[0]
        at_once = at_once or (FACES if self.input_size == _FACE_SIZE else IMAGES)
        parts = batches(images, self.input_size, self.device, UNIT, at_once)
        run = self.run if self.has_fidelity else self.forward  # a backend has no place for `fidelity`
        restored = np.concatenate([to_uint8(run(x), UNIT) for x in parts])
        return np.stack([resize(image, side) for image in restored])

    def run(self, x: torch.Tensor) -> torch.Tensor:
        """Output of the net, not clipped, for (B, 3, H, W) in 0..1 with side `input_size`, if that is given."""
        # The calls of the descriptors pass 0..1 for -1..1; GFPGAN's adds random noise.
        own: dict[str, dict[str, Any]] = {
            "GFPGAN": {"return_rgb": False, "randomize_noise": False},
            "CodeFormer": {"weight": self.fidelity},
        }
        name = self.descriptor.architecture.id
        if name in own:  # GFPGAN fails on channels-last memory
            image: torch.Tensor = self.descriptor.model((x * 2 - 1).contiguous(), **own[name])[0]
            return image * 0.5 + 0.5
        if self.descriptor.input_channels == 12:
            return at_half_size(self.descriptor, x)
        return self.descriptor(x)


class HasRestorer(Protocol):
    """Opened models with a face restorer."""

    @property
    def restorer(self) -> FaceRestorer: ...
