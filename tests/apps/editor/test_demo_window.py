"""Everything the window can do, on the embedded models and by the hands of a user: one window, test after test."""

import base64
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as pillow
from PyQt6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDockWidget, QFileDialog, QUndoView, QWidget

from apps.editor import controller
from apps.editor.features.blending import BlendingPanel
from apps.editor.features.compare import Compare
from apps.editor.features.mix.dialog import MixDialog
from apps.editor.features.opening import Opening
from apps.editor.features.overlays import Overlays
from apps.editor.features.saving.batch import BatchActions, BatchDialog
from apps.editor.features.saving.image import ImageDialog
from apps.editor.features.saving.translation import TranslationDialog
from apps.editor.features.scores import ScoresPanel
from apps.editor.model.session import Document, Stage
from apps.editor.widgets.number import Number
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.crop import Crop
from pipeline.core.errors import MissingWeights
from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image
from pipeline.models import Models
from projection.translations import load
from tests.apps.editor.interaction import LEFT, choose, current, drag, opened, press, settle, turn, wait
from tests.apps.editor.windows import build_window, settings_file
from tests.support.photos import hang, rendered, wall
from tests.support.yunet import yunet


@pytest.fixture(autouse=True)
def nothing_left() -> None:
    """The window goes on from test to test; what it leaves behind is looked for after the last."""


@pytest.fixture(scope="module")
def demo(
    qapp: QApplication, demo_models: Models, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Window, list[Document]]]:
    """The window with two sample portraits."""
    folder, before = tmp_path_factory.mktemp("editor"), threading.enumerate()
    config = load_config(None, ["projection.n_iter=2"])
    window = build_window(lambda: (config, demo_models), folder, settings_file(folder))
    window.controller.failed.connect(_raise)
    window.show()
    window.controller.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controller, "DEMO_PORTRAITS", 2)
        window.controller.open_demo()
    wait(lambda: [one.stage for one in window.session.documents] == [Stage.READY] * 2)
    settle(window)
    yield window, list(window.session.documents)
    window.close_now()
    window.deleteLater()
    assert [thread for thread in threading.enumerate() if thread not in before] == []


