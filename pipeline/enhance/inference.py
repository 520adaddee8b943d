"""Second service: each face cropped, enhanced and masked, by nets in ONNX Runtime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.core.crop import FFHQ_512
from pipeline.core.errors import BadConfig, BadRequest, MissingWeights
from pipeline.core.tensors import SYMMETRIC, to_array
from pipeline.core.types import Floats, Image
from pipeline.core.weights import locate, model_set
from pipeline.enhance.schema import Blending, Engine
from pipeline.enhance.sessions import open_session
from pipeline.photo.faces import SMALLEST_DELIVERED
from postprocess.occlusion import box_mask, crop_mask, occlusion_mask
from postprocess.sharpness import restoration_share

OCCLUDER = "occluder"
RANSAC_PIXELS = 100.0
_RESTORER_INPUT, _STRENGTH_INPUT = "input", "weight"


@dataclass(frozen=True, eq=False)
class Enhanced:
    """An enhanced face.

    Attributes:
        image: uint8 (S, S, 3).
        mask: Weight of the face in the photo, float32 (S, S), 0..1.
        matrix: (2, 3), from pixels of the photo to pixels of the image.
        share: Part of the blend that the face takes, 0..1, see `postprocess.sharpness`.
    """

    image: Image
    mask: Floats
    matrix: NDArray[np.float64]
    share: float


class Nets:
    """Restorer and occlusion net of a model set, opened for one provider.

    Raises:
        BadConfig: Unknown set or role.
        MissingWeights: Files that are missing or contain another net.
        BadRequest: The provider is not available.
    """

    def __init__(self, engine: Engine = Engine()) -> None:  # noqa: B008 -- frozen
        self.set = model_set(engine.models)
        restorers = [role for role in self.set.files if role != OCCLUDER]
        self.role = engine.model or restorers[0]
        if OCCLUDER not in self.set.files or self.role not in restorers:
            raise BadConfig(
                f"Model set {self.set.name} has no {self.role} with an occluder for ONNX Runtime: "
                "choose enhancer-demo or enhancer."
            )
        self.provider = engine.provider
        self.path = locate(self.set, self.role)
        self.restorer = open_session(self.path, engine.provider)
        self.size = _restorer_size(self.path, self.restorer)
        self.config: Mapping[str, Any] = self.set.files[self.role].config

    @property
    def occluder(self) -> Any:
        """The session of the occlusion net; raises MissingWeights if it is missing or another net."""
        path = locate(self.set, OCCLUDER)
        session = open_session(path, self.provider)
        _check_occluder(path, session)
        return session


def infer(image: Image, faces: Sequence[ArrayLike], nets: Nets, blending: Blending) -> list[Enhanced]:
    """Enhance faces of an RGB photo (H, W, 3), given by five points each, (5, 2) in pixels; raises as `align`."""
    results = []
    for points in faces:
        crop, matrix = align(image, points, nets.size)
        masks = [box_mask(nets.size, blending.mask_blur, blending.mask_padding)]
        if blending.occluder:
            masks.append(occlusion_mask(visible(crop, nets.occluder), nets.size))
        share = restoration_share(_delivered(image, points, matrix, nets.size))
        enhanced = restore(crop, nets.restorer, nets.config) if share else crop
        results.append(Enhanced(enhanced, crop_mask(masks), matrix, share))
    return results


def align(image: Image, points: ArrayLike, size: int) -> tuple[Image, NDArray[np.float64]]:
    """Align a face to the FFHQ template by rotation, scale and shift (RANSAC, threshold 100 pixels).

    Returns:
        Crop, uint8 (size, size, 3), beyond the photo's edge filled with its border pixels; matrix (2, 3) from photo
        to crop.

    Raises:
        BadRequest: The points do not fit a face.
    """
    import cv2

    source, target = np.asarray(points, np.float32), np.asarray(FFHQ_512 * size, np.float32)
    matrix = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=RANSAC_PIXELS)[0]
    if matrix is None or not np.isfinite(matrix).all() or np.linalg.det(matrix[:, :2]) < 1e-6:
        raise BadRequest("analysis.output_image_data", "its points are not those of a face: analyse the photo again.")
    crop = cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8), np.asarray(matrix, np.float64)


def _delivered(image: Image, points: ArrayLike, matrix: NDArray[np.float64], size: int) -> Image:
    """The face aligned at the photo's resolution, at most `size`, with the filters of `pipeline.core.crop.cut`."""
    from PIL import Image as pillow

    side = min(max(round(size / np.sqrt(np.linalg.det(matrix[:, :2]))), SMALLEST_DELIVERED), size)
    face, _ = align(image, points, 4 * side)
    return np.asarray(pillow.fromarray(face).resize((side, side), pillow.Resampling.LANCZOS))


def restore(crop: Image, session: Any, config: Mapping[str, Any] | None = None) -> Image:
    """Restore a crop, RGB uint8 (S, S, 3); the net's input and output are in -1..1, channels first.

    Args:
        config: May hold `fidelity`, 0..1, for nets with a second input `weight`, such as CodeFormer.
    """
    feed: dict[str, NDArray[np.float32 | np.float64]] = {_RESTORER_INPUT: to_array(crop, SYMMETRIC)}
    for wanted in session.get_inputs():
        if wanted.name == _STRENGTH_INPUT:
            kind = np.float64 if "double" in wanted.type else np.float32
            feed[_STRENGTH_INPUT] = np.array([(config or {}).get("fidelity", 0.5)], kind)
    y = np.clip(session.run(None, feed)[0][0], -1, 1)
    return np.ascontiguousarray(np.rint((y + 1) / 2 * 255).astype(np.uint8).transpose(1, 2, 0))


def visible(crop: Image, session: Any) -> Floats:
    """Visibility of the face in a crop (S, S, 3), by the occlusion net: float32 (h, w) in about 0..1.

    The net's input is BGR in 0..1, channels last.
    """
    import cv2

    first = session.get_inputs()[0]
    height, width = first.shape[1:3]
    small = cv2.resize(crop, (width, height))
    x = np.ascontiguousarray(small[None, :, :, ::-1].astype(np.float32) / 255)
    return np.asarray(session.run(None, {first.name: x})[0][0, :, :, 0], np.float32)


def _restorer_size(path: Path, session: Any) -> int:
    """Side of a restorer's crops; raises MissingWeights for any other net."""
    inputs = {each.name: each.shape for each in session.get_inputs()}
    shape = inputs.get(_RESTORER_INPUT, [])
    known = inputs.keys() <= {_RESTORER_INPUT, _STRENGTH_INPUT}
    if known and len(shape) == 4 and shape[1] == 3 and isinstance(shape[2], int) and shape[2] == shape[3]:
        return int(shape[2])
    raise MissingWeights(f"{path} is not a face restorer, it takes {inputs}: put the declared file in its place.")


def _check_occluder(path: Path, session: Any) -> None:
    """Raise MissingWeights for a net that is not an occlusion net."""
    inputs, outputs = ([each.shape for each in side] for side in (session.get_inputs(), session.get_outputs()))
    if len(inputs) == len(outputs) == 1 and len(inputs[0]) == len(outputs[0]) == 4:
        (_, height, width, channels), (*_, last) = inputs[0], outputs[0]
        if isinstance(height, int) and height == width and channels == 3 and last == 1:
            return
    raise MissingWeights(f"{path} is not an occlusion net, it takes {inputs}: put the declared file in its place.")
