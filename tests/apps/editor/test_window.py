"""The real window on toy models: sliders by mouse and keyboard, history, stale pictures, errors."""

import threading

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.crash import CrashDialog, Hook
from apps.editor.model.session import Stage
from apps.editor.threads.render_thread import Result
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit
from pipeline.edit.render import render
from tests.apps.editor import hands
from tests.apps.editor.conftest import WAIT, MakeWindow, add, settle
from tests.support.toy_models import ToyModels, portrait_image

LEFT = Qt.MouseButton.LeftButton


def drag(window: Window, code: str, *shares: float) -> None:
    """Press, move and release the mouse on a slider, at shares of its width."""
    hands.drag(window.panel.rows[code].slider, *shares)


def test_the_window_is_there_before_torch() -> None:
    import subprocess
    import sys

    code = (
        "import os, sys; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from pathlib import Path\n"
        "from PyQt6.QtCore import QSettings; from PyQt6.QtWidgets import QApplication\n"
        "from apps.editor.controller import Controller; from apps.editor.threads.render_context import RenderContext\n"
        "from apps.editor.window import Window\n"
        "application = QApplication([]); editor = Controller(RenderContext(lambda: None), Path('/nowhere'))\n"
        "window = Window(editor, QSettings('/nowhere/settings.ini', QSettings.Format.IniFormat))\n"
        "window.show(); application.processEvents(); print('torch' in sys.modules, 'cv2' in sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["False", "False"]


def test_a_drag_is_one_entry_and_undo_puts_everything_back(window: Window, qtbot: QtBot) -> None:
    session, row = window.session, window.panel.rows["Bp"]
    document = session.current
    assert document is not None
    before = window.session.picture
    assert before is not None and (before.image == document.image).all()
    drag(window, "Bp", 0.5, 0.6, 0.7, 0.8, 0.9)
    assert document.undo.count() == 1
    strength = document.recipe.strength("Bp_max")
    assert 1.4 < strength < 1.9
    assert row.number.value() == pytest.approx(strength)
    settle(window, qtbot)
    qtbot.waitUntil(lambda: session.picture is not None and session.picture.frame is not None)
    assert session.picture is not None and (session.picture.image != document.image).any()
    session.undo()
    assert (document.recipe.strengths, row.slider.value(), row.number.value()) == ({}, 0, 0.0)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.settled and session.picture.frame is None))
    assert (session.picture.image == document.image).all()
    session.redo()
    assert document.recipe.strength("Bp_max") == strength


def test_a_drag_that_ends_where_it_began_leaves_no_entry(window: Window) -> None:
    drag(window, "Bp", 0.5, 0.8, 0.5)
    assert window.session.current is not None
    assert window.session.current.undo.count() == 0
    assert window.session.current.recipe.strengths == {}


def test_two_drags_are_two_entries(window: Window) -> None:
    drag(window, "Bp", 0.5, 0.8)
    drag(window, "Bp", 0.8, 0.6)
    assert window.session.current is not None
    assert window.session.current.undo.count() == 2


def test_keys_step_and_quick_steps_are_one_entry(window: Window, qtbot: QtBot) -> None:
    document, slider = window.session.current, window.panel.rows["Bp"].slider
    assert document is not None
    slider.setFocus()
    for _ in range(3):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert document.recipe.strengths == pytest.approx({"Bp_min": 0.15})
    assert document.undo.count() == 1
    with qtbot.waitSignal(window.session.recipe_changed, check_params_cb=lambda _, settled: settled):
        pass
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert document.undo.count() == 2


