"""`directions audit`: figures and flags of every translation, and improvements on request."""

from __future__ import annotations

import argparse

from apps.console import ConsoleProgress
from apps.directions.stores import open_models, open_store
from pipeline.core.errors import BadInput

SEED = 20_000
"""Seed of the audit's samples, which no extraction has by default."""


def run_audit(options: argparse.Namespace) -> int:
    """Audit a store, write the report and with --improve the improved store; 1 where a translation is flagged.

    Raises:
        BadInput: Too few samples or portraits, or an improved store without a place.
    """
    from pipeline.edit.learn_direction import fitted_predictor
    from pipeline.quality.audit import in_words, write_audit
    from projection.attributes.scoring import Samples, Scorer
    from projection.directions.audit import ENOUGH_PORTRAITS, Auditor
    from projection.directions.improve import improve
    from projection.directions.settings import DirectionSettings
    from projection.translations import save

    if options.portraits < ENOUGH_PORTRAITS or options.samples < 200:
        raise BadInput(f"An audit needs at least {ENOUGH_PORTRAITS} portraits and 200 samples.")
    if options.improve != (options.output is not None):
        raise BadInput("--improve writes the improved translations to --output STORE: give both or neither.")
    models = open_models(options)
    translations = open_store(options, models)
    reader = "judge" if models.has("judge") else "predictor"
    embed = models.identity.embed if models.has("identity") else None
    repairs = None
    with ConsoleProgress() as progress:
        predictor, settings = fitted_predictor(models, DirectionSettings(validation=options.portraits), progress)
        steering = Scorer(models.generator, predictor, settings.size, settings.batch)
        judging = steering
        if reader == "judge":
            judging = Scorer(models.generator, models.judge, settings.size, settings.batch)
        pool = judging.sample(options.samples, SEED, progress)
        audited = Auditor(judging, pool, options.portraits, embed).audit(translations, progress)
        flagged = [each for each in audited if each.flags]
        if options.improve:
            own = pool if reader == "predictor" else Samples(pool.latents, steering(pool.latents, progress))
            chosen = {each.name: translations[each.name] for each in flagged}
            repairs = improve(chosen, own, steering, settings, progress)
    store = str(options.translations) if options.translations is not None else f"the model set {models.set.name}"
    page = write_audit(options.output_dir, store, models.set.name, reader, audited, repairs)
    for each in flagged:
        better = f"; improved: {in_words(repairs[each.name])}" if repairs and each.name in repairs else ""
        print(f"{each.name:<12} {'; '.join(each.flags)}{better}")
    print(f"{page}: {len(flagged)} of {len(audited)} translations flagged")
    if repairs is not None:
        improved = {**translations, **{name: repair.translation for name, repair in repairs.items()}}
        save(options.output, improved.values(), {"what": f"translations of {store}, improved by an audit"})
        print(f"{options.output}: {len(improved)} translations, {len(repairs)} of them improved")
    return 1 if flagged else 0
