"""The four data types of the program: portraits, translations, edits and frames.

All are frozen and their arrays read-only: a step returns a changed copy (`dataclasses.replace`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, Self, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.core.errors import BadInput, SpaceMismatch

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
PixelMotion = NDArray[np.float16]
Tuning = Mapping[str, NDArray[np.float16]]
"""Offsets of a generator's weights for one portrait, by state dict key."""
DetectorName = Literal["auto", "yunet", "blaze-face"]
BackendName = Literal["auto", "torch", "openvino", "onnxruntime"]
BackendRole = Literal["generator", "encoder", "predictor", "identity", "parser", "depth", "restorer", "face_restorer"]
"""Roles of nets that another backend than torch can run."""
T = TypeVar("T")


class Tunable(Protocol):
    """A generator whose copies can have tuned weights."""

    def tuned(self, tuning: Tuning) -> Self: ...


G = TypeVar("G", bound=Tunable)


class Maps:
    """Cache of a portrait's results (parsing, depth, clusters): computed once, freed with the portrait."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def get(self, key: str, compute: Callable[[], T]) -> T:
        """The value stored under `key`, computed on first use."""
        if key not in self._values:
            self._values[key] = compute()
        return cast(T, self._values[key])

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()


@dataclass(frozen=True, eq=False)
class Portrait:
    """An aligned face with its latent.

    Attributes:
        image: uint8 (H, W, 3) RGB.
        latent: float32 (n_style, dim), or None.
        space: Name of the latent's W+ space.
        crop: Its `Crop` of a photo, or None.
        tuning: Tuning of the generator to it, or None.
        maps: Cached results.
    """

    name: str
    image: Image
    latent: Floats | None
    space: str
    crop: object | None = None
    tuning: Tuning | None = field(default=None, repr=False)
    maps: Maps = field(default_factory=Maps, repr=False)

    def __post_init__(self) -> None:
        if self.image.dtype != np.uint8 or self.image.ndim != 3 or self.image.shape[2] != 3:
            raise BadInput(f"Portrait {self.name} needs RGB uint8 pixels, not {self.image.dtype} {self.image.shape}.")
        object.__setattr__(self, "image", _read_only(self.image))
        if self.latent is not None:
            if self.latent.ndim != 2:
                raise BadInput(f"Portrait {self.name} needs a latent of shape (n_style, dim), not {self.latent.shape}.")
            object.__setattr__(self, "latent", _read_only(self.latent.astype(np.float32, copy=False)))

    def own(self, generator: G) -> G:
        """The generator of this portrait: `generator`, or a cached copy with the portrait's tuning."""
        tuning = self.tuning
        return generator if tuning is None else self.maps.get("generator", lambda: generator.tuned(tuning))


@dataclass(frozen=True, eq=False)
class Translation:
    """A path in W+ that changes one attribute.

    Attributes:
        path: K >= 1 offsets from the portrait, float32 (K, n_style, dim); several for an attribute that no straight
            line reaches, such as baldness.
        reach: Strength at the last of them.
    """

    name: str
    space: str
    path: Floats
    reach: float = 1.0

    def __post_init__(self) -> None:
        if self.path.ndim != 3 or len(self.path) == 0:
            raise BadInput(f"Translation {self.name} needs the shape (K, n_style, dim), K >= 1, not {self.path.shape}.")
        object.__setattr__(self, "path", _read_only(self.path.astype(np.float32, copy=False)))

    @property
    def code(self) -> str:
        """Attribute code: the name up to the first underscore; `bald` belongs to the hair colour `Hc`."""
        return "Hc" if self.name == "bald" else self.name.split("_")[0]

    def displacement(self, strength: float = 1.0) -> Floats:
        """Offset (n_style, dim) at `strength`.

        Piecewise linear through 0 at strength 0, path[0] at reach/K ... path[K-1] at `reach`; the last segment is
        extended beyond it; negative strengths mirror positive ones.
        """
        if strength < 0:
            return -self.displacement(-strength)
        position = strength / self.reach * len(self.path)
        segment = min(int(position), len(self.path) - 1)
        start = self.path[segment - 1] if segment else np.zeros_like(self.path[0])
        fraction = np.float32(position - segment)
        offset: Floats = start + fraction * (self.path[segment] - start)
        return offset


@dataclass(frozen=True, eq=False)
class Edit:
    """A change of one portrait: the sum of its moves, each a translation and its strength.

    Attributes:
        name: Stem of the output file: a challenge identifier ("Bp_max", "Hc_0", "bald") or free text.
        missed: Why a portrait does not reach its target; empty where it does, or nobody looked.
    """

    name: str
    moves: tuple[tuple[Translation, float], ...]
    missed: str = ""

    def __post_init__(self) -> None:
        spaces = {translation.space for translation, _ in self.moves}
        if len(spaces) > 1:
            raise SpaceMismatch(f"Edit {self.name} mixes translations of the spaces {', '.join(sorted(spaces))}.")

    def displacement(self) -> Floats:
        """Offset (n_style, dim) from the portrait's latent; the scalar 0 without moves."""
        total = np.zeros((), np.float32)
        for translation, strength in self.moves:
            total = total + translation.displacement(strength)
        return total

    def codes(self) -> tuple[str, ...]:
        """Attribute codes of the moves, each once, in order."""
        return tuple(dict.fromkeys(translation.code for translation, _ in self.moves))


@dataclass(frozen=True, eq=False)
class Frame:
    """A rendered edit that the steps blend back onto the portrait.

    Attributes:
        image: uint8 (H, W, 3) of the portrait's size, equal to the portrait's where the support is 0.
        support: float32 (H, W) in 0..1, where the edit may differ from the portrait; steps only shrink it.
        motion: float16 (H, W, 2), pixels in x and y by which the portrait's own pixels have come to their place in the
            image, as far as the support goes; None where none has moved. Those of its photo, which shows more detail,
            move along.
    """

    portrait: Portrait
    edit: Edit
    image: Image
    support: Floats
    motion: PixelMotion | None = None

    def __post_init__(self) -> None:
        if self.image.shape != self.portrait.image.shape:
            raise BadInput(
                f"Edit {self.edit.name} of {self.portrait.name} is {self.image.shape}, "
                f"its portrait {self.portrait.image.shape}: render it at the portrait's size."
            )
        if self.support.shape != self.image.shape[:2]:
            raise BadInput(
                f"The support of {self.edit.name} has the shape {self.support.shape}, its image {self.image.shape}."
            )
        object.__setattr__(self, "image", _read_only(self.image))
        object.__setattr__(self, "support", _read_only(self.support.astype(np.float32, copy=False)))
        if self.motion is not None:
            object.__setattr__(self, "motion", _read_only(self.motion.astype(np.float16, copy=False)))


A = TypeVar("A", bound=np.generic)


def _read_only(array: NDArray[A]) -> NDArray[A]:
    view = array.view()
    view.flags.writeable = False
    return view
