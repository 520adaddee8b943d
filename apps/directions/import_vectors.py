"""`directions import`: translations and latents of other projects, stored with the name of their space."""

import argparse


def run_import(options: argparse.Namespace) -> int:
    """Copy vectors into a store that names their space; 0.

    Raises:
        BadInput: The vectors cannot be read, or they include latents and the store is one file.
    """
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
