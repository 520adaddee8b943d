"""The beautifier for programs that hold their pictures as OpenCV reads them."""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.beautify.faces import Retoucher
from pipeline.beautify.looks import settings_of
from pipeline.beautify.parsers import best_parser, open_parser
from pipeline.core.errors import BadInput
from pipeline.core.types import Image

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings


class Enhancer:
    """`enhancer(image)`: a picture as OpenCV reads it, uint8 (H, W, 3) BGR, to the enhanced one in RGB.

    look: name in configs/beauty.yaml, or settings · parser: model set whose parser is used, by default the best one
    that is here · aligned: every picture is one face, cut out already · device: auto, cpu, cuda, cuda:N or mps
    """

    def __init__(
        self,
        look: "str | Settings" = "classic",
        parser: str | None = None,
        aligned: bool = False,
        device: str = "auto",
    ) -> None:
        from pipeline.photo.detector import open_detector

        settings = settings_of(look) if isinstance(look, str) else look
        self._retoucher = Retoucher(
            settings, open_parser(parser or best_parser(), device), None if aligned else open_detector()
        )

    def __call__(self, image: Image) -> Image:
        """The picture with every face enhanced, uint8 (H, W, 3) RGB; as it is where there is none."""
        from pipeline.photo.photo import Photo

        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise BadInput(f"The enhancer takes uint8 (H, W, 3) BGR, not {image.dtype} of shape {image.shape}.")
        photo, _ = self._retoucher.photo(Photo("the picture", np.ascontiguousarray(image[:, :, ::-1])))
        return np.asarray(photo.pixels, np.uint8)
