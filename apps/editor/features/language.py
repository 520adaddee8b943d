"""Menu of interface languages."""

from apps.editor.language import SYSTEM, languages, native_name
from apps.editor.window import Window


def install(window: Window) -> None:
    """Add a menu of languages; the choice applies at the next start."""

    def choose(code: str) -> None:
        window.settings.setValue("language", code)
        window.show_message(window.tr("The language changes at the next start."))

    choices = {SYSTEM: window.tr("&As the system"), **{code: native_name(code) for code in languages()}}
    chosen = window.settings.value("language", SYSTEM, str)
    window.add_choice("edit", "settings", window.tr("&Language"), choices, chosen, choose)
