"""Results of the threads reach the session, stale ones do not; errors are reported."""

import numpy as np
from pytestqt.qtbot import QtBot

from apps.editor.model.session import Picture
from apps.editor.window import Window


def test_pictures_that_are_stale_are_dropped(window: Window, qtbot: QtBot) -> None:
    session, renderer = window.session, window.controller.renderer
    document = session.current
    assert document is not None
    session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.frame and session.prediction))
    shown, wrong = session.picture, np.zeros_like(document.image)
    renderer.finished.emit(document.number, Picture(wrong, True, stamp=1))
    renderer.finished.emit(document.number + 1, Picture(wrong, True, stamp=10_000))
    renderer.predicted.emit(1, document.number, None)
    assert session.picture is shown
    assert session.prediction is not None


def test_a_setting_there_is_none_is_said(window: Window, qtbot: QtBot) -> None:
    document = window.session.current
    assert document is not None
    edit_state = document.edit_state.with_strength("Bp_max", 1.0).with_setting("toy_square.sizze", 3)
    with qtbot.waitSignal(window.session.message) as said:
        window.session.change(edit_state, "wrong")
    assert "There is no setting steps.toy_square.sizze" in said.args[0]
