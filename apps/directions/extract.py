"""`directions extract` and `calibrate`: translations with their measured strengths."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from apps.console import ConsoleProgress
from apps.directions.stores import chosen, open_models, open_store, output

if TYPE_CHECKING:
    from pipeline.core.types import Floats
    from pipeline.models import Models
    from projection.directions.calibration import Outcome


def run_extract(options: argparse.Namespace) -> int:
    """Fit and calibrate the requested translations, or calibrate those of a store again; save and print them; 0."""
    from pipeline.edit.learn_direction import fitted_predictor
    from projection.directions.extract import extract, recalibrate
    from projection.directions.save_found import save_found
    from projection.directions.settings import DirectionSettings

    settings, models = chosen(DirectionSettings, options.set), open_models(options)
    path = output(options, models)
    known = open_store(options, models) if options.action == "calibrate" else {}
    latents = _latents(options, models)
    with ConsoleProgress() as progress:
        predictor, settings = fitted_predictor(models, settings, progress)
        if options.action == "calibrate":
            found, outcomes = recalibrate(known, models.generator, predictor, settings, latents, progress)
        else:
            names = [name.strip() for name in (options.names or "").split(",") if name.strip()]
            found, outcomes = extract(models.generator, predictor, settings, names, latents, progress)
    save_found(path, found, outcomes, settings, models.fingerprint, predictor)
    return _tell(outcomes, path, options.report)


run_calibrate = run_extract


def _latents(options: argparse.Namespace, models: Models) -> Floats | None:
    from projection.latent_files import read_latents

    if options.latents is None:
        return None
    return read_latents(options.latents, models.set.space, models.set.n_style, models.set.dim)


def _tell(outcomes: Mapping[str, Outcome], path: Path, report_path: Path | None) -> int:
    from pipeline.core.files import write_atomic
    from projection.directions.save_found import summary

    print(*summary(path, outcomes), sep="\n")
    if report_path is not None:
        report = {name: outcome.as_dict() for name, outcome in outcomes.items()}
        write_atomic(report_path, (json.dumps(report, indent=1) + "\n").encode())
    return 0
