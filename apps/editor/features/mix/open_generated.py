"""Opening of generated portraits, random or mixed, as documents."""

import random
from collections.abc import Mapping

from apps.editor.model.session import Stage
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.types import Portrait, Translation
from pipeline.edit.interpolation import Endpoint, random_endpoint, render_endpoint

Generated = tuple[Portrait, Mapping[str, int], Mapping[str, Translation]]


def open_random(window: Window, seed: int | None = None) -> None:
    """Open and show a random portrait, named after its seed; None draws a seed in 0..9999."""
    number = random.randrange(10_000) if seed is None else seed
    window.controller.submit(
        lambda context: _generate(context, random_endpoint(number, context.models)),
        lambda generated: _show(window, generated),
    )


def open_endpoint(window: Window, endpoint: Endpoint) -> None:
    """Open and show the portrait of a latent."""
    window.controller.submit(lambda context: _generate(context, endpoint), lambda generated: _show(window, generated))


def _generate(context: RenderContext, endpoint: Endpoint) -> Generated:
    from pipeline.edit.select_edits import present_classes

    portrait = render_endpoint(endpoint, context.models)
    present = present_classes(portrait, context.models)
    return portrait, present, context.translations(present)


def _show(window: Window, generated: Generated) -> None:
    portrait, present, translations = generated
    document = window.session.add(portrait.name, portrait.image)
    window.controller.update(
        document, portrait=portrait, present=present, translations=translations, rough=False, stage=Stage.READY
    )
    window.session.open(document)
