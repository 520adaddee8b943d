"""Sliders by mouse, keyboard and number: one entry of the history for each gesture."""

import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from apps.editor.window import Window
from pipeline.config import Budget
from pipeline.core.types import Portrait, Translation
from pipeline.edit.search import STRANGER, Found
from pipeline.models import Models
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import LEFT, current, drag_slider, settle, wait_for_message


def test_a_drag_is_one_entry_and_undo_puts_everything_back(window: Window, qtbot: QtBot) -> None:
    session, row = window.session, window.panel.rows["Bp"]
    document = session.current
    assert document is not None
    before = window.session.picture
    assert before is not None and (before.image == document.image).all()
    drag_slider(window, "Bp", 0.5, 0.6, 0.7, 0.8, 0.9)
    assert document.undo.count() == 1
    strength = document.edit_state.strength("Bp_max")
    assert 1.4 < strength < 1.9
    assert row.number.value() == pytest.approx(strength)
    settle(window)
    qtbot.waitUntil(lambda: session.picture is not None and session.picture.frame is not None)
    assert session.picture is not None and (session.picture.image != document.image).any()
    session.undo()
    assert (document.edit_state.strengths, row.slider.value(), row.number.value()) == ({}, 0, 0.0)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.settled and session.picture.frame is None))
    assert (session.picture.image == document.image).all()
    session.redo()
    assert document.edit_state.strength("Bp_max") == strength


def test_a_drag_that_ends_where_it_began_leaves_no_entry(window: Window) -> None:
    drag_slider(window, "Bp", 0.5, 0.8, 0.5)
    assert window.session.current is not None
    assert window.session.current.undo.count() == 0
    assert window.session.current.edit_state.strengths == {}


def test_two_drags_are_two_entries(window: Window) -> None:
    drag_slider(window, "Bp", 0.5, 0.8)
    drag_slider(window, "Bp", 0.8, 0.6)
    assert window.session.current is not None
    assert window.session.current.undo.count() == 2


def test_keys_step_and_quick_steps_are_one_entry(window: Window, qtbot: QtBot) -> None:
    document, slider = window.session.current, window.panel.rows["Bp"].slider
    assert document is not None
    slider.setFocus()
    for _ in range(3):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert document.edit_state.strengths == pytest.approx({"Bp_min": 0.15})
    assert document.undo.count() == 1
    with qtbot.waitSignal(window.session.edit_state_changed, check_params_cb=lambda _, settled: settled):
        pass
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert document.undo.count() == 2


def test_a_double_click_goes_to_zero(window: Window) -> None:
    drag_slider(window, "Bp", 0.5, 0.9)
    slider = window.panel.rows["Bp"].slider
    QTest.mouseDClick(slider, LEFT, pos=QPoint(20, slider.height() // 2))
    assert window.session.current is not None
    assert window.session.current.edit_state.strengths == {}


def test_a_number_is_taken_when_it_is_finished(window: Window, qtbot: QtBot) -> None:
    number = window.panel.rows["Bp"].number
    number.selectAll()
    qtbot.keyClicks(number, "-0.75")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert window.session.current is not None
    assert window.session.current.edit_state.strengths == {"Bp_min": 0.75}


def test_presets_exclude_each_other_and_a_second_click_takes_one_back(window: Window, qtbot: QtBot) -> None:
    document, row = window.session.current, window.panel.rows["Hc"]
    assert document is not None
    present = f"Hc_{document.present['Hc']}"
    assert set(row.chips) == {"Hc_0", "Hc_1", "Hc_2", "Hc_3", "bald"} - {present}  # what it has is no target
    for identifier in ("Hc_1", "Hc_2"):
        row.chips[identifier].click()
        qtbot.waitUntil(lambda name=identifier: dict(document.edit_state.strengths) == {name: 1.0})
        assert [name for name, chip in row.chips.items() if chip.isChecked()] == [identifier]
    row.chips["Hc_2"].click()
    assert document.edit_state.strengths == {}


def test_the_search_finds_targets_and_opens_folded_groups(window: Window, qtbot: QtBot) -> None:
    panel = window.panel
    panel.headers["hair"].setChecked(False)
    assert not panel.rows["Hc"].isVisible()
    panel.search.setText("grey hair")
    assert [code for code, row in panel.rows.items() if row.isVisible()] == ["Hc"]
    panel.search.clear()
    assert panel.rows["Bp"].isVisible() and not panel.rows["Hc"].isVisible()


def test_sliders_that_do_not_suit_a_photo_are_dimmed_and_say_why(window: Window) -> None:
    document, lips, nose = window.session.current, window.panel.rows["Bp"], window.panel.rows["Bn"]
    assert document is not None
    usual = lips.chips["Bp_min"].toolTip()
    window.controller.update(document, refused={"Bp_min": "too thin already"})
    assert lips.isEnabled()
    assert not lips.chips["Bp_min"].isEnabled()
    assert lips.chips["Bp_min"].toolTip() == "too thin already"
    window.controller.update(document, refused={"Bp_min": "teeth show", "Bp_max": "teeth show"})
    assert not lips.isEnabled()
    assert lips.toolTip() == "teeth show"
    assert nose.isEnabled()
    window.controller.update(document, refused={})
    assert lips.isEnabled()
    assert lips.chips["Bp_min"].isEnabled()
    assert lips.chips["Bp_min"].toolTip() == usual


def test_targets_as_asked_have_the_calibrated_strength(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    targets, chip = window.panel.targets, window.panel.rows["Hc"].chips["Hc_1"]
    searching = chip.toolTip()
    targets.as_far.setFocus()
    QTest.keyClick(targets.as_far, Qt.Key.Key_Left)
    assert targets.as_asked.isChecked() and chip.toolTip() not in ("", searching)
    monkeypatch.setattr("pipeline.edit.search.search", lambda *_: pytest.fail("nobody asked for a search"))
    chip.click()
    assert dict(current(window).edit_state.strengths) == {"Hc_1": 1.0}
    window.panel.rows["Bp"].chips["Bp_max"].click()
    assert dict(current(window).edit_state.strengths) == {"Hc_1": 1.0, "Bp_max": 1.0}


def test_a_target_out_of_reach_is_said_until_its_slider_moves(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    def search(portrait: Portrait, moves: list[Translation], models: Models, budget: Budget) -> list[Found]:
        return [Found(move, 0.8132, STRANGER) for move in moves]

    monkeypatch.setattr("pipeline.edit.search.search", search)
    session, row = window.session, window.panel.rows["Hc"]
    row.chips["Hc_1"].click()
    wait_for_message(window, "blond is not reached: the person would change too much")
    assert dict(current(window).edit_state.strengths) == {"Hc_1": 0.8132}
    assert row.note.isVisible() and row.note.text() == "blond is not reached: the person would change too much"
    session.undo()
    assert not row.note.isVisible() and current(window).edit_state.strengths == {}
    session.redo()
    assert row.note.isVisible() and current(window).edit_state.strength("Hc_1") == 0.8132
    drag_slider(window, "Hc", 0.4, 0.7)
    assert not row.note.isVisible()


def test_the_choice_of_targets_is_kept_for_the_next_start(window: Window, make_window: MakeWindow) -> None:
    assert window.panel.targets.as_far.isChecked()
    window.panel.targets.as_asked.click()
    window.close()
    assert make_window().panel.targets.as_asked.isChecked()
