"""The menu of levels sets what previews are drawn at."""

from PyQt6.QtGui import QAction

from apps.editor.window import Window
from pipeline.edit.preview_level import Level
from tests.apps.editor.interaction import wait


def test_a_chosen_level_is_what_previews_are_drawn_at(window: Window) -> None:
    renderer, session = window.controller.renderer, window.session
    actions = {action.text().replace("&", ""): action for action in window.findChildren(QAction)}
    assert renderer.preview_levels.fixed is None and actions["Automatic"].isChecked()
    actions["50% of the channels, 16 pixels"].trigger()
    session.begin_gesture()
    for step in range(1, 6):  # quick enough for a finer one
        session.move("Bp_max", step / 5)
        wait(lambda: session.picture and session.picture.stamp == renderer.newest)
        assert session.picture is not None and session.picture.quality == "0.5 × 16"
    assert renderer.preview_levels.fixed == Level(0.5, 16)
    actions["Automatic"].trigger()
    wait(lambda: renderer.preview_levels.fixed is None)
    session.end_gesture()
