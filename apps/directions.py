"""`face-edit directions`: finds the translations of a model set, measures them again, takes over those of others."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from apps.cli import run
from apps.progress import progress_bar
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.core.types import Floats, Translation
    from pipeline.models import Models
    from projection.calibration import Outcome
    from projection.directions import DirectionSettings

PORTRAIT_SEED = 2_000_000
"""Seed of the rendered portraits that the embedded translations are calibrated on; none is held out."""

EPILOG = """\
examples:
  face-edit directions extract --output my_translations
  face-edit directions extract --names Bp_max,Bp_min --latents run1/projected_latents --output lips.safetensors
  face-edit directions calibrate --translations my_translations --output calibrated
  face-edit directions import projection/1000_itr/translations_vect --models ffhq-anycost --output seed_translations
  face-edit directions list
  face-edit directions show Bp_max --output bp_max.png

A store of translations is a .safetensors file, or a folder of NAME.npy, shape (K, n_style, dim), with a space.json.
"""


def main(argv: list[str]) -> int:
    """Run one of the actions; 0 when it did its work."""
    options = _parser().parse_args(argv)
    return int(options.action(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit directions",
        description="Translations: the moves in latent space that edits are made of.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")

    def action(name: str, what: str, example: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=what, description=what, epilog=f"example: face-edit directions {example}")
        sub.set_defaults(action=globals()[f"_{name}"])
        sub.add_argument("--models", default="demo", help="model set (default: %(default)s)")
        sub.add_argument("--device", default="auto", help="auto, cpu, cuda, mps")
        return sub

    extract = action("extract", "find translations with the set's generator and predictor", "extract --output found")
    extract.add_argument("--names", help="comma-separated, such as Bp_max,Hc_1_fr_0 (default: a complete set)")
    again = action("calibrate", "find the strength of translations again", "calibrate --translations t --output new")
    for sub in (extract, again):
        sub.add_argument(
            "--latents", type=Path, metavar="DIR", help="projected latents of portraits to calibrate on too"
        )
        sub.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="such as n_samples=8000")
        sub.add_argument("--output", type=Path, required=True, metavar="STORE", help="where to write the translations")
        sub.add_argument("--report", type=Path, metavar="JSON", help="also write strength, success and leak to a file")
    listing = action("list", "say which translations there are", "list")
    showing = action("show", "draw a translation at five strengths on four faces", "show Hc_1_fr_0 --output blond.png")
    showing.add_argument("name", help="translation, such as Bp_max")
    showing.add_argument("--output", type=Path, metavar="PNG", help="default: NAME.png")
    showing.add_argument("--seed", type=int, default=0, help="seed of the faces")
    for sub in (again, listing, showing):
        sub.add_argument("--translations", type=Path, metavar="STORE", help="default: those of the model set")
    taking = action("import", "say which space a folder of .npy translations belongs to", "import DIR --output store")
    taking.add_argument("folder", type=Path, help="folder of NAME.npy, (1, n_style, dim), as in the reference pipeline")
    taking.add_argument("--output", type=Path, required=True, metavar="STORE", help="where to write the translations")
    return parser


def fit_demo(models: Models, settings: DirectionSettings | None = None, portraits: int = 192) -> dict[str, float]:
    """Find the embedded translations again, on samples and on `portraits` rendered ones as the encoder sees them.

    Writes the file that configs/models.yaml declares; returns mean and worst success and the mean of the largest leaks.
    """
    import numpy as np

    from pipeline.core.weights import expected_path
    from pipeline.world.parameters import Parameters, sample_z
    from pipeline.world.render import render
    from projection.directions import DirectionSettings, extract

    settings = settings or DirectionSettings()
    known = Parameters.from_z(sample_z(portraits, PORTRAIT_SEED))
    parts = [render(known[start : start + 16], models.set.resolution).rgb for start in range(0, portraits, 16)]
    inverted = models.encoder.encode(np.concatenate(parts))
    with progress_bar() as progress:
        found, outcomes = extract(models.generator, models.predictor, settings, (), inverted, progress)
    _save(expected_path(models.set.files["translations"]), found, outcomes, models, settings)
    judged = [outcome for outcome in outcomes.values() if outcome.portraits]
    return {
        "success": float(np.mean([outcome.success for outcome in judged])),
        "worst_success": min(outcome.success for outcome in judged),
        "leak": float(np.mean([max(outcome.leak.values()) for outcome in judged])),
    }


def _extract(options: argparse.Namespace) -> int:
    from projection.directions import extract

    settings = _settings(options.set)
    names = [name.strip() for name in (options.names or "").split(",") if name.strip()]
    models = _models(options)
    latents = _latents(options, models)
    with progress_bar() as progress:
        found, outcomes = extract(models.generator, models.predictor, settings, names, latents, progress)
    _save(options.output, found, outcomes, models, settings)
    return _tell(outcomes, options)


def _calibrate(options: argparse.Namespace) -> int:
    from projection.directions import recalibrate

    settings, models = _settings(options.set), _models(options)
    translations, latents = _store(options, models), _latents(options, models)
    with progress_bar() as progress:
        found, outcomes = recalibrate(translations, models.generator, models.predictor, settings, latents, progress)
    _save(options.output, found, outcomes, models, settings)
    return _tell(outcomes, options)


def _list(options: argparse.Namespace) -> int:
    import numpy as np

    from pipeline.core.attributes import attributes, parse, translation_names

    translations = _store(options, _models(options))
    for name, translation in translations.items():
        parsed = parse(name)
        attribute = attributes()[parsed.code]
        origin = "" if parsed.source is None else f", from {_title(parsed.code, parsed.source)}"
        length = float(np.linalg.norm(translation.path[-1], axis=-1).mean())
        text = f"{attribute.title}: {attribute.values[parsed.value].title}{origin}"
        print(f"{name:<12} {text:<52} {len(translation.path)} points, length {length:.2f}")
    absent = [name for name in translation_names() if name not in translations]
    print(f"{len(translations)} translations" + (f"; not there: {', '.join(absent)}" if absent else ""))
    return 0


def _show(options: argparse.Namespace) -> int:
    import numpy as np

    from pipeline.core.images import write_image
    from projection.directions import show

    models = _models(options)
    translations = _store(options, models)
    if options.name not in translations:
        raise BadInput(f"There is no translation {options.name}; `face-edit directions list` shows those there are.")
    rows = show(translations[options.name], models.generator, models.predictor, options.seed)
    path = options.output or Path(f"{options.name}.png")
    write_image(path, np.concatenate([np.concatenate(list(row), axis=1) for row in rows]))
    print(f"{path}: {options.name} at strengths 0, 0.5, 1, 1.5 and 2")
    return 0


def _import(options: argparse.Namespace) -> int:
    from pipeline.core.weights import model_set
    from projection.translations import load_arrays, require_space, save

    models = model_set(options.models)
    translations = load_arrays(options.folder, models.space)
    require_space(translations, models.space, models.n_style, models.dim)
    save(options.output, translations.values(), {"imported_from": options.folder.name})
    print(f"{options.output}: {len(translations)} translations of {models.space}")
    return 0


def _models(options: argparse.Namespace) -> Models:
    from pipeline.models import Models

    return Models(options.models, options.device)


def _store(options: argparse.Namespace, models: Models) -> dict[str, Translation]:
    from projection.translations import load, require_space

    if options.translations is None:
        return models.translations
    translations = load(options.translations)
    require_space(translations, models.set.space, models.set.n_style, models.set.dim)
    return translations


def _latents(options: argparse.Namespace, models: Models) -> Floats | None:
    from projection.scoring import read_latents

    return None if options.latents is None else read_latents(options.latents, models.set.n_style, models.set.dim)


def _settings(pairs: list[str]) -> DirectionSettings:
    import difflib

    from pydantic import ValidationError

    from pipeline.core.errors import BadConfig
    from projection.directions import DirectionSettings

    try:
        return DirectionSettings(**dict(pair.split("=", 1) for pair in pairs))
    except ValueError as error:
        if not isinstance(error, ValidationError):
            raise BadConfig("--set takes KEY=VALUE, such as n_samples=8000.") from error
        first = error.errors()[0]
        key = str(first["loc"][0])
        known = list(DirectionSettings.model_fields)
        if key in known:
            raise BadConfig(f"The setting {key} is {first['input']!r}: {first['msg']}.") from error
        hint = difflib.get_close_matches(key, known, 1, cutoff=0.0)[0]
        raise BadConfig(f"There is no setting {key}; did you mean {hint}?") from error


def _save(
    path: Path,
    found: Mapping[str, Translation],
    outcomes: Mapping[str, Outcome],
    models: Models,
    settings: DirectionSettings,
) -> None:
    from datetime import UTC, datetime

    from projection.translations import save

    metadata = {
        "what": "translations, found by face-edit directions extract",
        "when": datetime.now(UTC).date().isoformat(),
        "models": models.fingerprint,
        "settings": settings.model_dump_json(),
        "report": json.dumps({name: outcome.as_dict() for name, outcome in outcomes.items()}),
    }
    save(path, found.values(), metadata)


def _tell(outcomes: Mapping[str, Outcome], options: argparse.Namespace) -> int:
    from pipeline.core.files import write_atomic

    for name, outcome in outcomes.items():
        worst = max(outcome.leak.items(), key=lambda pair: pair[1], default=("none", 0.0))
        figures = f"success {outcome.success:4.0%}  strength {outcome.strength:.2f}  leak {worst[0]} {worst[1]:.3f}"
        print(f"{name:<12} {figures}")
    if options.report is not None:
        report = {name: outcome.as_dict() for name, outcome in outcomes.items()}
        write_atomic(options.report, (json.dumps(report, indent=1) + "\n").encode())
    judged = [outcome.success for outcome in outcomes.values() if outcome.portraits]
    mean = sum(judged) / len(judged) if judged else float("nan")
    print(f"{options.output}: {len(outcomes)} translations, mean success {mean:.0%}")
    return 0


def _title(code: str, value: str) -> str:
    from pipeline.core.attributes import attributes, parse

    attribute = attributes()[code]
    if value in attribute.values:
        return attribute.values[value].title
    meaning = parse(attribute.sources[value].means)
    return attributes()[meaning.code].values[meaning.value].title


if __name__ == "__main__":
    sys.exit(run(main))
