"""What a killed editor leaves behind is offered and comes back as it was; who quits leaves nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest
from PyQt6.QtWidgets import QMessageBox
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.crash import ExceptionHook
from apps.editor.features import recovery as module
from apps.editor.features.recovery import Recovery
from apps.editor.model.project_file import Project, read_project, write_project
from apps.editor.project import ProjectDialogs
from apps.editor.window import Window
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.features.toy_editor_process import MOVES
from tests.apps.editor.interaction import WAIT, add, settle


def feature(window: Window) -> Recovery:
    found = window.findChild(Recovery)
    assert found is not None
    return found


def answer(window: Window, qtbot: QtBot, text: str) -> None:
    """Press a button of the offer."""
    qtbot.waitUntil(lambda: feature(window).offer is not None, timeout=WAIT)
    box = feature(window).offer
    assert isinstance(box, QMessageBox)
    next(button for button in box.buttons() if button.text() == text).click()


def copies(window: Window) -> list[Path]:
    return sorted(feature(window).file.parent.glob("*.faceedit"))


def leave_behind(window: Window, qtbot: QtBot, tmp_path: Path) -> Path:
    """A copy of one edited portrait, as of an editor that was killed."""
    window.session.move("Bp_max", 0.75)
    feature(window).save()
    qtbot.waitUntil(feature(window).file.is_file, timeout=WAIT)
    content = feature(window).file.read_bytes()
    window.close_now()
    left = feature(window).file.with_name("left.faceedit")
    left.write_bytes(content)
    return left


def test_an_editor_that_was_killed_is_restored_exactly(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.apps.editor.features.toy_editor_process", str(tmp_path / "cache")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "kept\n"
        beside = make_window()  # while the other one works, nothing is offered
        qtbot.wait(50)
        assert feature(beside).offer is None and feature(beside).orphaned_copies() == []
        beside.close()
        process.send_signal(signal.SIGKILL)
    (left,) = copies(beside)
    kept = read_project(left)

    window = make_window()
    answer(window, qtbot, "&Restore")
    qtbot.waitUntil(lambda: len(window.session.documents) == 2, timeout=WAIT)
    documents = window.session.documents
    assert [dict(document.edit_state.strengths) for document in documents] == list(MOVES)
    assert window.session.current is documents[1] and documents[1].edit_state.off == {"toy_invert"}
    for document, saved in zip(documents, kept.portraits, strict=True):
        assert document.portrait is not None and saved.portrait is not None
        assert (document.image == saved.image).all() and document.edit_state == saved.edit_state
        assert (document.portrait.latent == saved.portrait.latent).all()
    settle(window)
    assert not any(document.undo.isClean() for document in documents)  # still in no project
    assert window.session.project_path is None  # and not saved over the copy
    qtbot.waitUntil(lambda: copies(window) == [feature(window).file], timeout=WAIT)  # taken over before it is dropped
    assert [saved.edit_state for saved in read_project(feature(window).file).portraits] == [
        document.edit_state for document in documents
    ]


def test_who_quits_leaves_nothing(window: Window, qtbot: QtBot) -> None:
    feature(window).save()
    assert copies(window) == []  # nothing is edited
    window.session.move("Bp_max", 0.75)
    feature(window).save()
    qtbot.waitUntil(feature(window).file.is_file, timeout=WAIT)
    folder = feature(window).file.parent
    window.close_now()
    assert list(folder.iterdir()) == []


def test_what_is_in_a_project_needs_no_copy(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    document, recovery = window.session.current, feature(window)
    assert document is not None
    window.session.move("Bp_max", 0.75)
    recovery.save()
    qtbot.waitUntil(recovery.file.is_file, timeout=WAIT)
    ProjectDialogs(window).save_to(tmp_path / "mine.faceedit")
    qtbot.waitUntil(document.undo.isClean, timeout=WAIT)
    window.session.undo()
    window.session.redo()
    recovery.save()
    assert not recovery.file.exists()


def test_a_copy_can_be_left_for_later_or_discarded(
    window: Window, make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    left = leave_behind(window, qtbot, tmp_path)
    for text, stays in (("Not &now", True), ("&Discard", False)):
        again = make_window()
        answer(again, qtbot, text)
        assert again.session.documents == [] and left.exists() is stays
        again.close()


def test_a_defect_keeps_a_copy_at_once(make_window: MakeWindow, qtbot: QtBot) -> None:
    hook, window = ExceptionHook(), make_window()
    hook.raised.connect(window.crashed)
    add(window)
    window.session.move("Bp_max", 0.75)
    try:
        hook.raised.emit(ZeroDivisionError("by nothing"))
        qtbot.waitUntil(feature(window).file.is_file, timeout=WAIT)
    finally:
        if hook.dialog is not None:
            hook.dialog.close()


def test_a_damaged_copy_is_said_and_stays(
    window: Window, make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    left = leave_behind(window, qtbot, tmp_path)
    left.write_bytes(b"no zip")
    again = make_window()
    with capture_exceptions() as raised:
        answer(again, qtbot, "&Restore")
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert "is not a project of the editor" in str(raised[0][1]) and left.exists()


def test_of_several_copies_the_newest_is_offered_and_the_others_another_time(
    window: Window, make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    newest = leave_behind(window, qtbot, tmp_path)
    older = [newest.with_name(f"{name}.faceedit") for name in ("a", "z")]
    for age, copy in enumerate(older, 1):
        copy.write_bytes(newest.read_bytes())
        os.utime(copy, (newest.stat().st_mtime - 1000 * age,) * 2)
    for number, copy in enumerate((newest, *older)):
        again = make_window()
        answer(again, qtbot, "&Discard")
        assert not copy.exists() and all(each.exists() for each in older[number:])
        again.close()


def write_slowly(window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Event:
    """An edit whose copy is being written until the event is set."""
    begun, go_on = Event(), Event()

    def write(path: Path, project: Project) -> None:
        begun.set()
        go_on.wait()
        write_project(path, project)

    monkeypatch.setattr(module, "write_project", write)
    window.session.move("Bp_max", 0.75)
    feature(window).save()
    qtbot.waitUntil(begun.is_set, timeout=WAIT)
    return go_on


def test_an_edit_made_while_a_copy_is_written_is_in_the_next_one(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery, go_on = feature(window), write_slowly(window, qtbot, monkeypatch)
    window.session.move("Bp_max", 1.0)
    collected = list[bool]()
    recovery.save()
    window.controller.submit(lambda _: None, lambda _: collected.append(True))  # after what is collected
    qtbot.waitUntil(lambda: bool(collected), timeout=WAIT)
    go_on.set()
    qtbot.waitUntil(recovery.file.is_file, timeout=WAIT)

    def newest() -> bool:
        recovery.save()  # as the timer does
        return read_project(recovery.file).portraits[0].edit_state.strengths == {"Bp_max": 1.0}

    qtbot.waitUntil(newest, timeout=10_000)


def test_who_quits_while_a_copy_is_written_leaves_nothing(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Event()

    def slow(path: Path, project: Project) -> None:
        begun.set()
        time.sleep(0.1)
        write_project(path, project)

    monkeypatch.setattr(module, "write_project", slow)
    window.session.move("Bp_max", 0.75)
    feature(window).save()
    qtbot.waitUntil(begun.is_set, timeout=WAIT)
    window.close_now()
    assert list(feature(window).file.parent.iterdir()) == []


def test_a_copy_that_could_not_be_written_is_tried_again(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, project: Project) -> None:
        raise OSError("The disk is full.")

    recovery, status = feature(window), window.statusBar()
    assert status is not None
    window.session.move("Bp_max", 0.75)
    with monkeypatch.context() as patch:
        patch.setattr(module, "write_project", full)
        recovery.save()
        qtbot.waitUntil(lambda: status.currentMessage() == "The disk is full.", timeout=WAIT)
    assert not recovery.file.exists()
    recovery.save()
    qtbot.waitUntil(recovery.file.is_file, timeout=WAIT)


def test_a_copy_that_is_written_when_all_is_saved_does_not_stay(
    window: Window, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    recovery, go_on = feature(window), write_slowly(window, qtbot, monkeypatch)
    window.session.undo()
    recovery.save()  # all is saved, but the copy is not there yet
    go_on.set()
    qtbot.waitUntil(recovery.file.is_file, timeout=WAIT)

    def gone() -> bool:
        recovery.save()  # as the timer does
        return not recovery.file.exists()

    qtbot.waitUntil(gone, timeout=WAIT)
