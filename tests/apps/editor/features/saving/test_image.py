"""Saving the picture, as a crop and pasted back into its photo."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.features.saving.image import ImageActions, ImageDialog, save_image
from apps.editor.features.saving.translation import TranslationDialog
from apps.editor.model.session import Stage
from apps.editor.window import Window
from pipeline.core.crop import Crop, cut
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image, write_image
from pipeline.photo.metadata import GPS_IFD
from pipeline.photo.photo import read_photo, write_photo
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, current, edited, opened, wait_for_message
from tests.support.toy_models import RESOLUTION
from tests.support.toy_run import PLACE, toy_photo


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WebP"])
def test_an_image_is_saved_with_its_edit(window: Window, qtbot: QtBot, tmp_path: Path, kind: str) -> None:
    picture = edited(window)
    ask = ImageDialog(window, current(window))
    qtbot.addWidget(ask)
    ask.file.setText(str(tmp_path / "mine.png"))
    ask.kind.setCurrentText(kind)
    ask.quality.setValue(90)
    assert ask.quality.isEnabled() == (kind != "PNG")
    options = ask.options()
    assert options.path.suffix == {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp"}[kind]
    ImageActions(window).save(current(window), options)
    wait_for_message(window, "Saved as")
    photo = read_photo(options.path)
    assert photo.metadata.xmp is not None and '"Bp_max": 0.75' in photo.metadata.xmp
    difference = np.abs(photo.rgb.astype(int) - picture.astype(int)).mean()
    assert difference == 0 if kind == "PNG" else difference < 8


def test_a_path_is_typed_letter_by_letter(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window)
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
    write_image(tmp_path / "photo.png", toy_photo(1))
    photo = read_photo(tmp_path / "photo.png")
    sizes = []
    for quality in (30, 95):
        write_photo(tmp_path / "small.webp", photo, quality=quality)
        sizes.append((tmp_path / "small.webp").stat().st_size)
    assert sizes[0] < sizes[1] / 2


def test_what_an_image_says_and_how_fine_it_is_are_choices(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window)
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
    edited(window)
    ask, picture = ImageDialog(window, document), window.session.picture
    qtbot.addWidget(ask)
    assert picture is not None and not ask.with_location.isChecked()
    for place in (False, True):
        ask.with_location.setChecked(place)
        path = save_image(document, document.edit_state, picture, ask.options(), window.controller.context)
        with pillow.open(path) as file:
            assert (GPS_IFD in file.getexif()) == place


def test_an_edit_is_pasted_into_its_photo_and_never_over_it(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window()
    path = tmp_path / "photo.png"
    write_image(path, toy_photo(1))
    crop = Crop(PLACE, 200, 150, RESOLUTION)
    document = window.controller.add("photo", cut(toy_photo(1), crop), path, crop)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    edited(window)
    action = next(each for each in window.actions() if each.shortcut().toString() == "Ctrl+E")
    action.trigger()
    ask = opened(ImageDialog)
    assert ask.photo.isChecked() and ask.file.text() == str(tmp_path / "photo_edited.png")
    ask.accept_button.click()
    wait_for_message(window, "Saved as")
    before, after = read_image(path), read_image(tmp_path / "photo_edited.png")
    assert before.shape == after.shape and (before != after).any()
    assert (before[:15] == after[:15]).all()  # above the face
    original = path.read_bytes()
    action.trigger()
    ask = opened(ImageDialog)
    ask.file.setText(str(path))
    assert ask.accept_button.text() == "Replace"
    with capture_exceptions() as raised:
        ask.accept_button.click()
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert isinstance(raised[0][1], BadInput) and "is the original" in str(raised[0][1])
    assert path.read_bytes() == original
