"""How fine previews are: as the machine keeps up, or as it is chosen."""

from apps.editor.window import Window

AUTOMATIC = ""


def install(window: Window) -> None:
    """A menu of the generator's levels, once they are known."""
    renderer = window.editor.renderer

    def fill() -> None:
        levels = {str(level): level for level in renderer.tempo.levels}
        titles = {AUTOMATIC: window.tr("&Automatic")} | {name: _title(name) for name in levels}

        def choose(name: str) -> None:
            renderer.tempo.fixed = levels.get(name)

        window.add_choice("view", "appearance", window.tr("P&review"), titles, AUTOMATIC, choose)

    def _title(name: str) -> str:
        ratio, _, resolution = name.partition(" × ")
        return window.tr("{0} of the channels, {1} pixels").format(f"{float(ratio):.0%}", resolution)

    renderer.opened.connect(fill)
