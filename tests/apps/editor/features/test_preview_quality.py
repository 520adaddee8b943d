"""The menu of levels sets what previews are drawn at."""

from PyQt6.QtGui import QAction
from pytestqt.qtbot import QtBot

from apps.editor.window import Window
from pipeline.edit.preview_level import Level
from tests.apps.editor.conftest import WAIT


def test_a_chosen_level_is_what_previews_are_drawn_at(window: Window, qtbot: QtBot) -> None:
    tempo, session = window.editor.renderer.tempo, window.session
    actions = {action.text().replace("&", ""): action for action in window.findChildren(QAction)}
    assert tempo.fixed is None and actions["Automatic"].isChecked()
    actions["50% of the channels, 16 pixels"].trigger()
    assert tempo.fixed == Level(0.5, 16)
    session.grab()
    for step in range(1, 6):  # quick enough for a finer one
        session.move("Bp_max", step / 5)
        qtbot.waitUntil(
            lambda: bool(session.picture and session.picture.stamp == window.editor.renderer.newest), timeout=WAIT
        )
        assert session.picture is not None and session.picture.quality == "0.5 × 16"
    actions["Automatic"].trigger()
    assert tempo.fixed is None
    session.release()
