"""Retouching of images as OpenCV reads them."""

from typing import TYPE_CHECKING

import numpy as np

from pipeline.beautify.faces import Retoucher
from pipeline.beautify.looks import settings_of
from pipeline.beautify.parsers import best_parser, knows_photographs, open_parser
from pipeline.core.errors import BadInput
from pipeline.core.types import Image
from pipeline.photo.detector import open_detector
from pipeline.photo.face_mesh import open_face_mesh
from pipeline.photo.photo import Photo

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings


class Enhancer:
    """`enhancer(image)`: uint8 (H, W, 3) BGR, as OpenCV reads it, to the enhanced image in RGB.

    Args:
        look: Name in configs/beauty.yaml, or settings.
        parser: Model set whose parser is used, by default the best available one.
        aligned: Whether every image is a face crop already.
        device: auto, cpu, cuda, cuda:N or mps.
    """

    def __init__(
        self, look: "str | Settings" = "classic", parser: str | None = None, aligned: bool = False, device: str = "auto"
    ) -> None:
        settings = settings_of(look) if isinstance(look, str) else look
        name = parser or best_parser()
        detector = None if aligned else open_detector()
        self._retoucher = Retoucher(
            settings, open_parser(name, device), detector, open_face_mesh(), knows_photographs(name)
        )

    def __call__(self, image: Image) -> Image:
        """Enhance every face of the image, uint8 (H, W, 3) RGB; raises BadInput for another type or shape."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise BadInput(f"The image must be uint8 (H, W, 3) BGR, not {image.dtype} of shape {image.shape}.")
        photo, _ = self._retoucher.photo(Photo("the picture", np.ascontiguousarray(image[:, :, ::-1])))
        return np.asarray(photo.pixels, np.uint8)
