"""Generated portraits: random ones, and mixes of two open portraits."""

from apps.editor.features.mix.dialog import MixDialog, endpoint_of
from apps.editor.features.mix.open_generated import open_random
from apps.editor.window import Window


def install(window: Window) -> None:
    """Add the random portrait and the mix dialog to the edit menu."""
    session = window.session
    window.add_action("edit", "mix", window.tr("R&andom portrait"), lambda: open_random(window), "Ctrl+Shift+R")
    mix = window.add_action("edit", "mix", window.tr("&Mix portraits …"), lambda: MixDialog(window).open(), "Ctrl+M")

    def refresh() -> None:
        ready = [document for document in session.documents if endpoint_of(document) is not None]
        mix.setEnabled(len(ready) > 1 and session.current in ready)

    for signal in (session.documents_changed, session.current_updated, session.document_changed):
        signal.connect(lambda *_: refresh())
    refresh()
