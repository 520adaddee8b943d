"""`directions import`: translations and latents of other projects, stored with the name of their space."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from projection.nets.generator import Generator


def run_import(options: argparse.Namespace) -> int:
    """Copy vectors into a store that names their space; 0.

    Raises:
        BadInput: The vectors cannot be read, they include latents and the store is one file, or a published file comes
            without a model set.
    """
    from projection.converters.published import is_published

    if options.vectors.is_file() and is_published(options.vectors):
        return _import_published(options)
    from pipeline.core.errors import BadInput
    from pipeline.core.weights import model_set
    from projection.converters.vectors import LATENTS, guess_set, read_vectors
    from projection.latent_files import write_latent
    from projection.translations import save

    models = guess_set(options.vectors) if options.models is None else model_set(options.models)
    found = read_vectors(options.vectors, models)
    if found.latents and options.output.suffix == ".safetensors":
        raise BadInput(f"{options.vectors} also contains latents: give --output a folder.")
    if found.translations:
        save(options.output, found.translations.values(), {"imported_from": options.vectors.name})
        print(f"{options.output}: {len(found.translations)} translations of {models.space}")
    for name, latent in found.latents.items():
        write_latent(options.output / LATENTS / f"{name}.npy", latent, models.space)
    if found.latents:
        print(f"{options.output / LATENTS}: {len(found.latents)} latents of {models.space}")
    if found.left_out:
        print(f"left out, named neither like a translation nor like a CelebA attribute: {', '.join(found.left_out)}")
    return 0


def _import_published(options: argparse.Namespace) -> int:
    from pipeline.core.errors import BadInput
    from pipeline.core.names import counted
    from pipeline.core.weights import model_set
    from projection.converters.published import read_published
    from projection.direction_file import SUFFIX, write_direction

    if options.models is None:
        raise BadInput(f"{options.vectors} does not name its latent space: give the model set of it with --models.")
    found = read_published(options.vectors, model_set(options.models), lambda: _net(options.models))
    if len(found) > 1 and options.output.suffix == SUFFIX:
        raise BadInput(f"{options.vectors} holds {len(found)} directions: give --output a folder.")
    for direction in found:
        file = options.output if options.output.suffix == SUFFIX else options.output / f"{direction.code}{SUFFIX}"
        write_direction(file, direction)
    reached = f"{found[0].recipe.get('reached', 1):.0%}"
    part = "" if reached == "100%" else f", which reaches {reached} of {options.vectors}"
    print(
        f"{options.output}: {counted(len(found), 'direction')} of {found[0].space}{part}, "
        "to be named with `face-edit directions name`"
    )
    return 0


def _net(models: str) -> "Generator":
    from pipeline.models import Models

    return Models(models, "cpu").generator.net


def run_export(options: argparse.Namespace) -> int:
    """Write direction files in a published format; 0."""
    from pipeline.core.errors import SpaceMismatch
    from pipeline.core.names import counted
    from pipeline.core.weights import model_set
    from projection.converters.published import write_published
    from projection.direction_file import read_direction

    found = [read_direction(path) for path in options.directions]

    def generator() -> "Generator":
        if model_set(options.models).space != found[0].space:
            raise SpaceMismatch(f"{found[0].code} is of {found[0].space}: give its model set with --models.")
        return _net(options.models)

    write_published(options.output, found, options.format, generator)
    print(f"{options.output}: {counted(len(options.directions), 'direction')} in the format of {options.format}")
    return 0
