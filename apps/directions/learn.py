"""`directions learn`: one direction from a table of scores, two folders of examples or a sentence."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress
from apps.directions.stores import chosen, open_describer, open_models
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.models import Models
    from projection.directions.examples import Examples
    from projection.directions.supervised import Learned

OF_THE_TABLE = re.compile(r"bald|[A-Z][a-z]?_(min|max|\d+(_fr_\w+)?)")
"""Names meant for a translation of configs/attributes.yaml; any other one is free."""
PREDICTED, NONE = "predicted", "none"


def run_learn(options: argparse.Namespace) -> int:
    """Learn the direction, print the candidates and the figures, and save it; 0.

    Raises:
        BadInput: Options that do not belong together, or unusable examples.
        MissingWeights: A sentence without CLIP.
    """
    from pipeline.core.attributes import parse
    from pipeline.core.own_attributes import own_attribute
    from pipeline.edit.learn_direction import learn_direction, sentence_examples
    from projection.direction_file import write_direction
    from projection.directions.save_learned import as_direction, check_output, save_translation
    from projection.directions.settings import LearnSettings

    _check(options)
    name = parse(options.name) if OF_THE_TABLE.fullmatch(options.name) else None
    check_output(options.output, name)
    entry = own_attribute(options.name) if name is None else None
    settings, models = chosen(LearnSettings, options.set), open_models(options)
    codes, columns = _conditions(options)
    with ConsoleProgress("portrait" if options.present else "") as progress:
        read = None
        if options.sentence:
            read, examples, settings = sentence_examples(models, options.sentence, options.against, settings, progress)
        else:
            examples = _examples(options, models, columns, progress)
        progress.start(None)
        found = learn_direction(models, examples, read, settings, name, codes, progress)
    if options.sentence:
        found.recipe.update(sentence=options.sentence, against=options.against)
    print(*_lines(found), sep="\n")
    if name is not None:
        save_translation(options.output, found, name, models.space, models.fingerprint)
        print(f"{options.output}: {name}, a translation of {models.space}")
        return 0
    assert entry is not None
    described = open_describer(models)(found.path)
    write_direction(options.output, as_direction(found, entry, models.space, models.fingerprint, described))
    print(f"{options.output}: {entry.title}, edits {' and '.join(entry.identifiers)} of {models.space}")
    return 0


def _check(options: argparse.Namespace) -> None:
    given = [bool(options.scores), bool(options.present or options.absent), bool(options.sentence)]
    if sum(given) != 1:
        raise BadInput("Give one of --scores CSV, --with and --without, or --sentence.")
    if options.scores and not (options.target and options.latents):
        raise BadInput("--scores also needs --target COLUMN and --latents DIR.")
    if (options.present or options.absent) and not (options.present and options.absent):
        raise BadInput("Give both --with DIR and --without DIR.")


def _conditions(options: argparse.Namespace) -> tuple[list[str] | None, list[str]]:
    """Attributes of the predictor to keep fixed (None: all), and columns of the scores."""
    from pipeline.core.attributes import attributes
    from projection.directions.examples import column_names

    named = [each.strip() for each in (options.condition or PREDICTED).split(",") if each.strip()]
    known = column_names(options.scores) if options.scores else []
    columns = [each for each in named if each in known]
    rest = [each for each in named if each not in columns and each != NONE]
    if options.target in columns:
        raise BadInput(f"The target {options.target} cannot stay fixed: leave it out of --condition.")
    unknown = [each for each in rest if each != PREDICTED and each not in attributes()]
    if unknown:
        raise BadInput(f"--condition {unknown[0]} is neither an attribute's code nor a column of --scores.")
    return (None if PREDICTED in rest else rest), columns


def _examples(
    options: argparse.Namespace, models: Models, columns: Sequence[str], progress: ConsoleProgress
) -> Examples:
    from projection.directions.examples import from_files, from_table

    shape = (models.set.space, models.set.n_style, models.set.dim)
    if options.scores:
        examples, missing = from_table(options.scores, options.latents, options.target, columns, *shape)
        if missing:
            progress.warn(f"{len(missing)} of the scores have no latent in {options.latents}, such as {missing[0]}.")
        return examples
    work = options.work or options.output.with_name(f"{options.output.stem}_examples")
    present = _latents(options.present, work / "with", models, progress)
    absent = _latents(options.absent, work / "without", models, progress)
    return from_files(present, absent, *shape)


def _latents(folder: Path, work: Path, models: Models, progress: ConsoleProgress) -> list[Path]:
    """Files of latents in a folder, or those of its crops, found in `work` unless they are there already.

    Raises:
        BadInput: No such folder, or no crop that has a latent.
    """
    if not folder.is_dir():
        raise BadInput(f"The folder of examples {folder} does not exist.")
    found = sorted(folder.glob("*.npy"))
    if found:
        return found
    from pipeline.batch.folder import RunFolder
    from pipeline.batch.inputs import find_inputs
    from pipeline.config import load_config
    from pipeline.project_folder import project_folder

    # A tuning changes the generator, not the latent.
    config = load_config(None, [f"models={models.set.name}", "projection.tuning.steps=0"])
    outcome = project_folder(folder, work, models, config, progress)
    for name, error in sorted(outcome.failed.items()):
        progress.fail(name, error)
    files = [RunFolder(work).latent(name) for name in find_inputs([folder], ()) if name not in outcome.failed]
    if not files:
        raise BadInput(f"No crop of {folder} could be projected.")
    return files


def _lines(found: Learned) -> list[str]:
    """Table of the candidates, and figures of the chosen one."""

    def cell(value: float | None) -> str:
        return f"{value:8.3f}" if value is not None else f"{'-':>8}"

    lines = [f"  {'method':<14}{'source':<11}{'conditioning':<28}held out   error  movement    leak"]
    for row in found.table:
        mark = "*" if row["chosen"] else " "
        words = f"{mark} {row['method']:<14}{row['source']:<11}{row['conditioning']:<26}"
        lines.append(words + " ".join(cell(row[key]) for key in ("held_out", "error", "movement", "leak")))
    first, last = found.recipe["styles"]
    fixed, figures = found.recipe["fixed"], found.figures
    worst = ", ".join(f"{code} {value:.3f}" for code, value in list(figures["leak"].items())[:3])
    lines += [
        f"fixed: {', '.join(fixed) or 'nothing'}"
        + (f"; the examples differ in {found.recipe['own']}" if found.recipe["own"] else ""),
        f"styles {first} to {last - 1}, {figures['kept_by_styles']:.0%} of the movement of all",
        f"movement at strength 1: {figures['movement']:.2f} of the way; leak: {worst or 'not measured'}",
    ]
    return lines
