"""Menu of preview levels: automatic, or a fixed one."""

from collections.abc import Sequence

from apps.editor.window import Window
from pipeline.edit.preview_level import Level

AUTOMATIC = ""


def install(window: Window) -> None:
    """Add a menu of the generator's levels, once the models are open."""

    def fill(levels: Sequence[Level]) -> None:
        named = {str(level): level for level in levels}
        titles = {AUTOMATIC: window.tr("&Automatic")} | {name: title(level) for name, level in named.items()}

        def choose(name: str) -> None:
            window.controller.fix_preview_level(named.get(name))

        window.add_choice("view", "appearance", window.tr("P&review"), titles, AUTOMATIC, choose)

    def title(level: Level) -> str:
        return window.tr("{0} of the channels, {1} pixels").format(f"{level.ratio:.0%}", level.resolution or "full")

    window.controller.opened.connect(fill)
