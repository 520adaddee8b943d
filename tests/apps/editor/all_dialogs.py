"""The window with two portraits and all of its dialogs, without the threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PyQt6.QtWidgets import QWidget

from apps.editor.crash import CrashDialog
from apps.editor.features.mix.dialog import MixDialog
from apps.editor.features.opening.picker import FacePicker
from apps.editor.features.own_sliders.dialog import SliderDialog
from apps.editor.features.recovery import Recovery
from apps.editor.features.saving.batch import BatchDialog
from apps.editor.features.saving.image import ImageDialog
from apps.editor.features.saving.translation import TranslationDialog
from apps.editor.features.shortcuts import ShortcutSheet
from apps.editor.model.session import Document, Picture, Stage
from apps.editor.threads.import_photos import ImportedPhoto
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.attributes import attributes
from pipeline.core.crop import FFHQ_512
from pipeline.core.types import Portrait, Translation
from pipeline.edit.preview_level import PreviewLevels
from pipeline.photo.face import Face
from tests.apps.editor.windows import build_window, settings_file

SIDE, SPACE = 32, "nowhere"
NAMES = ("p1", "p2")
"""Of the portraits; short, so that nobody takes them for words."""
PHOTO = "ph"


@contextmanager
def everything(folder: Path) -> Iterator[list[QWidget]]:
    """The window, edited, and every dialog of it; all are closed in the end."""
    (folder / "cache" / "recovery").mkdir(parents=True)
    (folder / "cache" / "recovery" / "left.faceedit").touch()
    window = build_window(lambda: None, folder / "cache", settings_file(folder))
    window.controller.context.config = load_config(None, [])
    window.controller.renderer.opened.emit(PreviewLevels().levels)
    first, second = (_document(window, name) for name in NAMES)
    window.session.open(second)
    window.session.open(first)
    window.session.move("Bp_max", 0.5)
    window.session.show(Picture(first.image, settled=True))
    window.session.show_prediction({"Bp": np.float32(0.5), "Hc": np.array([0.7, 0.1, 0.1, 0.05, 0.05], np.float32)})
    recovery = window.findChild(Recovery)
    assert recovery is not None
    recovery.offer_restore()
    assert recovery.offer is not None
    faces = [Face((x, 0.0, 100.0, 100.0), 0.9, FFHQ_512 * 100 + (x, 0)) for x in (0.0, 120.0)]
    imported = ImportedPhoto(PHOTO, np.zeros((100, 240, 3), np.uint8), folder / PHOTO, faces)
    dialogs: list[QWidget] = [
        MixDialog(window),
        ImageDialog(window, first),
        BatchDialog(window),
        TranslationDialog(first, window),
        SliderDialog("p1", None, window, [first, second]),
        SliderDialog("p2", attributes()["Bp"], window),
        SliderDialog("p1", None, window, of_sentences=True),
        ShortcutSheet(window),
        FacePicker(imported, window),
        CrashDialog(ZeroDivisionError("0"), window),
        recovery.offer,
    ]
    try:
        yield [window, *dialogs]
    finally:
        for dialog in dialogs:
            dialog.close()
        window.close_now()
        window.deleteLater()


def _document(window: Window, name: str) -> Document:
    image = np.full((SIDE, SIDE, 3), 128, np.uint8)
    document = window.session.add(name, image)
    move = Translation("Bp_max", SPACE, np.ones((1, 2, 4), np.float32))
    portrait = Portrait(name, image, np.zeros((2, 4), np.float32), SPACE)
    window.session.update(document, portrait=portrait, translations={"Bp_max": move}, rough=False, stage=Stage.READY)
    return document
