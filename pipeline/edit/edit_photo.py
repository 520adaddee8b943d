"""One photograph, from file to edited pixels, for programs: `edit_photo(photo, {"Bp_max": 1.0}, models)`."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.config import RunConfig, load_config
from pipeline.core.types import Edit, Image, Portrait
from pipeline.edit.invert import tune_portrait, unknown_face
from pipeline.edit.render import arithmetic, open_steps, render, reseed
from pipeline.edit.requests import EditRequest, identifier
from pipeline.edit.select_edits import check_available, choose_edits, open_custom
from pipeline.photo.faces import choose_face, crop_face, open_detector
from pipeline.photo.paste import paste, recipe_of
from pipeline.photo.photo import Photo

if TYPE_CHECKING:
    from pipeline.core.crop import Crop
    from pipeline.models import Models


def edit_photo(
    photo: Photo, edits: Mapping[str, float], models: "Models", config: RunConfig | None = None, face: int = 1
) -> Photo:
    """The photo with all of `edits` (identifier -> strength, 1 = as calibrated) made to one face at once.

    config: settings of projection and steps, the defaults if none · face: its number, 1 = the largest. Pixels that no
    edit concerns are the photo's, bit by bit, all of them where there is no edit. Raises BadInput for a photo without
    such a face and for an edit that nobody has; warns when the model set does not know what it sees.
    """
    config = config or load_config()
    wishes = [EditRequest(identifier(name), strength) for name, strength in edits.items()]
    custom = open_custom(config.translations, models)
    check_available([wish.identifier for wish in wishes], models, custom)
    seen = photo.rgb
    image, crop = crop_face(seen, choose_face(open_detector().detect(seen), photo.name, face), models.set.resolution)
    with arithmetic(config.precision, models.device):
        reseed(config.seed, photo.name)
        portrait = _portrait(photo.name, image, crop, models, config)
        chosen, _ = choose_edits(portrait, models, wishes, custom=custom)
        edit = Edit("+".join(one.name for one in chosen), tuple(move for one in chosen for move in one.moves))
        (frame,) = render(portrait, [edit], models, open_steps(config.step_settings(), models))
    return paste(photo, frame, recipe_of(models.set, config.step_settings()))


def _portrait(name: str, image: Image, crop: "Crop", models: "Models", config: RunConfig) -> Portrait:
    import torch

    from projection.inversion.project import project

    settings = config.projection
    perceptual = models.perceptual if settings.perceptual else None
    with torch.autocast(models.device.type, enabled=False):
        found = project(image[None], models.generator, models.encoder_or_none, perceptual, settings)
        warning = unknown_face(float(found.psnr[0]), models)
        if warning is not None:
            warnings.warn(f"{name}: {warning}", stacklevel=3)
        tuned = (
            tune_portrait(image, found.latents[0], found.recon[0], models, settings) if settings.tuning.steps else None
        )
    return Portrait(name, image, found.latents[0], models.set.space, crop, tuned.tuning if tuned else None)
