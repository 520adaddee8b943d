"""Directions in published formats: InterFaceGAN, GANSpace, SeFa, StyleCLIP.

None of these files names its latent space; who imports one says which model set it belongs to.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.own_attributes import LONGEST, own_attribute, slug
from pipeline.core.types import Floats
from pipeline.core.weights import ModelSet
from projection.converters.style_space import from_styles, to_styles
from projection.direction_file import Direction
from projection.translations import read_array

if TYPE_CHECKING:
    from projection.nets.generator import Generator

Format = Literal["interfacegan", "ganspace", "sefa", "styleclip"]
ONE = {"interfacegan": "InterFaceGAN", "styleclip": "StyleCLIP"}
"""Formats that hold one direction."""
STEP = 1.5
"""Length at strength 1 of a direction without a deviation: published editors' sliders end at 3, ours at strength 2."""

FS3 = (6048, 512)
"""Shape of StyleCLIP's fs3.npy: how much CLIP's embedding moves with each channel."""


def is_published(path: Path) -> bool:
    """Whether a file may be one of these, by its name: .npy, .npz, or factor.pt of rosinality's SeFa."""
    return path.suffix in (".npy", ".npz") or path.name == "factor.pt"


def read_published(path: Path, models: ModelSet, generator: Callable[[], Generator]) -> list[Direction]:
    """Directions of a file in the space of a model set.

    - InterFaceGAN: .npy (1, dim), normal of a boundary in W.
    - SeFa: .npy (K, dim), an eigenvector in each row; factor.pt with the columns of `eigvec`.
    - GANSpace: .npz with `lat_comp` (K, 1, dim) and `lat_stdev` of a decomposition of W, or `act_comp`, `act_stdev` of
      its layer `style`; strength 1 is one standard deviation.
    - StyleCLIP: .npy (C,), an offset of the styles of all layers, or of all but the colour layers; strength 1 is all of
      it, as far as W+ reaches it, see `from_styles`.

    Args:
        generator: Opens the set's net, whose weights tell what styles are in W+.

    Raises:
        BadInput: A missing or damaged file, or another content.
        SpaceMismatch: Directions in Z, which no latent in W+ follows, or another dimension.
    """
    if not path.is_file():
        raise BadInput(f"The file {path} does not exist.")
    if path.suffix == ".npz":
        return _ganspace(path, models)
    vectors = _eigenvectors(path) if path.suffix == ".pt" else _rows(path)
    if len(vectors) == 1 and vectors.shape[1] > models.dim and not path.stem.endswith("_boundary"):
        return [_from_style_space(path, models, vectors[0], generator())]
    if len(vectors) > 1 or path.suffix == ".pt":
        return _directions(path, models, vectors, np.full(len(vectors), STEP), "sefa")
    if path.stem.endswith("_boundary") and not path.stem.endswith("_w_boundary"):
        raise SpaceMismatch(
            f"{path} is a boundary in Z, which cannot be applied in W+: import the one of W, *_w_boundary."
        )
    return _directions(path, models, vectors, np.full(1, STEP), "interfacegan")


def write_published(
    path: Path, directions: Sequence[Direction], format_: Format, generator: Callable[[], Generator]
) -> None:
    """Write directions of W, for StyleCLIP one of W+, in a published format.

    Args:
        generator: Opens the net of their space; StyleCLIP's format needs it.

    Raises:
        BadInput: Several directions for InterFaceGAN or StyleCLIP, a direction that is a path or, but for StyleCLIP,
            differs between its layers, or the file cannot be written.
    """
    if format_ in ONE and len(directions) > 1:
        raise BadInput(f"{ONE[format_]}'s format holds one direction: export them one by one.")
    if format_ == "styleclip":
        write_atomic(path, _as_npy(to_styles(generator(), _whole(directions[0]))))
        return
    vectors = np.stack([_in_w(each) for each in directions])
    lengths = np.linalg.norm(vectors, axis=1)
    units = (vectors / lengths[:, None]).astype(np.float32)
    if format_ == "ganspace":
        buffer = io.BytesIO()
        zero = np.zeros((1, units.shape[1]), np.float32)
        comps, deviations = units[:, None], lengths.astype(np.float32)
        share = np.square(deviations) / np.square(deviations).sum()
        np.savez_compressed(
            buffer,
            act_comp=comps,
            act_mean=zero,
            act_stdev=deviations,
            lat_comp=comps,
            lat_mean=zero,
            lat_stdev=deviations,
            var_ratio=share,
        )
        write_atomic(path, buffer.getvalue())
    else:
        write_atomic(path, _as_npy(units))


