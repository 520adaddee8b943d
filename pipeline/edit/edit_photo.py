"""Edits of one photograph in one call: `edit_photo(photo, {"Bp_max": 1.0}, models)`."""

import warnings
from collections.abc import Mapping

from pipeline.config import RunConfig, load_config
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit, Portrait
from pipeline.edit.invert import invert, needed
from pipeline.edit.refusals import strange, suitable
from pipeline.edit.render import arithmetic, open_steps, render, reseed
from pipeline.edit.requests import EditRequest, identifier
from pipeline.edit.select_edits import check_available, choose_edits, open_custom
from pipeline.models import Models
from pipeline.photo.faces import choose_face, crop_face
from pipeline.photo.paste import paste, recipe_of
from pipeline.photo.photo import Photo
from projection.translations import know_own


def edit_photo(
    photo: Photo,
    edits: Mapping[str, float | None],
    models: Models,
    config: RunConfig | None = None,
    face: int = 1,
    force: bool = False,
) -> Photo:
    """Apply edits to one face of a photo; pixels outside their supports keep their exact values.

    The result's recipe has the strengths, and under `missed` why a target was not reached, if one was not.

    Args:
        edits: Strength by identifier, 1 = as calibrated, None = as the configuration says; empty to change nothing.
        config: Settings of strengths, projection and steps, by default those of configs/default.yaml.
        face: Number of the face, 1 = the largest.
        force: Whether to edit, with a warning, a face that the generator does not know, and what is refused otherwise.

    Raises:
        BadInput: No such face in the photo, a face that the generator does not know, an edit that does not suit it, or
            one without a translation.
    """
    config = config or load_config()
    know_own(config.translations)
    requests = [EditRequest(identifier(name), strength) for name, strength in edits.items()]
    custom = open_custom(config.translations, models)
    check_available([request.identifier for request in requests], models, custom)
    seen = photo.rgb
    chosen_face = choose_face(seen, models.detector.detect(seen), photo.name, face)
    image, crop = crop_face(seen, chosen_face, models.set.crop_size)
    with arithmetic(config.precision, models.device):
        reseed(config.seed, photo.name)
        found = invert(image, models, needed(requests, crop, models, config))
        portrait = Portrait(photo.name, image, found.latent, models.space, crop, found.tuning)
        chosen, _ = choose_edits(portrait, models, requests, custom=custom, budget=config.search_budget)
        if (warning := strange(portrait, chosen, models, found.figures, config.own_pixels)) is not None:
            if not force:
                raise BadInput(f"{photo.name}: {warning} It is edited all the same with force=True.")
            warnings.warn(f"{photo.name}: {warning}", stacklevel=2)
        if not force:
            _, left_out = suitable(portrait, chosen, models)
            if left_out:
                raise BadInput(f"{left_out} It is made all the same with force=True.")
        edit = Edit("+".join(one.name for one in chosen), tuple(move for one in chosen for move in one.moves))
        (frame,) = render(portrait, [edit], models, open_steps(config.step_settings(), models))
    missed = {request.identifier: one.missed for request, one in zip(requests, chosen, strict=True) if one.missed}
    recipe = recipe_of(models.set, config.step_settings()) | ({"missed": missed} if missed else {})
    return paste(photo, frame, recipe)
