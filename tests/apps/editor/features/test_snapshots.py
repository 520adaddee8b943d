"""Snapshots of a portrait, and edits carried to another."""

from PyQt6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from apps.editor.features.snapshots import Snapshots
from apps.editor.window import Window
from tests.apps.editor.conftest import add


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
    edited = document.recipe
    session.move("Hc_1", 0.5)
    snapshots.recall["A"].trigger()
    assert document.recipe.strengths == {}
    snapshots.recall["B"].trigger()
    assert document.recipe == edited
    session.undo()
    session.undo()
    assert document.recipe.strengths == {"Bp_max": 1.0, "Hc_1": 0.5}


def test_snapshots_belong_to_their_portrait(window: Window, qtbot: QtBot) -> None:
    snapshots, first = feature(window), window.session.current
    snapshots.keep["A"].trigger()
    second = add(window, qtbot, seed=2)
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
    session.change(first.recipe.switched("toy_invert", False), "off")
    snapshots.copied.trigger()
    second = add(window, qtbot, seed=2)
    session.open(second)
    snapshots.pasted.trigger()
    assert second.recipe == first.recipe and second.undo.count() == 1
    session.undo()
    clipboard, status = QApplication.clipboard(), window.statusBar()
    assert clipboard is not None and status is not None
    clipboard.setText(clipboard.text().replace("Bp_max", absent))
    session.open(first)
    snapshots.pasted.trigger()
    assert first.recipe.strengths == {} and absent in status.currentMessage()
    clipboard.setText("something else")
    before = first.recipe
    snapshots.pasted.trigger()
    assert first.recipe is before and "no edit on the clipboard" in status.currentMessage()