def test_a_double_click_goes_to_zero(window: Window) -> None:
    drag(window, "Bp", 0.5, 0.9)
    slider = window.panel.rows["Bp"].slider
    QTest.mouseDClick(slider, LEFT, pos=QPoint(20, slider.height() // 2))
    assert window.session.current is not None
    assert window.session.current.recipe.strengths == {}


def test_a_number_is_taken_when_it_is_finished(window: Window, qtbot: QtBot) -> None:
    number = window.panel.rows["Bp"].number
    number.selectAll()
    qtbot.keyClicks(number, "-0.75")
    qtbot.keyClick(number, Qt.Key.Key_Return)
    assert window.session.current is not None
    assert window.session.current.recipe.strengths == {"Bp_min": 0.75}


def test_presets_exclude_each_other_and_a_second_click_takes_one_back(window: Window, qtbot: QtBot) -> None:
    document, row = window.session.current, window.panel.rows["Hc"]
    assert document is not None
    present = f"Hc_{document.present['Hc']}"
    assert set(row.chips) == {"Hc_0", "Hc_1", "Hc_2", "Hc_3", "bald"} - {present}  # what it has is no target
    for identifier in ("Hc_1", "Hc_2"):
        row.chips[identifier].click()
        qtbot.waitUntil(lambda name=identifier: dict(document.recipe.strengths) == {name: 1.0})
        assert [name for name, chip in row.chips.items() if chip.isChecked()] == [identifier]
    row.chips["Hc_2"].click()
    assert document.recipe.strengths == {}


def test_the_search_finds_targets_and_opens_folded_groups(window: Window, qtbot: QtBot) -> None:
    panel = window.panel
    panel.headers["hair"].setChecked(False)
    assert not panel.rows["Hc"].isVisible()
    panel.search.setText("grey hair")
    assert [code for code, row in panel.rows.items() if row.isVisible()] == ["Hc"]
    panel.search.clear()
    assert panel.rows["Bp"].isVisible() and not panel.rows["Hc"].isVisible()


def test_each_portrait_has_its_own_recipe_and_history(window: Window, qtbot: QtBot) -> None:
    session = window.session
    first = session.current
    drag(window, "Bp", 0.5, 0.9)
    second = add(window, qtbot, seed=2)
    window.gallery.setCurrentRow(1)
    assert session.current is second
    assert window.panel.rows["Bp"].slider.value() == 0
    assert not session.history.canUndo()
    settle(window, qtbot)
    assert session.picture is not None and (session.picture.image == second.image).all()
    session.close(second)
    assert session.current is first and session.history.canUndo()


def test_of_waiting_requests_only_the_newest_is_rendered(window: Window, qtbot: QtBot) -> None:
    gate, results = threading.Event(), []
    window.editor.renderer.finished.connect(results.append)
    window.editor.renderer.errand(lambda _: gate.wait(20), lambda _: None)
    session = window.session
    session.grab()
    for step in range(1, 6):
        session.move("Bp_max", step / 10)
    gate.set()
    qtbot.waitUntil(lambda: bool(results), timeout=WAIT)
    qtbot.wait(50)
    assert len(results) == 1
    assert not results[0].settled
    session.release()
    settle(window, qtbot)


def test_a_rendering_in_full_gives_way_to_a_newer_request(window: Window, qtbot: QtBot) -> None:
    renderer, results = window.editor.renderer, []
    renderer.finished.connect(results.append)
    inside, gate = threading.Event(), threading.Event()
    studio = window.editor.studio
    steps = studio.steps

    def slow(recipe: object) -> list[object]:
        inside.set()
        gate.wait(20)
        return steps(recipe)

    studio.steps = slow
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(inside.is_set)
    window.session.move("Bp_max", 2.0)
    gate.set()
    qtbot.waitUntil(lambda: any(result.settled for result in results))
    (settled,) = [result for result in results if result.settled]
    assert settled.frame.edit.moves[0][1] == 2.0


def test_pictures_that_are_stale_are_dropped(window: Window, qtbot: QtBot) -> None:
    session, renderer = window.session, window.editor.renderer
    document = session.current
    assert document is not None
    session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.frame and session.reading))
    shown, wrong = session.picture, np.zeros_like(document.image)
    renderer.finished.emit(Result(1, document.number, True, wrong))
    renderer.finished.emit(Result(10_000, document.number + 1, True, wrong))
    renderer.read.emit(1, document.number, None)
    assert session.picture is shown
    assert session.reading is not None


def test_the_picture_in_full_is_that_of_a_run(window: Window, qtbot: QtBot) -> None:
    session, studio = window.session, window.editor.studio
    session.move("Bp_max", 0.7)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.frame))
    document = session.current
    assert document is not None and document.portrait is not None and session.picture is not None
    edit = Edit("Bp_max", ((document.translations["Bp_max"], 0.7),))
    (frame,) = render(document.portrait, [edit], studio.models, studio.steps(document.recipe))
    assert (session.picture.image == frame.image).all()


def test_steps_are_switched_by_the_recipe(window: Window, qtbot: QtBot) -> None:
    session, studio = window.session, window.editor.studio
    document = session.current
    assert document is not None
    names = [step.name for step in studio.steps(document.recipe)]
    session.change(document.recipe.switched(names[0], on=False), "off")
    assert [step.name for step in studio.steps(document.recipe)] == names[1:]
    session.undo()
    assert [step.name for step in studio.steps(document.recipe)] == names


def test_an_error_in_the_render_thread_is_said_and_the_thread_goes_on(window: Window, qtbot: QtBot) -> None:
    def fails(_: object) -> None:
        raise BadInput("There is no such thing.")

    with capture_exceptions() as raised:
        window.editor.renderer.errand(fails, lambda _: None)
        qtbot.waitUntil(lambda: bool(raised))
    assert isinstance(raised[0][1], BadInput)
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame))


