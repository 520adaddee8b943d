"""Snapshots of a portrait, and edits carried to another."""

from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apps.editor.features.snapshots import Snapshots
from apps.editor.window import Window
from tests.apps.editor.interaction import add


def feature(window: Window) -> Snapshots:
    found = window.findChild(Snapshots)
    assert found is not None
    return found


def test_snapshots_are_gone_back_to_and_that_can_be_undone(window: Window, qtbot: QtBot) -> None:
    session, document, snapshots = window.session, window.session.current, feature(window)
    assert document is not None and not snapshots.recall["A"].isEnabled()
    snapshots.keep["A"].trigger()
    session.move("Bp_max", 1.0)
    snapshots.keep["B"].trigger()
    edited = document.edit_state
    session.move("Hc_1", 0.5)
    snapshots.recall["A"].trigger()
    assert document.edit_state.strengths == {}
    snapshots.recall["B"].trigger()
    assert document.edit_state == edited
    session.undo()
    session.undo()
    assert document.edit_state.strengths == {"Bp_max": 1.0, "Hc_1": 0.5}


def test_snapshots_belong_to_their_portrait(window: Window, qtbot: QtBot) -> None:
    snapshots, first = feature(window), window.session.current
    snapshots.keep["A"].trigger()
    second = add(window, seed=2)
    window.session.open(second)
    assert not snapshots.recall["A"].isEnabled()
    assert first is not None
    window.session.open(first)
    assert snapshots.recall["A"].isEnabled()
    window.session.close(first)
    assert snapshots._kept == {}


def test_an_edit_is_carried_to_another_face(window: Window, qtbot: QtBot) -> None:
    session, snapshots, first = window.session, feature(window), window.session.current
    assert first is not None
    absent = f"Hc_{first.present['Hc']}"
    session.move("Bp_max", 0.75)
    session.change(first.edit_state.with_step("toy_invert", False), "off")
    snapshots.copy_action.trigger()
    second = add(window, seed=2)
    session.open(second)
    snapshots.paste_action.trigger()
    assert second.edit_state == first.edit_state and second.undo.count() == 1
    session.undo()
    clipboard, status = QApplication.clipboard(), window.statusBar()
    assert clipboard is not None and status is not None
    clipboard.setText(clipboard.text().replace("Bp_max", absent))
    session.open(first)
    snapshots.paste_action.trigger()
    assert first.edit_state.strengths == {} and absent in status.currentMessage()
    clipboard.setText("something else")
    before = first.edit_state
    snapshots.paste_action.trigger()
    assert first.edit_state is before and "no edit on the clipboard" in status.currentMessage()
