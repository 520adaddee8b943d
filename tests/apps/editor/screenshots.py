"""`python -m tests.apps.editor.screenshots DIR`: the editor's main states as pictures, without a screen."""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication

from apps.editor import theme
from apps.editor.app import cache_folder
from apps.editor.editor import Editor
from apps.editor.session import Stage
from apps.editor.studio import Studio
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.models import Models

SIZES = ((1280, 800), (2560, 1600))
PORTRAIT = 4
"""Which of the sample portraits is edited."""


def wait(condition: Callable[[], object]) -> None:
    """Let the editor work until something is true."""
    application = QApplication.instance()
    assert application is not None
    while not condition():
        application.processEvents()
        time.sleep(0.01)


def shoot(window: Window, folder: Path, name: str) -> None:
    """The window in both sizes and both schemes."""
    for dark in (True, False):
        theme.apply(dark)
        window.gallery.refresh()
        for width, height in SIZES:
            window.resize(width, height)
            for _ in range(5):
                QApplication.processEvents()
            window.grab().save(str(folder / f"{name}_{'dark' if dark else 'light'}_{width}.png"))


def main() -> int:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output_dir", type=Path)
    folder = parser.parse_args().output_dir
    folder.mkdir(parents=True, exist_ok=True)
    _application = QApplication([])
    theme.apply(dark=True)
    config = load_config(None, ["projection.n_iter=40"])
    editor = Editor(Studio(lambda: (config, Models(config.models, "cpu"))), cache_folder())
    window = Window(editor, QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    window.show()
    editor.start()
    editor.open_demo()
    session = editor.session
    wait(lambda: len(session.documents) > PORTRAIT)
    session.open(session.documents[PORTRAIT])
    document = session.documents[PORTRAIT]
    wait(lambda: document.portrait is not None)
    wait(lambda: document.stage is Stage.READY or not window.banner.picture.pixmap().isNull())
    shoot(window, folder, "refining")
    wait(lambda: document.stage is Stage.READY)
    for identifier, strength in (("Hc_1", 1.0), ("Bp_max", 0.8), ("Sm_1", 1.0)):
        if identifier in document.translations:
            session.move(identifier, strength)
    wait(lambda: session.picture is not None and session.picture.settled and session.picture.frame)
    wait(lambda: session.reading)
    window.panel.search.setText("")
    shoot(window, folder, "edited")
    window.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
