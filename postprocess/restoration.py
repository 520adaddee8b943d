"""Face restoration by any net that spandrel knows: GFPGAN, RestoreFormer, CodeFormer, or the NAFNet of the demo set."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch.nn.functional import layer_norm, pixel_shuffle, pixel_unshuffle

from pipeline.core.checkpoints import load_checkpoint
from pipeline.core.errors import MissingWeights
from pipeline.core.images import resize
from pipeline.core.tensors import BATCH, UNIT, batches, to_uint8
from pipeline.core.types import Image
from postprocess.nets.folding import channels_last

if TYPE_CHECKING:
    from spandrel import ArchRegistry, ImageModelDescriptor
    from spandrel.architectures.NAFNet import NAFNet

# Restorers with a generative prior know faces at this size only.
_FACE_SIZE = 512
# Each picture takes them 0.6 GB.
_FACES_AT_ONCE = 2
CODEFORMER_KEYS = {"position_emb", "quantize.embedding.weight", "idx_pred_layer.1.weight"}


def build_restorer() -> "NAFNet":
    """The untrained NAFNet of the demo set, about 0.07 s for 256 x 256 on one core; images in and out in 0..1.

    Chen et al., *Simple Baselines for Image Restoration* (ECCV 2022): width 8, one block per level, four levels.
    """
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(width=8, enc_blk_nums=[1, 1, 1, 1], middle_blk_num=1, dec_blk_nums=[1, 1, 1, 1])


def build_face_restorer() -> "NAFNet":
    """The untrained NAFNet of the demo set for photographed faces: width 16, for `at_half_size`."""
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(img_channel=12, width=16, enc_blk_nums=[1, 1, 1, 1], middle_blk_num=1, dec_blk_nums=[1, 1, 1, 1])


def at_half_size(net: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Run a net of 12 channels on images (B, 3, H, W) of even size, four neighbouring pixels side by side as channels.

    That is four times faster than the same net at full size, and sees twice as far. Shi et al., *Real-Time Single Image
    and Video Super-Resolution* (CVPR 2016), section 3.2, has the arrangement.
    """
    return pixel_shuffle(net(pixel_unshuffle(x, 2)), 2)


def _registry() -> "ArchRegistry":
    """The architectures of spandrel, and those of its non-commercial plug-in if that is installed."""
    from spandrel import MAIN_REGISTRY, ArchRegistry

    registry = ArchRegistry()
    registry.add(*MAIN_REGISTRY)
    try:
        from spandrel_extra_arches import EXTRA_REGISTRY
    except ImportError:
        return registry
    registry.add(*EXTRA_REGISTRY, ignore_duplicates=True)
    return registry


def open_net(path: Path | str) -> "ImageModelDescriptor[torch.nn.Module]":
    """A net of images to images from a file in any layout that spandrel recognises; no code of the file is run.

    Raises MissingWeights when the file cannot be read or is no such net.
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
        raise MissingWeights(f"{path} is no net of pictures: put the declared file in its place.")
    return descriptor


class ChannelNorm(torch.nn.Module):
    """Layer normalisation over the channels of (B, C, H, W) by torch's own kernel, with the weights of `other`.

    NAFNet's in spandrel does the same in many steps, which took a third of its time.
    """

    def __init__(self, other: Any) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = other.weight, other.bias, other.eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        last = x.permute(0, 2, 3, 1)
        return layer_norm(last, self.weight.shape, self.weight, self.bias, self.eps).permute(0, 3, 1, 2)


def quicken(net: torch.nn.Module) -> None:
    """Replace the layer normalisations of a NAFNet by equal, quicker ones, in place."""
    for name, part in net.named_children():
        if type(part).__name__ == "LayerNorm2d":
            setattr(net, name, ChannelNorm(part))
        else:
            quicken(part)


class FaceRestorer:
    """A restoration net as spandrel describes it; `input_size` is the side of the pictures that it knows, or none."""

    def __init__(
        self,
        descriptor: "ImageModelDescriptor[torch.nn.Module]",
        device: torch.device,
        fidelity: float = 0.5,
        input_size: int | None = None,
    ) -> None:
        self.descriptor, self.device, self.fidelity = descriptor.to(device).eval(), device, fidelity
        self.input_size = _FACE_SIZE if descriptor.purpose == "FaceSR" else input_size

    @property
    def has_fidelity(self) -> bool:
        """Whether the net itself takes `fidelity`."""
        return self.descriptor.architecture.id == "CodeFormer"

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> "FaceRestorer":
        """From a file in any layout that spandrel recognises; see `config` below.

        config: CodeFormer's `fidelity` in 0..1, and the `input_size` of a net that would take any, both optional.

        Raises MissingWeights when the file cannot be read or is no restoration net for images of unchanged size.
        """
        descriptor = open_net(path)
        if descriptor.scale != 1:
            raise MissingWeights(f"{path} is no face restorer: put the declared file in its place.")
        if descriptor.architecture.id == "NAFNet":
            quicken(descriptor.model)
            channels_last(descriptor.model)
        return cls(descriptor, device, **config)

    @torch.inference_mode()
    def restore(self, images: Sequence[Image], at_once: int | None = None) -> Image:
        """Restored faces, uint8 (B, H, W, 3), of uint8 aligned square RGB images that share one size.

        at_once: how many the net sees at a time; none is a number that 8 GB of memory are enough for
        """
        side = images[0].shape[0]
        at_once = at_once or (_FACES_AT_ONCE if self.input_size == _FACE_SIZE else BATCH)
        parts = batches(images, self.input_size, self.device, UNIT, at_once)
        restored = np.concatenate([to_uint8(self.run(x), UNIT) for x in parts])
        return np.stack([resize(image, side) for image in restored])

    def run(self, x: torch.Tensor) -> torch.Tensor:
        """The net itself: (B, 3, H, W) in 0..1, of `input_size` if that is given, to the same, not yet clipped."""
        # The descriptors' own calls take 0..1 for -1..1; GFPGAN's draws random noise.
        own: dict[str, dict[str, Any]] = {
            "GFPGAN": {"return_rgb": False, "randomize_noise": False},
            "CodeFormer": {"weight": self.fidelity},
        }
        name = self.descriptor.architecture.id
        if name in own:  # GFPGAN cannot take pictures whose channels lie side by side
            image: torch.Tensor = self.descriptor.model((x * 2 - 1).contiguous(), **own[name])[0]
            return image * 0.5 + 0.5
        if self.descriptor.input_channels == 12:
            return at_half_size(self.descriptor, x)
        restored: torch.Tensor = self.descriptor(x)
        return restored


class HasRestorer(Protocol):
    """What a step that restores faces needs of the opened models."""

    @property
    def restorer(self) -> FaceRestorer: ...
