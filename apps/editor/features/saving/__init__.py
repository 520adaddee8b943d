"""Saving: projects, images, translations, and runs over many portraits."""

from apps.editor.features.saving.batch import BatchActions
from apps.editor.features.saving.image import ImageActions
from apps.editor.features.saving.project import add_project_actions
from apps.editor.features.saving.translation import TranslationActions
from apps.editor.window import Window


def install(window: Window) -> None:
    """Add actions to the file menu, and the panel of a run."""
    add_project_actions(window)
    ImageActions(window)
    TranslationActions(window)
    BatchActions(window)
