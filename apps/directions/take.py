"""`directions import`: ties translations of others to the space that they live in."""

from __future__ import annotations

import argparse


def take(options: argparse.Namespace) -> int:
    """Copy a folder of translations into a store that names its space; 0."""
    from pipeline.core.weights import model_set
    from projection.translations import load_arrays, require_space, save

    models = model_set(options.models)
    translations = load_arrays(options.folder, models.space)
    require_space(translations, models.space, models.n_style, models.dim)
    save(options.output, translations.values(), {"imported_from": options.folder.name})
    print(f"{options.output}: {len(translations)} translations of {models.space}")
    return 0