def _as_npy(values: Floats) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _rows(path: Path) -> Floats:
    values = read_array(path)
    if values.dtype.kind != "f":
        raise BadInput(f"{path} should hold floating-point numbers, not {values.dtype}.")
    if values.shape == FS3:
        raise SpaceMismatch(
            f"{path} is StyleCLIP's table of all channels, which becomes a direction with a sentence alone: save the "
            f"{FS3[0]} numbers that StyleCLIP makes of both with numpy.save, and import those."
        )
    if values.ndim == 1:
        values = values[None]
    if values.ndim != 2:
        raise BadInput(f"{path} has the shape {values.shape}; directions of W have (K, dim).")
    return np.asarray(values, np.float32)


def _eigenvectors(path: Path) -> Floats:
    from pipeline.core.checkpoints import load_checkpoint

    content: Any = load_checkpoint(path)
    vectors = content.get("eigvec") if isinstance(content, dict) else None
    if vectors is None or vectors.ndim != 2:
        raise BadInput(f"{path} has no matrix eigvec: it is not SeFa's factor.pt.")
    return np.asarray(vectors.T, np.float32)


def _ganspace(path: Path, models: ModelSet) -> list[Direction]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            content = {key: np.asarray(archive[key], np.float32) for key in archive.files}
        prefix = "lat" if (content["lat_stdev"] != 1).any() else "act"
        comps, deviations = content[f"{prefix}_comp"], content[f"{prefix}_stdev"]
        vectors = comps.reshape(len(deviations), -1)
    except (KeyError, ValueError, OSError, EOFError) as error:
        raise BadInput(f"{path} is not GANSpace's file of components: it lacks lat_comp or lat_stdev.") from error
    if prefix == "act" and "_style_" not in path.name:
        raise SpaceMismatch(
            f"{path} decomposes Z or feature maps, not W, and cannot be applied in W+: use --use_w there."
        )
    return _directions(path, models, vectors, deviations, "ganspace")


def _from_style_space(path: Path, models: ModelSet, styles: Floats, net: Generator) -> Direction:
    if not np.isfinite(styles).all() or not styles.any():
        raise BadInput(f"{path} holds a vector that is 0 or not finite.")
    try:
        offset, share = from_styles(net, styles)
    except SpaceMismatch as error:
        raise SpaceMismatch(f"{path} cannot be applied in {models.space}. {error}") from error
    entry = own_attribute(path.stem.replace("_", " "), group="styleclip", code=slug(path.stem))
    recipe = {"method": "styleclip", "source": path.name, "reached": round(share, 4)}
    return Direction(entry, models.space, offset[None], recipe=recipe)


def _directions(path: Path, models: ModelSet, vectors: Floats, lengths: Floats, method: str) -> list[Direction]:
    if vectors.shape[1] != models.dim:
        raise SpaceMismatch(
            f"{path} holds vectors of {vectors.shape[1]} dimensions, {models.space} of {models.name} has {models.dim}."
        )
    norms = np.linalg.norm(vectors, axis=1)
    if not np.isfinite(vectors).all() or not np.isfinite(lengths).all() or not (norms * lengths > 0).all():
        raise BadInput(f"{path} holds a vector that is 0 or not finite.")
    width, found = len(str(len(vectors))), []
    for number, (vector, norm, length) in enumerate(zip(vectors, norms, lengths, strict=True), 1):
        title = path.stem if len(vectors) == 1 else f"{path.stem[: LONGEST - 8]} {number:0{width}}"
        code = slug(path.stem) if len(vectors) == 1 else f"{slug(path.stem)[:26].strip('-')}-{number:0{width}}"
        offset = np.broadcast_to(np.float32(length / norm) * vector, (1, models.n_style, models.dim))
        recipe = {"method": method, "source": path.name}
        entry = own_attribute(title.replace("_", " "), group=method, code=code)
        found.append(Direction(entry, models.space, np.array(offset, np.float32), recipe=recipe))
    return found


def _whole(direction: Direction) -> Floats:
    if len(direction.path) > 1:
        raise BadInput(f"{direction.code} is a path of several offsets, which a published direction cannot be.")
    return direction.path[0]


def _in_w(direction: Direction) -> Floats:
    offset = _whole(direction)
    moved = offset[np.abs(offset).max(axis=1) > 0]
    if not np.allclose(moved, moved[0], atol=1e-6):
        raise BadInput(f"{direction.code} moves its layers differently, which a direction of W cannot.")
    return np.asarray(moved[0], np.float32)
