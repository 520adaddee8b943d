"""What of a picture shows a person."""

from pathlib import Path

import numpy as np

from pipeline.core.types import Floats, Image
from pipeline.photo.opencv_nets import TfliteNet, net_file

_SIZE = 256  # of the picture that the net takes, pixels


class PersonMatte:
    """MediaPipe's selfie segmentation; for one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._net = TfliteNet(path, "activation_10")

    def share(self, image: Image) -> Floats:
        """Share of person, 0..1, in each pixel (H, W) of an RGB picture (H, W, 3) that shows head and shoulders."""
        import cv2

        (matte,) = self._net(np.asarray(cv2.resize(image, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA), np.uint8))
        size = image.shape[1], image.shape[0]
        return np.asarray(cv2.resize(matte.reshape(_SIZE, _SIZE), size, interpolation=cv2.INTER_LINEAR), np.float32)


def open_matte() -> PersonMatte:
    """The matte for photographs; MissingWeights, naming the command that fetches it, when it is not here."""
    return PersonMatte(net_file("matte"))