def test_a_setting_there_is_none_is_said(window: Window, qtbot: QtBot) -> None:
    document = window.session.current
    assert document is not None
    recipe = document.recipe.moved("Bp_max", 1.0).set("toy_square.sizze", 3)
    with qtbot.waitSignal(window.session.said) as said:
        window.session.change(recipe, "wrong")
    assert "There is no setting steps.toy_square.sizze" in said.args[0]


def test_a_photo_that_cannot_be_read_is_said(make_window: MakeWindow, qtbot: QtBot, tmp_path: object) -> None:
    window = make_window()
    with qtbot.waitSignal(window.session.said, timeout=WAIT) as said:
        window.editor.open_files([tmp_path / "nobody.png"])
    assert "There is no image" in said.args[0]


def test_a_projection_shows_its_progress_and_can_be_stopped(make_window: MakeWindow, qtbot: QtBot) -> None:
    endless = {"n_iter": 10_000, "patience": 10_000, "perceptual": 0.0, "mse": 1.0}
    window = make_window(projection=endless)
    document = window.editor.add("portrait", portrait_image(3))
    qtbot.waitUntil(lambda: document.progress > 0, timeout=WAIT)
    assert document.stage is Stage.PROJECTING
    qtbot.waitUntil(lambda: not window.banner.picture.pixmap().isNull(), timeout=WAIT)
    assert window.banner.isVisible()
    drag(window, "Bp", 0.5, 0.9)  # the guess is good enough to work with
    qtbot.mouseClick(window.banner.cancel, LEFT)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    assert document.rough and document.portrait is not None
    assert document.recipe.strength("Bp_max") > 1
    assert not window.banner.isVisible()


def test_stopped_before_the_first_guess_a_portrait_is_closed(make_window: MakeWindow, qtbot: QtBot) -> None:
    models, gate = ToyModels(), threading.Event()
    encode = models.encoder.encode
    models.encoder.encode = lambda images: gate.wait(20) and encode(images)
    window = make_window(models)
    first, second = (window.editor.add(f"portrait {seed}", portrait_image(seed)) for seed in (1, 2))
    qtbot.waitUntil(window.banner.isVisible)
    with qtbot.waitSignal(window.session.said) as said:
        qtbot.mouseClick(window.banner.cancel, LEFT)
    assert said.args == ["portrait 1 is closed: its latent was not found yet"]
    assert window.session.documents == [second] and window.session.current is second
    gate.set()
    qtbot.waitUntil(lambda: second.stage is Stage.READY, timeout=WAIT)
    assert first.portrait is None and window.session.documents == [second]


def test_a_latent_that_was_found_is_found_again(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(projection={"n_iter": 3, "perceptual": 0.0})
    first, second = add(window, qtbot), add(window, qtbot)
    with qtbot.waitSignal(window.editor.importer.arrived):
        window.editor.add("again", portrait_image(1))
    again = window.session.documents[-1]
    assert not again.rough and again.stage is Stage.READY
    assert first.portrait is not None and again.portrait is not None and second.portrait is not None
    assert np.array_equal(first.portrait.latent, again.portrait.latent)


def test_a_defect_opens_a_dialog_with_details_to_copy(qtbot: QtBot) -> None:
    hook = Hook()
    try:
        raise ZeroDivisionError("by nothing")
    except ZeroDivisionError as error:
        hook.show(error)
        hook.show(error)  # one dialog is enough
    dialog = hook.dialog
    assert isinstance(dialog, CrashDialog) and dialog.copied is not None
    qtbot.addWidget(dialog)
    dialog.copied.click()
    clipboard = QApplication.clipboard()
    assert clipboard is not None and "ZeroDivisionError: by nothing" in clipboard.text()
    assert dialog.isVisible()
    dialog.close()
    qtbot.waitUntil(lambda: hook.dialog is None)


def test_an_exception_in_a_slot_would_fail_a_test(window: Window) -> None:
    with capture_exceptions() as raised:
        window.add_action("help", "help", "Break", lambda: 1 / 0).trigger()
    assert raised[0][0] is ZeroDivisionError


def test_zoom_stays_about_the_pointer(window: Window) -> None:
    from PyQt6.QtCore import QPointF, QRectF

    canvas = window.canvas
    area, point = QRectF(canvas.rect()), QPointF(canvas.rect().center()) + QPointF(40, 20)
    before = canvas.frame(area)
    canvas.set_zoom(4.0, point)
    after = canvas.frame(area)
    assert after.width() == pytest.approx(4 * before.width())
    assert (point.x() - after.x()) / after.width() == pytest.approx((point.x() - before.x()) / before.width())
    canvas.set_zoom(0.1)
    assert canvas.frame(area) == before
