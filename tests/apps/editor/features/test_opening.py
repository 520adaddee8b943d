"""Photos come in by every door of the real window, and of several people the right one is taken."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PyQt6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PyQt6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from apps.editor.features.opening import Opening
from apps.editor.features.opening.dropped import dropped_content, to_image
from apps.editor.model.session import Document, Stage
from apps.editor.threads.import_photos import ImportedCrop
from apps.editor.window import Window
from pipeline.core.crop import FFHQ_512, Crop
from pipeline.core.errors import MissingWeights
from pipeline.core.files import write_atomic
from pipeline.core.images import write_image
from pipeline.core.types import Image
from pipeline.photo.face import Face
from pipeline.world.samples import studio_pictures
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT
from tests.support.photos import hang, rendered, wall
from tests.support.toy_models import RESOLUTION, portrait_image
from tests.support.toy_run import toy_models
from tests.support.yunet import yunet

LEFT = Qt.MouseButton.LeftButton
PEOPLE = ((30.0, 40.0, 160.0), (220.0, 60.0, 120.0), (330.0, 10.0, 30.0))
"""Left, top and side of the aligned squares of three people in a photo; the last one is too small."""


class Crowd:
    """Sees three people in what is wide, nobody in what is dark, and one in the middle of everything else."""

    def detect(self, image: Image) -> list[Face]:
        height, width = image.shape[:2]
        if image.mean() < 1:
            return []
        places = PEOPLE if width > 1.2 * height else (((width - height) / 2, 0.0, float(height)),)
        return [Face((x, y, side, side), 0.9, FFHQ_512 * side + (x, y)) for x, y, side in places]


@pytest.fixture
def opening(make_window: MakeWindow) -> Opening:
    """A window without portraits, and with a detector."""
    return find(make_window(toy_models(Crowd())))


def find(window: Window) -> Opening:
    (found,) = window.findChildren(Opening)
    return found


def crowd(path: Path) -> Path:
    write_image(path, np.random.default_rng(0).integers(60, 200, (240, 400, 3), np.uint8))
    return path


def portrait(path: Path, seed: int = 1) -> Path:
    write_image(path, portrait_image(seed))
    return path


def opened(opening: Opening, qtbot: QtBot, count: int = 1) -> list[Document]:
    """The documents, as soon as there are so many and all are ready."""
    session = opening._window.session
    qtbot.waitUntil(lambda: len(session.documents) == count, timeout=WAIT)
    qtbot.waitUntil(lambda: all(one.stage is Stage.READY for one in session.documents), timeout=WAIT)
    return session.documents


def drop(opening: Opening, data: QMimeData) -> QDropEvent:
    copy, none = Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), copy, data, LEFT, none)
    event = QDropEvent(QPointF(50, 50), copy, data, LEFT, none, QEvent.Type.Drop)
    for each in (enter, event):  # nothing is dropped where it may not enter
        QApplication.sendEvent(opening._window, each)
    return event


def png(image: Image, folder: Path) -> bytes:
    write_image(folder / "_.png", image)
    return (folder / "_.png").read_bytes()


def test_files_and_folders_of_the_dialogs_open_and_are_remembered(
    opening: Opening, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    first, second = portrait(folder / "a.png"), portrait(folder / "b.png", 2)
    alone = portrait(tmp_path / "c.png", 3)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    opening.ask_folder()
    assert [one.path for one in opened(opening, qtbot, 2)] == [first, second]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(alone)], ""))
    opening.ask_files()
    documents = opened(opening, qtbot, 3)
    assert opening._window.session.current is documents[2]  # what was asked for comes on screen
    opening.recent.fill()
    assert [action.text() for action in opening.recent.menu.actions()][:3] == ["c.png", "b.png", "a.png"]
    opening.recent.menu.actions()[2].trigger()
    assert opened(opening, qtbot, 4)[3].path == first
    assert opening.recent.paths[0] == first
    opening.recent._add(ImportedCrop("portrait_1", portrait_image(1), studio_pictures()[0]))
    assert opening.recent.paths[0] == first  # a sample is no file of the user's
    opening.recent.fill()
    opening.recent.menu.actions()[-1].trigger()
    assert opening.recent.paths == []


def test_drops_and_the_clipboard(opening: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    window, data = opening._window, QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(portrait(tmp_path / "a.png")))])
    assert drop(opening, data).isAccepted()
    opened(opening, qtbot)
    page, picture = QMimeData(), base64.b64encode(png(portrait_image(2), tmp_path)).decode()
    page.setHtml(f'<a href="https://example.org/"><img src="data:image/png;base64,{picture}"></a>')
    page.setUrls([QUrl("https://example.org/")])
    drop(opening, page)
    documents = opened(opening, qtbot, 2)
    np.testing.assert_array_equal(documents[1].image, portrait_image(2))
    pixels = portrait_image(3)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    raw = pixels.tobytes()  # QImage only borrows it
    clipboard.setImage(QImage(raw, RESOLUTION, RESOLUTION, 3 * RESOLUTION, QImage.Format.Format_RGB888).copy())
    opening.paste()
    document = opened(opening, qtbot, 3)[2]
    np.testing.assert_array_equal(document.image, pixels)
    assert document.path is not None and document.path.is_file()
    assert window.session.current is document
    clipboard.setText("no photo")
    assert not opening.open_content(clipboard.mimeData())


def test_transparency_lies_on_white_and_rows_may_be_padded() -> None:
    picture = QImage(3, 2, QImage.Format.Format_ARGB32)
    picture.fill(0x00000000)
    picture.setPixel(2, 1, 0xFF0A141E)
    image = to_image(picture)
    assert image.shape == (2, 3, 3)
    assert image[1, 2].tolist() == [10, 20, 30] and image[0].min() == 255
    assert not dropped_content(QMimeData())


def test_of_several_people_one_is_clicked(opening: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    opening.open_files([crowd(tmp_path / "party.png")])
    qtbot.waitUntil(lambda: opening.picker is not None, timeout=WAIT)
    assert opening.picker is not None
    first, second, third = opening.picker.photo.buttons
    assert not third.isEnabled() and "too small" in third.toolTip()
    assert second.x() > first.x() and first.width() > second.width()
    qtbot.mouseClick(second, LEFT)
    (document,) = opened(opening, qtbot)
    assert document.name == "party 2"
    assert isinstance(document.crop, Crop)
    assert document.crop.side == pytest.approx(PEOPLE[1][2], rel=0.15)
    assert document.image.shape == (RESOLUTION, RESOLUTION, 3)
    assert document.portrait is not None and document.portrait.crop is document.crop


def test_by_keyboard_all_or_nobody(opening: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    path = crowd(tmp_path / "party.png")
    opening.open_files([path, path, path])
    qtbot.waitUntil(lambda: opening.picker is not None and len(opening._waiting) == 2, timeout=WAIT)
    picker: Any = opening.picker
    qtbot.keyClick(picker, Qt.Key.Key_Escape)
    picker = opening.picker
    qtbot.keyClick(picker.photo.buttons[1], Qt.Key.Key_Return)
    assert [one.name for one in opened(opening, qtbot)] == ["party 2"]
    picker = opening.picker
    picker.all.click()
    assert [one.name for one in opened(opening, qtbot, 3)] == ["party 2", "party 1", "party 2"]
    assert opening.picker is None


def test_without_the_detector_squares_open_and_photos_say_what_to_fetch(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    class Absent:
        def detect(self, image: Image) -> list[Face]:
            raise MissingWeights("The detector of model set faces is missing: run `face-edit models fetch faces`.")

    opening = find(make_window(toy_models(Absent())))
    opening.open_files([crowd(tmp_path / "party.png"), portrait(tmp_path / "a.png")])
    (document,) = opened(opening, qtbot)
    assert document.crop is None
    text = opening.notice.text.text()
    assert opening.notice.isVisible() and "party.png" in text and "face-edit models fetch faces" in text
    qtbot.mouseClick(opening.notice.dismiss, LEFT)
    assert not opening.notice.isVisible()


def test_the_warning_about_a_portrait_stays_until_it_is_closed(opening: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    opening.open_files([portrait(tmp_path / "a.png"), portrait(tmp_path / "b.png", 2)])
    first, second = opened(opening, qtbot, 2)
    session = opening._window.session
    session.update(first, note="The reconstruction reaches only 12.0 dB.")
    assert opening.notice.isVisible() and "12.0 dB" in opening.notice.text.text()
    session.open(second)
    assert not opening.notice.isVisible()
    session.open(first)
    qtbot.mouseClick(opening.notice.dismiss, LEFT)
    session.open(second)
    session.open(first)
    assert not opening.notice.isVisible()


def test_nobody_in_a_photo_is_said(opening: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    write_image(tmp_path / "dark.png", np.zeros((100, 160, 3), np.uint8))
    opening.open_files([tmp_path / "dark.png"])
    qtbot.waitUntil(opening.notice.isVisible, timeout=WAIT)
    assert "No face can be found in dark.png" in opening.notice.text.text()
    assert "Ctrl+O" in opening._window.canvas.notice


def test_every_photo_that_was_refused_is_listed(opening: Opening, qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    names = [f"broken_{number}.png" for number in range(30)]
    for name in names:
        write_atomic(folder / name, b"not a picture")
    write_atomic(folder / "notes.txt", b"words")
    portrait(folder / "whole.png")
    opening.open_files([folder])
    opened(opening, qtbot)
    notice = opening.notice
    qtbot.waitUntil(lambda: names[-1] in notice.text.text(), timeout=WAIT)
    lines = notice.text.text().splitlines()
    assert [sum(name in line for line in lines) for name in (*names, "notes.txt")] == [1] * 31
    canvas = opening._window.canvas
    assert notice.height() < 0.5 * canvas.height()
    assert notice.text.height() > notice.height()
    assert notice.dismiss.isVisible()


def test_the_real_detector(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    detector, people = yunet(), rendered(2, 256)
    photo = wall(640, 400)
    places = [hang(photo, people[0], (170, 200), 220, 8), hang(photo, people[1], (470, 200), 160, -5)]
    write_image(tmp_path / "wall.png", photo)
    opening = find(make_window(toy_models(detector)))
    opening.open_files([tmp_path / "wall.png"])
    qtbot.waitUntil(lambda: opening.picker is not None, timeout=WAIT)
    assert opening.picker is not None
    qtbot.mouseClick(opening.picker.photo.buttons[0], LEFT)
    (document,) = opened(opening, qtbot)
    assert isinstance(document.crop, Crop)
    middle, hung = np.mean(document.crop.quad, 0), np.mean(places[0].quad, 0)
    assert np.hypot(*(middle - hung)) < 0.1 * places[0].side
