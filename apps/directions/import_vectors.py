"""`directions import`: ties translations and latents of others to the space that they live in."""

from __future__ import annotations

import argparse


def run_import(options: argparse.Namespace) -> int:
    """Copy vectors into a store that names their space; 0."""
    from pipeline.core.errors import BadInput
    from pipeline.core.weights import model_set
    from projection.converters.vectors import LATENTS, guess_set, read_vectors
    from projection.latents import write_latent
    from projection.translations import save

    models = guess_set(options.vectors) if options.models is None else model_set(options.models)
    found = read_vectors(options.vectors, models)
    if found.latents and options.output.suffix == ".safetensors":
        raise BadInput(f"{options.vectors} holds latents too: give --output a folder.")
    if found.translations:
        save(options.output, found.translations.values(), {"imported_from": options.vectors.name})
        print(f"{options.output}: {len(found.translations)} translations of {models.space}")
    for name, latent in found.latents.items():
        write_latent(options.output / LATENTS / f"{name}.npy", latent, models.space)
    if found.latents:
        print(f"{options.output / LATENTS}: {len(found.latents)} latents of {models.space}")
    if found.left_out:
        print(f"left out, called neither as a translation nor as an attribute of CelebA: {', '.join(found.left_out)}")
    return 0
