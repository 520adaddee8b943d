"""Portraits of nobody: at random, or between two of those that are open."""

import random
from collections.abc import Mapping

from apps.editor.features.mix.dialog import MixDialog, end_of
from apps.editor.model.session import Stage
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.types import Portrait, Translation
from pipeline.edit.interpolation import End, portrait_of, random_end

Opened = tuple[Portrait, Mapping[str, int], Mapping[str, Translation]]


def install(window: Window) -> None:
    """Two actions of the edit menu."""
    session = window.session

    def ask() -> None:
        dialog = MixDialog(window)
        dialog.open()

    window.add_action("edit", "mix", window.tr("R&andom portrait"), lambda: open_random(window), "Ctrl+Shift+R")
    mix = window.add_action("edit", "mix", window.tr("&Mix portraits …"), ask, "Ctrl+M")

    def refresh() -> None:
        ready = [document for document in session.documents if end_of(document) is not None]
        mix.setEnabled(len(ready) > 1 and session.current in ready)

    for signal in (session.documents_changed, session.current_updated, session.document_changed):
        signal.connect(lambda *_: refresh())
    refresh()


def open_random(window: Window, seed: int | None = None) -> None:
    """Open a random portrait and show it; its name says its seed."""
    number = random.randrange(10_000) if seed is None else seed
    window.editor.renderer.errand(
        lambda studio: _opened(studio, random_end(number, studio.models)), lambda found: _show(window, found)
    )


def open_end(window: Window, end: End) -> None:
    """Open what lies between two portraits as one of its own."""
    window.editor.renderer.errand(lambda studio: _opened(studio, end), lambda found: _show(window, found))


def _opened(studio: RenderContext, end: End) -> Opened:
    from pipeline.edit.select_edits import present_classes

    portrait = portrait_of(end, studio.models)
    present = present_classes(portrait.name, portrait.image, studio.models)
    return portrait, present, studio.translations(present)


def _show(window: Window, found: Opened) -> None:
    portrait, present, translations = found
    document = window.session.add(portrait.name, portrait.image)
    window.editor.place(
        document, portrait=portrait, present=present, translations=translations, rough=False, stage=Stage.READY
    )
    window.session.open(document)
