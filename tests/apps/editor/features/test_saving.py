"""Projects, images and translations through the real window; what cannot be written loses nothing."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow
from PyQt6.QtWidgets import QApplication, QFileDialog, QMessageBox
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.features.saving.image import ImageActions, ImageDialog, save_image
from apps.editor.features.saving.translation import TranslationDialog
from apps.editor.model.edit_state import EditState
from apps.editor.model.project_file import read_project
from apps.editor.model.session import Document, Stage
from apps.editor.project import ProjectDialogs
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.crop import Crop, cut
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from pipeline.core.types import Maps
from pipeline.photo.metadata import GPS_IFD
from pipeline.photo.photo import read_photo, write_photo
from pipeline.run.runner import run
from projection.translations import load
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, add, settle
from tests.support.toy_run import PLACE, toy_job, toy_photo
from tests.support.toys import RESOLUTION, SPACE, ToyModels


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's is read or written."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def dialog(kind: type, qtbot: QtBot) -> object:
    """The one dialog of a kind that is open."""
    qtbot.waitUntil(lambda: any(isinstance(each, kind) and each.isVisible() for each in QApplication.topLevelWidgets()))
    return next(each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible())


def current(window: Window) -> Document:
    assert window.session.current is not None
    return window.session.current


def edited(window: Window, qtbot: QtBot) -> np.ndarray:
    """Change the current portrait and wait for the picture in full."""
    window.session.move("Bp_max", 0.75)
    window.session.move("Hc_1", 0.5)
    settle(window)
    qtbot.waitUntil(lambda: window.session.picture is not None and window.session.picture.frame is not None)
    assert window.session.picture is not None
    return window.session.picture.image


def projects(window: Window) -> ProjectDialogs:
    return ProjectDialogs(window)


def said(window: Window, qtbot: QtBot, words: str) -> None:
    status = window.statusBar()
    assert status is not None
    qtbot.waitUntil(lambda: words in status.currentMessage(), timeout=WAIT)


def test_a_translation_is_named_saved_and_used_by_a_run(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    picture = edited(window, qtbot)
    next(action for action in window.actions() if action.shortcut().toString() == "Ctrl+T").trigger()
    ask = dialog(TranslationDialog, qtbot)
    assert isinstance(ask, TranslationDialog)
    assert ask.name.text() == "Bp_max"
    for wrong, reason in (("", "is no translation name"), ("Bq_max", "did you mean"), ("B_1_fr_1", "starts where")):
        ask.name.clear()
        qtbot.keyClicks(ask.name, wrong)
        assert reason in ask.note.text() and not ask.accept_button.isEnabled()
    ask.name.clear()
    qtbot.keyClicks(ask.name, "Bp_min")
    assert ask.note.text() == "Lips: thin" and ask.accept_button.isEnabled()
    folder = tmp_path / "mine"
    ask.folder.setText(str(folder))
    ask.use.setChecked(True)
    assert f"translations=[{folder}]" in ask.command.text()
    before = current(window).translations["Bp_min"]
    ask.accept_button.click()
    qtbot.waitUntil(lambda: current(window).translations["Bp_min"] is not before)
    assert list(load(folder)) == ["Bp_min"]
    assert load_config(None, [f"translations=[{folder}]"]).translations == (str(folder),)
    photos = tmp_path / "photos"
    photos.mkdir()
    write_image(photos / "one.png", current(window).image)
    config = {"translations": (str(folder),), "steps": ["toy_square", "toy_invert"]}
    outcome = run(toy_job(photos, tmp_path / "run1", config=config, edits=("Bp_min",)), ToyModels())
    assert not outcome.failed
    assert (read_image(outcome.folder / "one" / "Bp_min.png") == picture).all()


def test_a_folder_of_another_space_is_refused_in_the_dialog(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window, qtbot)
    (tmp_path / "space.json").write_text('{"space": "elsewhere"}')
    ask = TranslationDialog(current(window), window)
    qtbot.addWidget(ask)
    ask.folder.setText(str(tmp_path))
    ask.accept_button.click()
    assert ask.note.text() == (
        f"The translations in {tmp_path} belong to elsewhere, this one to {SPACE}: choose another folder."
    )
    assert list(tmp_path.glob("*.npy")) == []


def test_one_of_the_same_name_is_replaced_only_knowingly(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window, qtbot)
    ask = TranslationDialog(current(window), window)
    qtbot.addWidget(ask)
    ask.folder.setText(str(tmp_path / "mine"))
    ask.accept_button.click()
    again = TranslationDialog(current(window), window)
    qtbot.addWidget(again)
    again.folder.setText(str(tmp_path / "mine"))
    assert again.accept_button.text() == "Replace" and "will be replaced" in again.note.text()
    assert [again.present.item(row).text() for row in range(again.present.count())] == ["Bp_max"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP"])
def test_an_image_is_saved_with_its_recipe(window: Window, qtbot: QtBot, tmp_path: Path, kind: str) -> None:
    picture = edited(window, qtbot)
    ask = ImageDialog(window, current(window))
    qtbot.addWidget(ask)
    ask.file.setText(str(tmp_path / "mine.png"))
    ask.kind.setCurrentText(kind)
    ask.quality.setValue(90)
    assert ask.quality.isEnabled() == (kind != "PNG")
    options = ask.options()
    assert options.path.suffix == {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp"}[kind]
    ImageActions(window).save(current(window), options)
    said(window, qtbot, "Saved as")
    photo = read_photo(options.path)
    assert photo.metadata.xmp is not None and '"Bp_max": 0.75' in photo.metadata.xmp
    difference = np.abs(photo.rgb.astype(int) - picture.astype(int)).mean()
    assert difference == 0 if kind == "PNG" else difference < 8


def test_a_path_is_typed_letter_by_letter(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window, qtbot)
    ask, naming = ImageDialog(window, current(window)), TranslationDialog(current(window), window)
    for each in (ask, naming):
        qtbot.addWidget(each)
    ask.file.clear()
    assert not ask.accept_button.isEnabled()
    qtbot.keyClicks(ask.file, "~nobody_of_this_name/")
    ask.file.clear()
    qtbot.keyClicks(ask.file, str(tmp_path / "lips"))
    assert ask.accept_button.isEnabled() and ask.options().path == tmp_path / "lips.png"
    naming.folder.clear()
    assert not naming.accept_button.isEnabled()
    qtbot.keyClicks(naming.folder, "~nobody_of_this_name")
    assert naming.accept_button.isEnabled()


def test_quality_makes_files_smaller(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    photo = read_photo(_written(tmp_path / "photo.png"))
    sizes = []
    for quality in (30, 95):
        write_photo(tmp_path / "small.webp", photo, quality=quality)
        sizes.append((tmp_path / "small.webp").stat().st_size)
    assert sizes[0] < sizes[1] / 2


def test_what_an_image_says_and_how_fine_it_is_are_choices(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window, qtbot)
    ask = ImageDialog(window, current(window))
    qtbot.addWidget(ask)
    ask.kind.setCurrentText("WebP")
    picture, sizes = window.session.picture, []
    assert picture is not None
    for noted, quality in ((True, 95), (False, 95), (False, 20)):
        ask.with_metadata.setChecked(noted)
        ask.quality.setValue(quality)
        options = replace(ask.options(), path=tmp_path / "mine.webp")
        assert (options.with_metadata, options.quality, options.with_location) == (noted, quality, False)
        path = save_image(current(window), current(window).edit_state, picture, options, window.controller.context)
        assert (read_photo(path).metadata.xmp is not None) == noted
        sizes.append(path.stat().st_size)
    assert sizes[2] < sizes[1]


def test_a_photo_says_where_it_was_taken_only_when_asked(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, crop = make_window(), Crop(PLACE, 200, 150, RESOLUTION)
    block = pillow.Exif()
    block[0x010F] = "A camera"
    block.get_ifd(GPS_IFD)[1] = "N"
    pillow.fromarray(toy_photo(1)).save(tmp_path / "photo.png", exif=block)
    document = window.controller.add("photo", cut(toy_photo(1), crop), tmp_path / "photo.png", crop)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    edited(window, qtbot)
    ask, picture = ImageDialog(window, document), window.session.picture
    qtbot.addWidget(ask)
    assert picture is not None and not ask.place.isChecked()
    for place in (False, True):
        ask.place.setChecked(place)
        path = save_image(document, document.edit_state, picture, ask.options(), window.controller.context)
        with pillow.open(path) as file:
            assert (GPS_IFD in file.getexif()) == place


def test_an_edit_is_pasted_into_its_photo_and_never_over_it(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    path = _written(tmp_path / "photo.png")
    crop = Crop(PLACE, 200, 150, RESOLUTION)
    document = window.controller.add("photo", cut(toy_photo(1), crop), path, crop)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    edited(window, qtbot)
    action = next(each for each in window.actions() if each.shortcut().toString() == "Ctrl+E")
    action.trigger()
    ask = dialog(ImageDialog, qtbot)
    assert isinstance(ask, ImageDialog)
    assert ask.photo.isChecked() and ask.file.text() == str(tmp_path / "photo_edited.png")
    ask.accept_button.click()
    said(window, qtbot, "Saved as")
    before, after = read_image(path), read_image(tmp_path / "photo_edited.png")
    assert before.shape == after.shape and (before != after).any()
    assert (before[:15] == after[:15]).all()  # above the face
    original = path.read_bytes()
    action.trigger()
    ask = dialog(ImageDialog, qtbot)
    assert isinstance(ask, ImageDialog)
    ask.file.setText(str(path))
    assert ask.accept_button.text() == "Replace"
    with capture_exceptions() as raised:
        ask.accept_button.click()
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert isinstance(raised[0][1], BadInput) and "is the original" in str(raised[0][1])
    assert path.read_bytes() == original


def test_a_project_opens_again_as_it_was(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window()
    crop = Crop(PLACE, 200, 150, RESOLUTION)
    path = _written(tmp_path / "photo.png")
    document = window.controller.add("photo", cut(toy_photo(1), crop), path, crop)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    tuning = {"conv.weight": np.full((3, 3, 5, 5), 0.01, np.float16)}
    assert document.portrait is not None
    window.controller.update(document, portrait=replace(document.portrait, tuning=tuning, maps=Maps()))
    second = add(window, seed=2)
    window.session.move("Bp_max", 0.75)
    window.session.change(document.edit_state.set("toy_square.share", 0.75).switched("toy_invert", False), "other")
    recipe = document.edit_state
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame))
    settle(window)
    picture = window.session.picture
    file = tmp_path / "mine.faceedit"
    projects(window).save_to(tmp_path / "mine")
    said(window, qtbot, "Saved as")
    assert document.undo.isClean()

    again = make_window()
    projects(again).open_from(file)
    qtbot.waitUntil(lambda: len(again.session.documents) == 2, timeout=WAIT)
    opened, other = again.session.documents
    assert again.session.current is opened
    assert (opened.edit_state, opened.path, opened.crop) == (recipe, path, crop)
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
    projects(window).save_to(tmp_path / "mine.faceedit")
    window.session.move("Bp_max", 1.0)
    said(window, qtbot, "Saved as")
    assert not current(window).undo.isClean()
    (saved,) = read_project(tmp_path / "mine.faceedit").portraits
    assert saved.edit_state.strengths == {"Bp_max": 0.75}


def test_a_project_of_other_blending_steps_says_so(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window, file = make_window(), tmp_path / "mine.faceedit"
    add(window)
    projects(window).save_to(file)
    said(window, qtbot, "Saved as")
    for steps, words in ((["toy_square", "toy_invert"], "Opened"), (["toy_square"], "with other blending steps")):
        again = make_window(steps=steps)
        projects(again).open_from(file)
        said(again, qtbot, words)


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
    projects(window).save_to(file)
    said(window, qtbot, "Saved as")
    again = make_window()
    projects(again).open_from(file)
    said(again, qtbot, "Opened")
    assert (current(again).translations["Bp_max"].path == own.path).all()
    assert (current(again).translations["Bp_min"].path == document.translations["Bp_min"].path).all()


def test_a_portrait_that_was_saved_half_projected_is_projected_again(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window, file = make_window(), tmp_path / "mine.faceedit"
    window.session.update(add(window), rough=True)
    projects(window).save_to(file)
    said(window, qtbot, "Saved as")
    again = make_window()
    projects(again).open_from(file)
    said(again, qtbot, "Opened")
    qtbot.waitUntil(lambda: current(again).stage is Stage.READY and not current(again).rough, timeout=WAIT)


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda _: b"nothing", lambda _: b""])
def test_what_is_no_project_is_one_sentence_and_changes_nothing(
    window: Window, qtbot: QtBot, tmp_path: Path, damage: object
) -> None:
    file = tmp_path / "mine.faceedit"
    projects(window).save_to(file)
    said(window, qtbot, "Saved as")
    file.write_bytes(damage(file.read_bytes()))  # type: ignore[operator]
    before = list(window.session.documents)
    with capture_exceptions() as raised:
        projects(window).open_from(file)
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert str(raised[0][1]) == f"{file} is no project of the editor, or it is damaged."
    assert window.session.documents == before
    with pytest.raises(BadInput, match="There is no project"):
        read_project(tmp_path / "nothing.faceedit")


def test_a_full_disk_is_one_sentence_and_keeps_the_old_project(
    window: Window, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.faceedit"
    projects(window).save_to(file)
    said(window, qtbot, "Saved as")
    old = file.read_bytes()
    edited(window, qtbot)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, capture_exceptions() as raised:
        patch.setattr(os, "fsync", full)
        projects(window).save()
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert str(raised[0][1]).startswith("The disk is full")
    assert file.read_bytes() == old and not current(window).undo.isClean()
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".tmp"] == []
    projects(window).save()
    qtbot.waitUntil(current(window).undo.isClean, timeout=WAIT)
    assert file.read_bytes() != old


def press(qtbot: QtBot, button: QMessageBox.StandardButton) -> None:
    """Answer the question that is asked."""
    box = dialog(QMessageBox, qtbot)
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


def _written(path: Path) -> Path:
    write_image(path, toy_photo(1))
    return path
