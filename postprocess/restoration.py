"""Face restoration by any net that spandrel knows: GFPGAN and RestoreFormer, or the small NAFNet of the demo set."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch

from pipeline.core.errors import MissingWeights
from pipeline.core.images import resize
from pipeline.core.types import Image
from postprocess.batching import batches, to_images

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor
    from spandrel.architectures.NAFNet import NAFNet

# Restorers with a generative prior know faces at this size only.
_FACE_SIZE = 512


def build_restorer() -> "NAFNet":
    """The untrained NAFNet of the demo set, about 0.07 s for 256 x 256 on one core; images in and out in 0..1.

    Chen et al., *Simple Baselines for Image Restoration* (ECCV 2022): width 8, one block per level, four levels.
    """
    from spandrel.architectures.NAFNet import NAFNet

    return NAFNet(width=8, enc_blk_nums=[1, 1, 1, 1], middle_blk_num=1, dec_blk_nums=[1, 1, 1, 1])


class FaceRestorer:
    """A restoration net as spandrel describes it."""

    def __init__(self, descriptor: "ImageModelDescriptor[torch.nn.Module]", device: torch.device) -> None:
        self.descriptor, self.device = descriptor.to(device).eval(), device
        self.input_size = _FACE_SIZE if descriptor.purpose == "FaceSR" else None

    @classmethod
    def open(cls, path: Path | str, config: Mapping[str, Any], device: torch.device) -> "FaceRestorer":
        """From a file in any layout that spandrel recognises; `config` has nothing to say.

        Raises MissingWeights when the file cannot be read or is no restoration net for images of unchanged size.
        """
        from spandrel import ImageModelDescriptor, ModelLoader

        try:
            descriptor = ModelLoader(device="cpu").load_from_file(str(path))
        except Exception as error:  # whatever a parser raises on a wrong file means the same to the user
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise MissingWeights(
                f"{path} is no restoration net ({reason}): put the declared file in its place."
            ) from error
        if not isinstance(descriptor, ImageModelDescriptor) or descriptor.scale != 1:
            raise MissingWeights(f"{path} is no face restorer: put the declared file in its place.")
        return cls(descriptor, device)

    @torch.inference_mode()
    def restore(self, images: Sequence[Image]) -> Image:
        """Restored faces, uint8 (B, H, W, 3), of uint8 aligned square RGB images that share one size."""
        side = images[0].shape[0]
        restored = np.concatenate([to_images(self.run(x)) for x in batches(images, self.input_size, self.device)])
        return np.stack([resize(image, side) for image in restored])

    def run(self, x: torch.Tensor) -> torch.Tensor:
        """The net itself: (B, 3, H, W) in 0..1, of `input_size` if that is given, to the same, not yet clipped."""
        if self.descriptor.architecture.id == "GFPGAN":
            # The descriptor's own call draws random noise and takes 0..1 for -1..1.
            image: torch.Tensor = self.descriptor.model(x * 2 - 1, return_rgb=False, randomize_noise=False)[0]
            return image * 0.5 + 0.5
        restored: torch.Tensor = self.descriptor(x)
        return restored


class HasRestorer(Protocol):
    """What a step that restores faces needs of the opened models."""

    @property
    def restorer(self) -> FaceRestorer: ...
