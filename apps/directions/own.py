"""`directions discover` and `name`: directions of one's own, found without labels, named, kept as slider files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress
from apps.directions.stores import open_describer, open_models
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.core.attributes import Attribute
    from projection.direction_file import Direction

SHEET = "sheet.png"


def run_discover(options: argparse.Namespace) -> int:
    """Write a direction file for each component found, and a sheet of them; 0."""
    from pipeline.core.images import write_image
    from pipeline.core.own_attributes import own_attribute
    from projection.direction_file import Direction, write_direction
    from projection.directions.sheet import Line, draw_sheet
    from projection.directions.unsupervised import DiscoverySettings, chosen_layers, discover, layers_text, read_layers

    if options.count < 1:
        raise BadInput(f"--count is {options.count}: ask for at least 1 direction.")
    models = open_models(options)
    layers = chosen_layers(read_layers(options.layers) if options.layers else (), models.set.n_style)
    settings = DiscoverySettings(method=options.method, layers=layers, count=options.count, seed=options.seed)
    width, lines = max(2, len(str(options.count))), []
    with ConsoleProgress() as progress:
        progress.step("searching")
        found = discover(models.generator, settings)
        describe = open_describer(models)
        for number, component in enumerate(found, 1):
            name = f"{number:0{width}}"
            path = component.path(layers, models.set.n_style)
            described = describe(path)
            figures = {
                **described.figures,
                "deviation": round(component.deviation, 4),
                "share": round(component.share, 4),
            }
            title = f"{options.method} {name}, layers {layers_text(layers)}"
            attribute = own_attribute(title, group=options.method, code=f"{options.method}-{name}")
            recipe = {
                "method": options.method,
                "settings": settings.model_dump(mode="json"),
                "seed": settings.seed,
                "source": models.fingerprint,
            }
            made = Direction(attribute, models.set.space, path, described.thumbnail, recipe, figures)
            write_direction(options.output / f"{name}.safetensors", made)
            note = f"layers {layers_text(layers)}\nshare {component.share:.1%}\n{_leak_text(figures['leak'])}"
            lines.append(Line(name, note, path))
            progress.step("drawing", number, len(found))
        sheet = draw_sheet(lines, describe)
    write_image(options.output / SHEET, sheet)
    print(f"{options.output}: {len(found)} directions of {models.set.space}, strength 1 is one standard deviation")
    print(f"{options.output / SHEET}: what they do; name one with `face-edit directions name FILE TITLE --output FILE`")
    return 0


def run_name(options: argparse.Namespace) -> int:
    """Write a direction under a title, with its region; 0."""
    from dataclasses import replace

    from postprocess.labels import require_parts
    from projection.direction_file import SUFFIX, read_direction, write_direction
    from projection.translations import require_space

    if options.output.suffix != SUFFIX:
        raise BadInput(f"{options.output} should end in {SUFFIX}.")
    direction = _restricted(read_direction(options.direction), options.layers)
    parts = [part.strip() for part in options.parts.split(",") if part.strip()]
    require_parts(parts)
    models = open_models(options)
    attribute = _entry(options, parts)
    require_space(direction.renamed(attribute).translations(), models.set.space, models.set.n_style, models.set.dim)
    described = open_describer(models)(direction.path)
    figures = {**direction.figures, **described.figures}
    named = replace(direction, attribute=attribute, thumbnail=described.thumbnail, figures=figures)
    if options.licence:
        named = replace(named, licence=options.licence)
    write_direction(options.output, named)
    print(f"{options.output}: {attribute.title}, edits {' and '.join(attribute.identifiers)}")
    read = _leak_text(figures["leak"]).replace("\n", ", ")
    print(f"what the predictor sees at strength 1: {read or 'no change'}")
    return 0


def _restricted(direction: Direction, layers: str | None) -> Direction:
    """The direction in some of its layers."""
    from dataclasses import replace

    from projection.directions.unsupervised import chosen_layers, read_layers

    if layers is None:
        return direction
    path = direction.path.copy()
    path[:, sorted(set(range(path.shape[1])) - set(chosen_layers(read_layers(layers), path.shape[1])))] = 0
    return replace(direction, path=path)


def _entry(options: argparse.Namespace, parts: list[str]) -> Attribute:
    from pipeline.core.own_attributes import ENDS, own_attribute

    ends = tuple(word.strip() for word in options.ends.split(",")) if options.ends else ENDS
    if len(ends) != 2 or not all(ends):
        raise BadInput(f"The ends {options.ends!r} cannot be read: write two titles, such as serious,smiling.")
    return own_attribute(options.title, options.group, parts, options.code, (ends[0], ends[1]), options.help_text)


def _leak_text(leak: dict[str, float]) -> str:
    from pipeline.core.attributes import attributes

    return "\n".join(f"{attributes()[code].title.lower()} {value:.2f}" for code, value in list(leak.items())[:3])
