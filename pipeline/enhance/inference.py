"""Second service: each face cut out, enhanced and masked, all by nets that ONNX Runtime runs."""

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
from postprocess.occlusion import box_mask, crop_mask, occlusion_mask

OCCLUDER = "occluder"
RANSAC_PIXELS = 100.0
_RESTORER_INPUT, _STRENGTH_INPUT = "input", "weight"


@dataclass(frozen=True, eq=False)
class Enhanced:
    """An enhanced face. image: uint8 (S, S, 3) · mask: float32 (S, S), 1 where it is to be seen · matrix: (2, 3) from
    pixels of the photo to its own"""

    image: Image
    mask: Floats
    matrix: NDArray[np.float64]


class Nets:
    """The restorer of a model set, and its occluder, as opened for one provider."""

    def __init__(self, engine: Engine = Engine()) -> None:  # noqa: B008 -- frozen
        """Raises BadConfig for an unknown set or role, MissingWeights for files that are not here or do something
        else, BadRequest for a provider."""
        self.set = model_set(engine.models)
        restorers = [role for role in self.set.files if role != OCCLUDER]
        self.role = engine.model or restorers[0]
        if OCCLUDER not in self.set.files or self.role not in restorers:
            raise BadConfig(
                f"Model set {self.set.name} has no {self.role} that ONNX Runtime can run beside an occluder: "
                "choose enhancer-demo or enhancer."
            )
        self.provider = engine.provider
        self.path = locate(self.set, self.role)
        self.restorer = open_session(self.path, engine.provider)
        self.size = _restorer_size(self.path, self.restorer)
        self.config: Mapping[str, Any] = self.set.files[self.role].config

    @property
    def occluder(self) -> Any:
        """The session of the occlusion net; MissingWeights as above."""
        path = locate(self.set, OCCLUDER)
        session = open_session(path, self.provider)
        _occluder_size(path, session)
        return session


def infer(image: Image, faces: Sequence[ArrayLike], nets: Nets, blending: Blending) -> list[Enhanced]:
    """Each face of an RGB photo (H, W, 3) enhanced; faces: their five points, (5, 2) in pixels. Raises BadRequest."""
    results = []
    for points in faces:
        crop, matrix = align(image, points, nets.size)
        masks = [box_mask(nets.size, blending.mask_blur, blending.mask_padding)]
        if blending.occluder:
            masks.append(occlusion_mask(visible(crop, nets.occluder), nets.size))
        results.append(Enhanced(restore(crop, nets.restorer, nets.config), crop_mask(masks), matrix))
    return results


def align(image: Image, points: ArrayLike, size: int) -> tuple[Image, NDArray[np.float64]]:
    """The face on the template of FFHQ, uint8 (size, size, 3), and the matrix (2, 3) that maps the photo onto it.

    Turn, scale and shift by RANSAC with a threshold of 100 pixels; what lies beyond the photo repeats its edge.
    """
    import cv2

    source, target = np.asarray(points, np.float32), np.asarray(FFHQ_512 * size, np.float32)
    matrix = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=RANSAC_PIXELS)[0]
    if matrix is None or not np.isfinite(matrix).all() or np.linalg.det(matrix[:, :2]) < 1e-6:
        raise BadRequest("analysis.output_image_data", "its points are not those of a face: analyse the photo again.")
    crop = cv2.warpAffine(image, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE, flags=cv2.INTER_AREA)
    return np.asarray(crop, np.uint8), np.asarray(matrix, np.float64)


def restore(crop: Image, session: Any, config: Mapping[str, Any] | None = None) -> Image:
    """What the restorer makes of a crop, uint8 (S, S, 3): RGB in -1..1 channels first, in and out.

    config: may hold `fidelity`, 0..1, for a net that takes a second input, `weight`, as CodeFormer does
    """
    feed: dict[str, NDArray[np.float32 | np.float64]] = {_RESTORER_INPUT: to_array(crop, SYMMETRIC)}
    for wanted in session.get_inputs():
        if wanted.name == _STRENGTH_INPUT:
            kind = np.float64 if "double" in wanted.type else np.float32
            feed[_STRENGTH_INPUT] = np.array([(config or {}).get("fidelity", 0.5)], kind)
    y = np.clip(session.run(None, feed)[0][0], -1, 1)
    return np.ascontiguousarray(np.rint((y + 1) / 2 * 255).astype(np.uint8).transpose(1, 2, 0))


def visible(crop: Image, session: Any) -> Floats:
    """Where a crop (S, S, 3) shows the face, as the occlusion net says it: float32 (h, w) in about 0..1.

    The net takes pixels in 0..1, channels last and in OpenCV's order: blue, green, red.
    """
    import cv2

    first = session.get_inputs()[0]
    height, width = first.shape[1:3]
    small = cv2.resize(crop, (width, height))
    x = np.ascontiguousarray(small[None, :, :, ::-1].astype(np.float32) / 255)
    return np.asarray(session.run(None, {first.name: x})[0][0, :, :, 0], np.float32)


def _restorer_size(path: Path, session: Any) -> int:
    """Side of the crops a restorer takes; MissingWeights when it is none."""
    inputs = {each.name: each.shape for each in session.get_inputs()}
    shape = inputs.get(_RESTORER_INPUT, [])
    known = inputs.keys() <= {_RESTORER_INPUT, _STRENGTH_INPUT}
    if known and len(shape) == 4 and shape[1] == 3 and isinstance(shape[2], int) and shape[2] == shape[3]:
        return int(shape[2])
    raise MissingWeights(f"{path} is no face restorer, its inputs are {inputs}: put the declared file in its place.")


def _occluder_size(path: Path, session: Any) -> int:
    """Side of the pictures an occlusion net takes; MissingWeights when it is none."""
    inputs, outputs = ([each.shape for each in side] for side in (session.get_inputs(), session.get_outputs()))
    if len(inputs) == len(outputs) == 1 and len(inputs[0]) == len(outputs[0]) == 4:
        (_, height, width, channels), (*_, last) = inputs[0], outputs[0]
        if isinstance(height, int) and height == width and channels == 3 and last == 1:
            return height
    raise MissingWeights(f"{path} is no occlusion net, its inputs are {inputs}: put the declared file in its place.")
