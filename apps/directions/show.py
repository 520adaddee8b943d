"""`directions list` and `show`: table of translations, and picture of one."""

from __future__ import annotations

import argparse
from pathlib import Path

from apps.directions.stores import open_models, open_store
from pipeline.core.errors import BadInput


def run_list(options: argparse.Namespace) -> int:
    """Print every translation with its meaning, then those that a complete set lacks; 0."""
    import numpy as np

    from pipeline.core.attributes import known_attributes, parse, translation_names

    translations = open_store(options, open_models(options))
    for name, translation in translations.items():
        parsed = parse(name)
        attribute = known_attributes()[parsed.code]
        origin = "" if parsed.source is None else f", from {_title(parsed.code, parsed.source)}"
        length = float(np.linalg.norm(translation.path[-1], axis=-1).mean())
        text = f"{attribute.title}: {attribute.values[parsed.value].title}{origin}"
        print(f"{name:<12} {text:<52} {len(translation.path)} points, length {length:.2f}")
    complete = translation_names()
    some = any(name in complete for name in translations)  # a store of own directions alone lacks nothing
    absent = [name for name in complete if some and name not in translations]
    print(f"{len(translations)} translations" + (f"; not there: {', '.join(absent)}" if absent else ""))
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Write a picture of one translation; 0. Raises BadInput for an unknown one."""
    import numpy as np

    from pipeline.core.images import write_image
    from projection.directions.extract import show

    models = open_models(options)
    translations = open_store(options, models)
    if options.name not in translations:
        raise BadInput(f"There is no translation {options.name}; `face-edit directions list` lists the translations.")
    rows = show(translations[options.name], models.generator, models.predictor, options.seed)
    path = options.output or Path(f"{options.name}.png")
    write_image(path, np.concatenate([np.concatenate(list(row), axis=1) for row in rows]))
    print(f"{path}: {options.name} at strengths 0, 0.5, 1, 1.5 and 2")
    return 0


def _title(code: str, value: str) -> str:
    from pipeline.core.attributes import known_attributes, parse

    attribute = known_attributes()[code]
    if value in attribute.values:
        return attribute.values[value].title
    meaning = parse(attribute.sources[value].means)
    return known_attributes()[meaning.code].values[meaning.value].title
