"""Import of published vectors: the reference pipeline's translations and latents, Anycost GAN's boundaries.

These files do not name their latent space; the import records it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.core.attributes import parse
from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.types import Floats, Translation
from pipeline.core.weights import ModelSet, model_set, model_sets
from projection.attributes.celeba import CELEBA_NAMES, moves
from projection.converters.boundary import read_boundary
from projection.latent_files import read_latent
from projection.translations import SPACE_FILE, read_array, stored_space

LATENTS = "projected_latents"
E4E_VECTORS = "vectors_editing"
"""Folder of the reference pipeline with vectors of e4e; all of its other folders belong to Anycost GAN."""

ANYCOST, E4E = "ffhq-anycost", "ffhq-stylegan2"
BOUNDARY_STEP = 0.6
"""Length of a boundary at the end of the published editor's slider."""


@dataclass(frozen=True)
class Imported:
    """Translations and latents (n_style, dim) by name, and names of the files that are neither."""

    translations: Mapping[str, Translation]
    latents: Mapping[str, Floats]
    left_out: Sequence[str]


def guess_set(path: Path) -> ModelSet:
    """Model set of the vectors in a folder or boundary file, by the reference pipeline's names.

    Raises:
        BadInput: The folder is missing or holds no vectors.
        SpaceMismatch: The folder holds vectors of two latent spaces.
    """
    if path.is_file():
        named = [models for models in model_sets().values() if _boundary_of(models) == path.name]
        return named[0] if named else model_set(ANYCOST)
    kinds = {_is_e4e(file) for file in _arrays(path)}
    if len(kinds) == 2:
        raise SpaceMismatch(f"{path} holds vectors of two latent spaces: import its folder {E4E_VECTORS} by itself.")
    return model_set(E4E if kinds == {True} else ANYCOST)


def read_vectors(path: Path, models: ModelSet) -> Imported:
    """Vectors of a folder (NAME.npy, also in subfolders) or of a boundary file, in the space of a model set.

    Translations have the reference pipeline's names or those of CelebA's attributes, and one of the shapes
    (K, n_style, dim), (n_style, dim), (1, dim); latents lie in folders named `projected_latents`.

    Raises:
        BadInput: A missing, damaged or duplicate vector, or another shape.
        SpaceMismatch: A vector of another latent space.
    """
    if path.is_file():
        if _boundary_of(models) is None:
            raise SpaceMismatch(f"Boundaries belong to the latent space of Anycost GAN, not to {models.space}.")
        directions = {name: BOUNDARY_STEP * values for name, values in read_boundary(path).items()}
        return Imported(_translations({}, directions, models, path), {}, [])
    files = _arrays(path)
    _check_space(files, models)
    latents = {file.stem: file for file in files if file.parent.name == LATENTS}
    named, directions, left_out = {}, {}, []
    for file in (each for each in files if each.parent.name != LATENTS):
        name = _translation_name(file.stem)
        if name in named:
            raise BadInput(f"{path} holds {name} twice: import one of its folders at a time.")
        if name is not None:
            named[name] = _path(file, models)
        elif file.stem in CELEBA_NAMES:
            directions[file.stem] = _path(file, models)
        else:
            left_out.append(file.stem)
    if not latents and not named and not directions:
        raise BadInput(f"No file in {path} is named like a translation, such as Bp_max.npy, or lies in {LATENTS}.")
    return Imported(
        _translations(named, directions, models, path),
        {name: read_latent(file, models.space, models.n_style, models.dim) for name, file in latents.items()},
        left_out,
    )


def _translations(
    named: Mapping[str, Floats], directions: Mapping[str, Floats], models: ModelSet, path: Path
) -> dict[str, Translation]:
    """Translations by name; files named so take precedence over those derived from CelebA's names."""
    found = moves(directions) | dict(named)
    wrong = [name for name, values in found.items() if values.shape[1:] != (models.n_style, models.dim)]
    if wrong:
        raise BadInput(f"{path} holds {wrong[0]} of shape {found[wrong[0]].shape}, which does not fit {models.space}.")
    return {name: Translation(name, models.space, found[name]) for name in sorted(found)}


def _path(file: Path, models: ModelSet) -> Floats:
    """Path (K, n_style, dim) from any of the accepted shapes."""
    values = read_array(file)
    if values.dtype.kind != "f" or not np.isfinite(values).all():
        raise BadInput(f"{file} should hold finite floating-point numbers.")
    if values.shape == (1, models.dim):
        values = np.repeat(values, models.n_style, axis=0)
    whole = values[None] if values.ndim == 2 else values
    if whole.ndim != 3 or not len(whole) or whole.shape[1:] != (models.n_style, models.dim):
        raise BadInput(
            f"{file} has the shape {values.shape}; {models.space} needs (K, {models.n_style}, {models.dim})."
        )
    return whole.astype(np.float32)


def _arrays(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise BadInput(f"The folder {folder} does not exist.")
    files = sorted(folder.rglob("*.npy"))
    if not files:
        raise BadInput(f"{folder} holds no vectors: expected are files such as Bp_max.npy or {LATENTS}/NAME.npy.")
    return files


def _check_space(files: Sequence[Path], models: ModelSet) -> None:
    for folder in sorted({file.parent for file in files}):
        known = model_set(E4E).space if _is_e4e(folder / "x.npy") else None
        if (folder / SPACE_FILE).is_file():
            known = stored_space(folder)
        if known not in (None, models.space):
            raise SpaceMismatch(f"The vectors in {folder} belong to {known}, not to {models.space} of {models.name}.")


def _is_e4e(file: Path) -> bool:
    return E4E_VECTORS in file.resolve().parts


def _boundary_of(models: ModelSet) -> str | None:
    return models.files["boundary"].file if "boundary" in models.files else None


def _translation_name(stem: str) -> str | None:
    try:
        return str(parse(stem))
    except BadInput:
        return None
