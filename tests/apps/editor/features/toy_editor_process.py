"""`python -m tests.apps.editor.features.toy_editor_process CACHE`: edits two toy portraits, and waits to be killed."""

import os
import sys
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from apps.editor.features.recovery import Recovery
from apps.editor.model.session import Stage
from tests.apps.editor.windows import build_window, settings_file
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import toy_config

MOVES = ({"Bp_max": 0.75, "Hc_1": 0.5}, {"Bp_min": 1.25})
"""Strengths of the first and of the second portrait."""


def main(cache: Path) -> None:
    """Says "kept" when the copy is on disk."""
    application = QApplication([])
    window = build_window(lambda: (toy_config(), ToyModels()), cache, settings_file(cache.parent))
    window.show()
    window.controller.start()
    session = window.session
    documents = [window.controller.add(f"portrait {seed}", portrait_image(seed)) for seed in (1, 2)]
    recovery = window.findChild(Recovery)
    assert recovery is not None

    def edit() -> None:
        if any(document.stage is not Stage.READY for document in documents):
            return
        timer.stop()
        for document, moves in zip(documents, MOVES, strict=True):
            session.open(document)
            for identifier, strength in moves.items():
                session.move(identifier, strength)
        session.change(session.documents[1].edit_state.with_step("toy_invert", False), "off")
        recovery.save()
        looking.start(20)

    def look() -> None:
        if recovery.file.is_file():
            looking.stop()
            print("kept", flush=True)

    timer, looking = QTimer(), QTimer()
    timer.timeout.connect(edit)
    looking.timeout.connect(look)
    timer.start(20)
    application.exec()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