@pytest.fixture
def window(demo: tuple[Window, list[Document]], monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    """The window with nothing edited, and as it was after the test."""
    window, documents = demo
    monkeypatch.setattr(Models, "detector", property(_no_detector))
    window.activateWindow()
    wait(window.isActiveWindow)
    yield window
    for document in list(window.session.documents):
        if document not in documents:
            window.session.close(document)
    for document in documents:
        window.session.open(document)
        window.session.reset()
        document.undo.clear()
    window.session.open(documents[0])
    settle(window)


def _raise(error: Exception) -> None:
    raise error


def _no_detector(_: Models) -> None:
    raise MissingWeights("The detector of model set faces is missing: run `face-edit models fetch faces`.")


def part(window: Window, kind: type[Any]) -> Any:
    (found,) = window.findChildren(kind)
    return found


def edit(window: Window, position: float = 0.75) -> Image:
    """Drag the slider of the lips; the picture that comes of it."""
    drag(window.panel.rows["Bp"].slider, 0.5, 0.6, position)
    settle(window)
    assert window.session.picture is not None and window.session.picture.frame is not None
    return window.session.picture.image


def run_of_its_own(window: Window, folder: Path) -> Path:
    """The one image of a run that the window starts with the open portrait's edits."""
    choose(window, "Edit many portraits")
    ask = opened(BatchDialog)
    ask.opened.click()
    ask.output.setText(str(folder))
    QTest.mouseClick(ask.accept_button, LEFT)
    panel = part(window, BatchActions).panel
    wait(lambda: panel.running)
    wait(lambda: not panel.running)
    assert panel.text.text() == f"Finished: {folder}", panel.lines.toPlainText()
    (image,) = (folder / "images_post_gfp_gan").rglob("*.png")
    return image


def arrived(window: Window, count: int) -> Document:
    """The newest document, when there are so many and it can be edited."""
    wait(lambda: len(window.session.documents) == count and window.session.documents[-1].stage is Stage.READY)
    return window.session.documents[-1]


def seen(widget: QWidget) -> np.ndarray:
    """What a widget looks like, uint8 (H, W, 3)."""
    grabbed = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    bits = grabbed.constBits()
    assert bits is not None
    rows = np.frombuffer(bits.asarray(grabbed.sizeInBytes()), np.uint8).reshape(grabbed.height(), -1)
    return rows[:, : 3 * grabbed.width()].reshape(grabbed.height(), grabbed.width(), 3).copy()


def test_photos_come_in_by_every_door(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures, folder = rendered(4, 256), tmp_path / "folder"
    folder.mkdir()
    write_image(tmp_path / "asked.png", pictures[0])
    write_image(folder / "dropped.png", pictures[1])
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(tmp_path / "asked.png")], ""))
    choose(window, "Open")
    assert arrived(window, 3).name == "asked" and current(window).name == "asked"

    def drop(data: QMimeData) -> None:
        copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(window, QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, none))
        event = QDropEvent(QPointF(50, 50), copy, data, LEFT, none, QEvent.Type.Drop)
        QApplication.sendEvent(window, event)
        assert event.isAccepted()

    place, page = QMimeData(), QMimeData()
    place.setUrls([QUrl.fromLocalFile(str(folder))])
    drop(place)
    assert arrived(window, 4).name == "dropped"
    write_image(tmp_path / "_.png", pictures[2])
    page.setHtml(f'<img src="data:image/png;base64,{base64.b64encode((tmp_path / "_.png").read_bytes()).decode()}">')
    drop(page)
    assert (arrived(window, 5).image == pictures[2]).all()
    clipboard, raw = QApplication.clipboard(), pictures[3].tobytes()
    assert clipboard is not None
    clipboard.setImage(QImage(raw, 256, 256, 3 * 256, QImage.Format.Format_RGB888).copy())
    choose(window, "Paste photo")
    assert (arrived(window, 6).image == pictures[3]).all()
    recent = part(window, Opening).recent
    recent.fill()
    assert [each.text() for each in recent.menu.actions()][:2] == ["dropped.png", "asked.png"]
    recent.menu.actions()[0].trigger()
    assert arrived(window, 7).name == "dropped"
    for number in (1, 6):
        strip = window.filmstrip
        QTest.mouseClick(strip.viewport(), LEFT, pos=strip.visualItemRect(strip.item(number)).center())
        assert current(window) is window.session.documents[number]
    choose(window, "Close portrait")
    assert len(window.session.documents) == 6


