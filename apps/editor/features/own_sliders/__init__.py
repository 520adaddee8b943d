"""Sliders of the user's own: made of files, edits and portraits, kept, named, grouped, exported and removed."""

from apps.editor.features.own_sliders.actions import OwnSliders
from apps.editor.window import Window


def install(window: Window) -> None:
    """Add the menu of new sliders, and the menus of those that there are."""
    OwnSliders(window)
