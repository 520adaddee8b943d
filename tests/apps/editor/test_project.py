"""Projects through the real window; what cannot be written or read loses nothing."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtWidgets import QFileDialog, QMessageBox
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.model.edit_state import EditState
from apps.editor.model.project_file import read_project
from apps.editor.model.session import Stage
from apps.editor.project import ProjectDialogs
from apps.editor.window import Window
from pipeline.core.crop import Crop, cut
from pipeline.core.errors import BadInput
from pipeline.core.images import write_image
from pipeline.core.types import Maps
from pipeline.edit.search import Found
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, add, current, edited, opened, settle, wait_for_message
from tests.support.toy_models import RESOLUTION
from tests.support.toy_run import PLACE, toy_photo


def test_a_project_opens_again_as_it_was(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window()
    crop = Crop(PLACE, 200, 150, RESOLUTION)
    path = tmp_path / "photo.png"
    write_image(path, toy_photo(1))
    document = window.controller.add("photo", cut(toy_photo(1), crop), path, crop)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    tuning = {"conv.weight": np.full((3, 3, 5, 5), 0.01, np.float16)}
    assert document.portrait is not None
    window.controller.update(document, portrait=replace(document.portrait, tuning=tuning, maps=Maps()))
    second = add(window, seed=2)
    window.session.move("Bp_max", 0.75)
    window.session.change(
        document.edit_state.with_setting("toy_square.share", 0.75).with_step("toy_invert", False), "other"
    )
    edit_state = document.edit_state
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame))
    settle(window)
    picture = window.session.picture
    file = tmp_path / "mine.faceedit"
    ProjectDialogs(window).save_to(tmp_path / "mine")
    wait_for_message(window, "Saved as")
    assert document.undo.isClean()

    again = make_window()
    ProjectDialogs(again).open_from(file)
    qtbot.waitUntil(lambda: len(again.session.documents) == 2, timeout=WAIT)
    opened, other = again.session.documents
    assert again.session.current is opened
    assert (opened.edit_state, opened.path, opened.crop) == (edit_state, path, crop)
    assert opened.portrait is not None and opened.portrait.latent is not None and opened.portrait.tuning is not None
    assert (opened.portrait.latent == document.portrait.latent).all()
    assert (opened.portrait.tuning["conv.weight"] == tuning["conv.weight"]).all()
    assert (other.name, other.edit_state) == (second.name, EditState())
    assert other.portrait is not None and (other.image == second.image).all()
    settle(again)
    qtbot.waitUntil(lambda: bool(again.session.picture and again.session.picture.frame))
    assert picture is not None and again.session.picture is not None
    assert (again.session.picture.image == picture.image).all()
    assert again.panel.rows["Bp"].number.value() == pytest.approx(0.75)


def test_an_edit_made_while_a_project_is_saved_is_in_no_project_yet(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    window.session.move("Bp_max", 0.75)
    ProjectDialogs(window).save_to(tmp_path / "mine.faceedit")
    window.session.move("Bp_max", 1.0)
    wait_for_message(window, "Saved as")
    assert not current(window).undo.isClean()
    (saved,) = read_project(tmp_path / "mine.faceedit").portraits
    assert saved.edit_state.strengths == {"Bp_max": 0.75}


def test_a_project_of_other_blending_steps_says_so(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, file = make_window(), tmp_path / "mine.faceedit"
    add(window)
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    for steps, words in ((["toy_square", "toy_invert"], "Opened"), (["toy_square"], "with other blending steps")):
        again = make_window(steps=steps)
        ProjectDialogs(again).open_from(file)
        wait_for_message(again, words)


def test_a_project_keeps_the_translations_it_was_edited_with(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    """Those of the models may be others by then, and so would be the picture."""
    window, file = make_window(), tmp_path / "mine.faceedit"
    document = add(window)
    known = document.translations["Bp_max"]
    own = replace(known, path=known.path * 0.5)
    window.session.update(document, translations={**document.translations, "Bp_max": own})
    window.session.move("Bp_max", 0.75)
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    again = make_window()
    ProjectDialogs(again).open_from(file)
    wait_for_message(again, "Opened")
    assert (current(again).translations["Bp_max"].path == own.path).all()
    assert (current(again).translations["Bp_min"].path == document.translations["Bp_min"].path).all()


def test_a_project_keeps_what_a_search_found_for_a_portrait(make_window: MakeWindow, tmp_path: Path) -> None:
    """The path, whose picture is another one than that of the calibrated translation, and why it ended."""
    window, file = make_window(), tmp_path / "mine.faceedit"
    document = add(window)
    known = document.translations["Bp_max"]
    path = np.concatenate([known.path, -2 * known.path])
    found = Found(replace(known, path=path, reach=1.5), 1.25, "no strength reaches it")
    window.session.change(document.edit_state.with_target("Bp_max", found), "lips")
    edit = document.edit_state.to_edit(document.translations)
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    again = make_window()
    ProjectDialogs(again).open_from(file)
    wait_for_message(again, "Opened")
    opened = current(again)
    assert np.array_equal(opened.edit_state.to_edit(opened.translations).displacement(), edit.displacement())
    kept = opened.edit_state.as_found("Bp_max")
    assert kept is not None and (kept.strength, kept.missed, kept.move.reach) == (1.25, found.missed, 1.5)
    assert again.panel.rows["Bp"].note.text() == "big is not reached: no strength reaches it"


def test_a_project_keeps_what_does_not_suit_a_portrait(make_window: MakeWindow, tmp_path: Path) -> None:
    window, file = make_window(), tmp_path / "mine.faceedit"
    window.session.update(add(window), refused={"Bp_max": "no lips"}, note="Handle with care.")
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    again = make_window()
    ProjectDialogs(again).open_from(file)
    wait_for_message(again, "Opened")
    assert (current(again).refused, current(again).note) == ({"Bp_max": "no lips"}, "Handle with care.")


def test_a_portrait_that_was_saved_half_projected_is_projected_again(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, file = make_window(), tmp_path / "mine.faceedit"
    window.session.update(add(window), rough=True)
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    again = make_window()
    ProjectDialogs(again).open_from(file)
    wait_for_message(again, "Opened")
    qtbot.waitUntil(lambda: current(again).stage is Stage.READY and not current(again).rough, timeout=WAIT)


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"nothing", lambda _: b""])
def test_what_is_no_project_is_one_sentence_and_changes_nothing(
    window: Window, qtbot: QtBot, tmp_path: Path, damage: object
) -> None:
    file = tmp_path / "mine.faceedit"
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    before = list(window.session.documents)
    with capture_exceptions() as raised:
        ProjectDialogs(window).open_from(file)
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert str(raised[0][1]) == f"{file} is not a project of the editor, or it is damaged."
    assert window.session.documents == before
    with pytest.raises(BadInput, match="does not exist"):
        read_project(tmp_path / "nothing.faceedit")


def test_a_full_disk_is_one_sentence_and_keeps_the_old_project(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.faceedit"
    ProjectDialogs(window).save_to(file)
    wait_for_message(window, "Saved as")
    old = file.read_bytes()
    edited(window)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, capture_exceptions() as raised:
        patch.setattr(os, "fsync", full)
        ProjectDialogs(window).save()
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert str(raised[0][1]).startswith("The disk is full")
    assert file.read_bytes() == old and not current(window).undo.isClean()
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".tmp"] == []
    ProjectDialogs(window).save()
    qtbot.waitUntil(current(window).undo.isClean, timeout=WAIT)
    assert file.read_bytes() != old


def press(qtbot: QtBot, button: QMessageBox.StandardButton) -> None:
    """Answer the question that is asked."""
    box = opened(QMessageBox)
    assert isinstance(box, QMessageBox)
    found = box.button(button)
    assert found is not None
    found.click()
    qtbot.waitUntil(lambda: not box.isVisible(), timeout=WAIT)


def trigger(window: Window, text: str) -> None:
    next(action for action in window.actions() if action.text() == text).trigger()


def test_quitting_asks_about_edits_that_are_in_no_project(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, ended = tmp_path / "mine.faceedit", list[bool]()
    window.closed.connect(lambda: ended.append(True))
    window.session.move("Bp_max", 0.75)
    trigger(window, "&Quit")
    press(qtbot, QMessageBox.StandardButton.Cancel)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    trigger(window, "&Quit")
    press(qtbot, QMessageBox.StandardButton.Save)  # and then no file
    assert window.isVisible() and not ended and current(window).edit_state.strengths == {"Bp_max": 0.75}
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    trigger(window, "&Quit")
    press(qtbot, QMessageBox.StandardButton.Save)
    qtbot.waitUntil(lambda: ended == [True], timeout=WAIT)
    assert not window.isVisible()
    assert [dict(saved.edit_state.strengths) for saved in read_project(file).portraits] == [{"Bp_max": 0.75}]


def test_quitting_without_saving_is_a_choice_and_without_edits_no_question(
    window: Window, make_window: MakeWindow, qtbot: QtBot
) -> None:
    window.session.move("Bp_max", 0.75)
    trigger(window, "&Quit")
    press(qtbot, QMessageBox.StandardButton.Discard)
    assert not window.isVisible()
    unedited = make_window()
    add(unedited)
    unedited.session.move("Bp_max", 0.75)
    unedited.session.undo()
    trigger(unedited, "&Quit")
    assert not unedited.isVisible()


def test_closing_an_edited_portrait_asks_too(window: Window, qtbot: QtBot) -> None:
    second = add(window, seed=2)
    window.session.move("Bp_max", 0.75)
    first = current(window)
    trigger(window, "&Close portrait")
    press(qtbot, QMessageBox.StandardButton.Cancel)
    assert window.session.documents == [first, second]
    trigger(window, "&Close portrait")
    press(qtbot, QMessageBox.StandardButton.Discard)
    assert window.session.documents == [second]
    trigger(window, "&Close portrait")  # nothing was done to it
    assert window.session.documents == []
