"""Everything that leaves the editor: projects, images, translations and runs over many portraits."""

from apps.editor.features.saving.batch import BatchActions
from apps.editor.features.saving.image import ImageActions
from apps.editor.features.saving.translation import TranslationActions
from apps.editor.project import ProjectActions
from apps.editor.window import Window


def install(window: Window) -> None:
    """Actions of the file menu, and the panel of a run."""
    ProjectActions(window)
    ImageActions(window)
    TranslationActions(window)
    BatchActions(window)