def test_the_second_of_two_people_is_clicked_edited_and_put_back(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    detector, people = yunet(), rendered(2, 256)
    monkeypatch.setattr(Models, "detector", detector)
    photo = wall(640, 400)
    hang(photo, people[0], (170, 200), 240, 8)
    hung = hang(photo, people[1], (470, 200), 180, -5)
    write_image(tmp_path / "wall.png", photo)
    opening = part(window, Opening)
    opening.open_files([tmp_path / "wall.png"])
    wait(lambda: opening.picker is not None)
    assert len(opening.picker.photo.buttons) == 2
    QTest.mouseClick(opening.picker.photo.buttons[1], LEFT)
    crop = arrived(window, 3).crop
    assert isinstance(crop, Crop)
    middle = np.mean(crop.quad, 0)
    assert np.hypot(*(middle - np.mean(hung.quad, 0))) < 0.1 * hung.side
    edit(window, 0.9)
    choose(window, "Save image")
    ask = opened(ImageDialog)
    assert ask.photo.isChecked()
    QTest.mouseClick(ask.accept_button, LEFT)
    wait((tmp_path / "wall 2_edited.png").is_file)
    rows, columns = np.nonzero((read_image(tmp_path / "wall 2_edited.png") != photo).any(axis=2))
    assert len(rows) > 20
    assert np.hypot(columns - middle[0], rows - middle[1]).max() < crop.side
    window.controller.importer._reader._detector = None


def test_a_projection_tells_how_far_it_is_edits_go_on_and_stop_stops(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = window.controller.context
    endless = context.config.projection.model_copy(update={"n_iter": 1000, "patience": 1000})
    monkeypatch.setattr(context, "config", context.config.model_copy(update={"projection": endless}))
    write_image(tmp_path / "anna.png", rendered(5, 256)[4])
    window.controller.open_files([tmp_path / "anna.png"])
    wait(lambda: current(window).name == "anna" and window.banner.progress.value() > 0)
    wait(lambda: not window.banner.picture.pixmap().isNull())
    assert window.banner.isVisible() and window.banner.progress.maximum() == 1000
    edit(window)
    QTest.mouseClick(window.banner.cancel, LEFT)
    wait(lambda: current(window).stage is Stage.READY)
    assert current(window).rough and current(window).edit_state.strength("Bp_max") > 0
    assert not window.banner.isVisible()


def test_sliders_by_number_wheel_keys_presets_and_search(window: Window) -> None:
    document, row, search = current(window), window.panel.rows["Bp"], window.panel.search
    QTest.keyClicks(search, "lips")
    wait(lambda: not window.panel.rows["Hc"].isVisible())
    assert row.isVisible()
    search.clear()
    assert row.toolTip() and row.chips["Bp_max"].toolTip()
    row.number.selectAll()
    QTest.keyClicks(row.number, "0.5")
    QTest.keyClick(row.number, Qt.Key.Key_Return)
    assert document.edit_state.strengths == {"Bp_max": 0.5}
    row.slider.setFocus()
    wait(row.slider.hasFocus)
    turn(row.slider, 1)
    wheeled = document.edit_state.strength("Bp_max")
    assert wheeled > 0.5
    QTest.keyClick(row.slider, Qt.Key.Key_Right)
    assert document.edit_state.strength("Bp_max") == pytest.approx(wheeled + 0.05)
    settle(window)
    read = window.session.prediction
    assert read is not None and window.prediction.text() == f"Lips: {float(read['Bp']):+.2f}"
    QTest.mouseDClick(row.slider, LEFT)
    assert document.edit_state.strengths == {}
    before = float(read["Bp"])
    QTest.mouseClick(row.chips["Bp_max"], LEFT)  # the portrait's lips are thin
    wait(lambda: "Bp_max" in document.edit_state.strengths)
    settle(window)
    assert window.session.prediction is not None and float(window.session.prediction["Bp"]) > before + 0.2
    assert row.chips["Bp_max"].isChecked() and 0 < row.number.value() <= 2


def test_while_held_a_preview_and_let_go_the_picture_in_full(window: Window) -> None:
    session, slider = window.session, window.panel.rows["Hc"].slider
    held = press(slider, 0.0, 0.2, 0.4, 0.5)
    wait(lambda: session.picture is not None and session.picture.stamp == window.controller.renderer.newest)
    preview = session.picture
    assert preview is not None and not preview.settled and window.quality.text().startswith("preview")
    assert (preview.image != current(window).image).any()
    QTest.mouseRelease(slider, LEFT, pos=held)
    settle(window)
    full = session.picture
    assert full is not None and full.frame is not None and window.quality.text().startswith("full")
    outside = full.frame.support == 0
    assert outside.any() and (full.image[outside] == current(window).image[outside]).all()
    assert current(window).undo.count() == 1


def test_before_and_after_side_by_side_and_over_each_other(window: Window) -> None:
    canvas, compare = window.canvas, part(window, Compare)
    canvas.setFocus()
    before = seen(canvas)
    edit(window, 0.95)
    after = seen(canvas)
    assert (before != after).any()
    QTest.keyPress(canvas, Qt.Key.Key_Space)
    held = seen(canvas)
    assert (held == before).all(axis=2).mean() > 0.98  # all but the caption
    QTest.keyRelease(canvas, Qt.Key.Key_Space)
    assert (seen(canvas) == after).all()
    choose(window, "Split")
    QTest.mouseMove(canvas, canvas.rect().center())
    drag(canvas, 0.5, 0.4, 0.3)
    assert compare.split.data().handle(canvas).x1() == pytest.approx(0.3 * canvas.width(), abs=2)
    here = round(compare.split.data().handle(canvas).x1())
    parted, mouth = seen(canvas), slice(canvas.height() * 3 // 5, canvas.height() * 4 // 5)  # the handle is above it
    assert (parted[mouth, : here - 5] == before[mouth, : here - 5]).all()
    right = parted[mouth, here + 5 :].astype(int)
    edited, unedited = (np.abs(right - each[mouth, here + 5 :]).mean() for each in (after, before))
    assert edited < unedited / 4  # not 0: a part of a picture is scaled by itself
    choose(window, "Side by side")
    turn(canvas, 4)
    assert canvas.zoom > 1
    zoomed = seen(canvas)
    drag(canvas, 0.3, 0.25, 0.2)
    assert (seen(canvas) != zoomed).any()
    choose(window, "Fit")
    choose(window, "Edited picture")
    assert (seen(canvas) == after).all()
    overlays = part(window, Overlays)
    for name in overlays.actions:
        overlays.actions[name].trigger()
        wait(lambda: overlays.layer is not None and overlays.layer.opacity is not None)
        assert (seen(canvas) != after).any(axis=2).mean() > 0.05, name
        overlays.actions[name].trigger()
    assert (seen(canvas) == after).all()
    choose(window, "Difference")
    assert (seen(canvas) != after).any(axis=2).mean() > 0.2
    choose(window, "Difference")


def test_blending_steps_and_their_margins_are_seen_at_once(window: Window) -> None:
    panel, session = part(window, BlendingPanel), window.session
    dock = window.findChild(QDockWidget, "blending")
    assert dock is not None
    dock.show()
    dock.raise_()
    blended = edit(window, 0.95)
    assert set(panel.steps) == set(window.controller.context.config.step_settings())
    for box in panel.steps.values():
        box.click()
    settle(window)
    assert session.picture is not None and (session.picture.image != blended).mean() > 0.2
    for box in panel.steps.values():
        box.click()
    settle(window)
    assert (session.picture.image == blended).all()
    margin = panel.controls["segmentation.margin"]
    assert isinstance(margin, Number) and margin.slider is not None
    entries = current(window).undo.count()
    drag(margin.slider, 0.3, 0.6, 0.95)
    settle(window)
    assert current(window).edit_state.settings["segmentation.margin"] > 40
    assert (session.picture.image != blended).any() and current(window).undo.count() == entries + 1
    choose(window, "Undo")
    settle(window)
    assert (session.picture.image == blended).all()
    window.findChild(QDockWidget, "sliders").raise_()


def test_likeness_and_what_else_changed(window: Window) -> None:
    panel = part(window, ScoresPanel)
    edit(window, 0.9)
    wait(lambda: panel.similarity is not None)
    assert 0.3 < panel.similarity <= 1.0001
    assert [change.code for change in panel.intended] == ["Bp"] and panel.intended[0].text.startswith("+")
    choose(window, "Undo")
    wait(lambda: panel.similarity is None)


def test_history_snapshots_and_edits_carried_over(window: Window) -> None:
    document, (first, second) = current(window), window.session.documents[:2]
    edit(window)
    lips = document.edit_state
    choose(window, "Keep as snapshot A")
    drag(window.panel.rows["Hc"].slider, 0.0, 0.3, 0.5)
    both = document.edit_state
    assert len(both.strengths) == 2
    choose(window, "Undo")
    assert document.edit_state == lips
    choose(window, "Redo")
    assert document.edit_state == both
    history = window.findChild(QUndoView)
    assert history is not None
    dock = window.findChild(QDockWidget, "history")
    assert dock is not None
    dock.show()
    QTest.mouseClick(history.viewport(), LEFT, pos=history.visualRect(history.model().index(0, 0)).center())
    assert document.edit_state.strengths == {}
    dock.hide()
    choose(window, "Go to snapshot A")
    assert document.edit_state == lips
    choose(window, "Copy edit")
    window.session.open(second)
    choose(window, "Paste edit")
    assert second.edit_state.strengths == lips.strengths
    window.session.open(first)
    choose(window, "Reset")
    assert first.edit_state.strengths == {} and first.undo.canUndo()


def test_portraits_of_nobody_and_the_way_to_them(
    window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(window, "Random portrait")
    nobody = arrived(window, 3)
    assert nobody.name.startswith("random") and nobody.image.std() > 20
    choose(window, "Mix portraits")
    dialog = opened(MixDialog)
    wait(lambda: not dialog.picture.pixmap().isNull())
    dialog.share.setFocus()
    QTest.keyClick(dialog.share, Qt.Key.Key_Home)
    dialog.seconds.setValue(1)
    dialog.back.click()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "mix.webp"), ""))
    QTest.mouseClick(dialog.export, LEFT)
    wait((tmp_path / "mix.webp").is_file)
    with pillow.open(tmp_path / "mix.webp") as file:
        assert file.n_frames == 20 and file.size == (256, 256)  # type: ignore[attr-defined]
    QTest.mouseClick(dialog.add, LEFT)
    mixed = arrived(window, 4)
    assert np.abs(mixed.image.astype(int) - nobody.image).mean() < 2  # at the beginning of the way
    dialog.close()


def test_everything_that_is_saved_is_there(window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = edit(window)
    for kind, suffix in (("PNG", ".png"), ("JPEG", ".jpg"), ("WebP", ".webp")):
        choose(window, "Save image")
        ask = opened(ImageDialog)
        ask.file.setText(str(tmp_path / "lips.png"))
        ask.kind.setCurrentText(kind)
        QTest.mouseClick(ask.accept_button, LEFT)
        path = tmp_path / f"lips{suffix}"
        wait(path.is_file)
        assert np.abs(read_image(path).astype(int) - picture).mean() < (0.01 if kind == "PNG" else 6)
    choose(window, "Save translation")
    naming = opened(TranslationDialog)
    naming.folder.setText(str(tmp_path / "mine"))
    QTest.mouseClick(naming.accept_button, LEFT)
    document = current(window)
    assert document.portrait is not None
    moved = document.translations["Bp_max"].displacement(document.edit_state.strength("Bp_max"))
    np.testing.assert_allclose(load(tmp_path / "mine")["Bp_max"].displacement(), moved, atol=1e-6)
    file = tmp_path / "lips.faceedit"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    choose(window, "Save project as")
    wait(lambda: file.is_file() and document.undo.isClean())


@pytest.mark.full
def test_a_target_as_far_as_possible_is_the_picture_of_a_run(window: Window, tmp_path: Path) -> None:
    """Strength and path: the run of the same portrait looks for them and finds the same."""
    QTest.mouseClick(window.panel.rows["Bn"].chips["Bn_max"], LEFT)
    wait(lambda: current(window).edit_state.as_found("Bn_max") is not None)
    settle(window)
    wait(lambda: bool(window.session.picture and window.session.picture.frame))
    image = run_of_its_own(window, tmp_path / "run1")
    assert image.stem == "Bn_max@least"
    assert window.session.picture is not None
    assert np.array_equal(read_image(image), window.session.picture.image)


@pytest.mark.full
def test_edits_go_to_a_run_of_their_own(window: Window, tmp_path: Path) -> None:
    edit(window)
    drag(window.panel.rows["Hc"].slider, 0.0, 0.3, 0.5)
    image = run_of_its_own(window, tmp_path / "run1")
    assert re.fullmatch(r"Bp_max@[\d.]+\+Hc_\d", image.stem)
