"""Translations of the demo set: the mean true change of people in W, since the renderer knows what its attributes are.

For a generator of photographs nobody knows the true change; its translations are found with a predictor, by
`face-edit directions extract`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from pipeline.core.attributes import attributes, canonical, parse, translation_names
from pipeline.core.types import Floats, Translation
from pipeline.models import Models
from pipeline.training.context import STUDIO_SEED, TrainingContext
from pipeline.world.attributes import shows, values
from pipeline.world.extra import renderer, renderer_version
from pipeline.world.latents import latents
from pipeline.world.person import Person, counterfactual, draw
from projection.directions.save_found import save_found, summary

PEOPLE = 2000
"""People for training whose changes may be averaged."""
AVERAGED = 200
"""Of these, averaged for each translation."""


def find_directions(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Make a complete set of translations, write it, and log the figures of each, read by the predictor."""
    from projection.directions.extract import recalibrate
    from projection.directions.settings import DirectionSettings

    renderer()  # what is seen of people is computed with its packages
    models, path = Models("demo", str(context.device)), context.target("translations")
    people = [draw(seed) for seed in range(STUDIO_SEED, STUDIO_SEED + PEOPLE)]
    # The length is the true one, too: one strength is measured.
    settings = DirectionSettings(validation=32, evaluations=1, size=models.predictor.input_size)
    with context.bar as progress:
        true = {}
        for number, name in enumerate(translation_names()):
            change = true_change(name, people, models.set.dim)
            true[name] = Translation(name, models.space, np.tile(change, (1, models.set.n_style, 1)))
            progress.step(f"changing {name}", number + 1, len(translation_names()))
        found, outcomes = recalibrate(true, models.generator, models.predictor, settings, progress=progress)
    origin = f"mean true changes of up to {AVERAGED} studio people each; renderer {renderer_version()}"
    save_found(path, found, outcomes, settings, models.fingerprint, models.predictor, origin)
    for line in summary(path, outcomes):
        log(line)


def true_change(name: str, people: Sequence[Person], dim: int) -> Floats:
    """Mean change (dim,) of the latents w of the first people at the source of a translation when they are its target.

    Raises:
        ValueError: Nobody is at the source.
    """
    chosen = [person for person in people if starts(person, name)][:AVERAGED]
    if not chosen:
        raise ValueError(f"None of {len(people)} people can be changed by {name}.")
    changed = [counterfactual(person, **canonical(name)) for person in chosen]
    mean: Floats = (latents(changed, dim) - latents(chosen, dim)).mean(0)
    return mean


def starts(person: Person, name: str) -> bool:
    """Whether a person is at the source of a translation, and its change shows."""
    wanted, present = parse(name), values(person)
    meaning = attributes()[wanted.code].sources.get(wanted.source or "")
    if meaning is not None:
        hiding = parse(meaning.means)
        return present[hiding.code] == float(hiding.value)
    return shows(person, name) and wanted.source in (None, str(int(present[wanted.code])))
