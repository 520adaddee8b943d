"""`python -m tests.apps.editor.screenshots [DIR]`: the editor's main states as pictures, without a screen.

Without a folder it writes those that the documentation shows; into a folder all, in two sizes and both schemes.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PyQt6.QtCore import QPoint
from PyQt6.QtGui import QColor, QPainter, QPixmap
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QDialog, QDockWidget

from apps.editor import theme
from apps.editor.features.compare import Compare
from apps.editor.features.opening.picker import FacePicker
from apps.editor.features.overlays import Overlays
from apps.editor.features.saving.batch import BatchActions, BatchDialog
from apps.editor.features.saving.image import ImageDialog
from apps.editor.features.saving.translation import TranslationDialog
from apps.editor.model.session import Stage
from apps.editor.threads.import_photos import ImportedPhoto
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.crop import FFHQ_512, apply
from pipeline.models import Models
from pipeline.photo.face import Face
from tests.apps.editor.interaction import choose, opened, settle, wait
from tests.apps.editor.windows import build_window, settings_file
from tests.support.photos import hang, rendered, wall

PICTURES = Path(__file__).parents[3] / ".github" / "pictures"
SHOWN = {"split": True, "side_by_side": False, "parts": True, "difference": True, "faces": False}
"""States that the documentation shows, and whether in the dark scheme."""
SIZES = ((1280, 800), (2560, 1600))
PORTRAITS, EDITED = 8, 4
"""Sample portraits, and which of them is edited."""
State = tuple[str, QDialog | None]


def states(window: Window, folder: Path) -> Iterator[State]:
    """The window in one state after the other, and the dialog that is open."""
    session, compare, overlays = window.session, window.findChild(Compare), window.findChild(Overlays)
    assert compare is not None and overlays is not None
    window.controller.open_demo()
    wait(lambda: len(session.documents) == PORTRAITS)
    session.open(session.documents[EDITED])
    document = session.documents[EDITED]
    wait(lambda: document.portrait is not None)
    wait(lambda: document.stage is Stage.READY or not window.banner.picture.pixmap().isNull())
    yield "finding", None
    wait(lambda: all(one.stage is Stage.READY for one in session.documents))
    settle(window)
    yield "opened", None
    for identifier, strength in (("Hc_1", 1.0), ("Bp_max", 0.8), ("Sm_1", 1.0)):
        if identifier in document.translations:
            session.move(identifier, strength)
    settle(window)
    QTest.qWait(500)  # what else changed is told after the picture
    choose(window, "Split")
    yield "split", None
    choose(window, "Side by side")
    yield "side_by_side", None
    choose(window, "Edited picture")
    choose(window, "Difference")
    yield "difference", None
    choose(window, "Difference")
    for name, state in (("parsing", "parts"), ("depth", "depth"), ("support", "support"), ("domain", "domain")):
        overlays.actions[name].trigger()
        wait(lambda: overlays.layer is not None)
        yield state, None
        overlays.actions[name].trigger()
    _raise(window, "blending")
    yield "blending", None
    _raise(window, "sliders")
    picker = FacePicker(party(folder), window)
    picker.open()
    yield "faces", picker
    picker.reject()
    for text, kind in (("Save image", ImageDialog), ("Save translation", TranslationDialog)):
        choose(window, text)
        dialog = opened(kind)
        yield kind.__name__.removesuffix("Dialog").lower(), dialog
        dialog.reject()
    choose(window, "Edit many portraits")
    batch = opened(BatchDialog)
    batch.opened.click()
    batch.output.setText(str(folder / "run1"))
    yield "batch", batch
    batch.accept()
    actions = window.findChild(BatchActions)
    assert actions is not None
    wait(lambda: actions.panel.running)
    wait(lambda: not actions.panel.running)
    yield "run", None


def party(folder: Path) -> ImportedPhoto:
    """A photo of three people and where their faces are."""
    photo, people, faces = wall(1280, 800), rendered(3, 512), []
    for image, centre, side, turn in zip(
        people, ((300, 330), (690, 430), (1050, 360)), (420, 330, 280), (6, -4, 3), strict=True
    ):
        place = hang(photo, image, centre, side, turn)
        points = apply(place.to_photo(1), FFHQ_512 - 0.5)
        (left, top), (right, bottom) = points.min(0) - 0.2 * side, points.max(0) + 0.2 * side
        faces.append(Face((float(left), float(top), float(right - left), float(bottom - top)), 0.95, points))
    return ImportedPhoto("party", photo, folder / "party.jpg", faces)


def shoot(window: Window, dialog: QDialog | None, dark: bool, size: tuple[int, int]) -> QPixmap:
    """The window, with the dialog in front of it."""
    theme.apply(dark)
    window.filmstrip.refresh()
    window.resize(*size)
    QTest.qWait(50)
    picture = window.grab()
    if dialog is not None:
        front, painter = dialog.grab(), QPainter(picture)
        painter.fillRect(picture.rect(), QColor(0, 0, 0, 90))
        corner = QPoint((picture.width() - front.width()) // 2, (picture.height() - front.height()) // 2)
        painter.drawPixmap(corner, front)
        painter.end()
    return picture


def _raise(window: Window, name: str) -> None:
    dock = window.findChild(QDockWidget, name)
    assert dock is not None
    dock.show()
    dock.raise_()


def main() -> int:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output_dir", type=Path, nargs="?")
    output = parser.parse_args().output_dir
    _application = QApplication([])
    theme.apply(dark=True)
    config = load_config(None, ["projection.n_iter=10"])
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        window = build_window(lambda: (config, Models(config.models, "cpu")), folder, settings_file(folder))
        window.show()
        window.controller.start()
        for name, dialog in states(window, folder):
            if output is None and name in SHOWN:
                shoot(window, dialog, SHOWN[name], SIZES[0]).save(str(PICTURES / f"editor_{name}.jpg"), "JPG", 88)
            elif output is not None:
                output.mkdir(parents=True, exist_ok=True)
                for dark in (True, False):
                    for size in SIZES:
                        path = output / f"{name}_{'dark' if dark else 'light'}_{size[0]}.png"
                        shoot(window, dialog, dark, size).save(str(path))
                print(name, flush=True)
            if output is None and name == list(SHOWN)[-1]:
                break
        window.close_now()
    return 0


if __name__ == "__main__":
    sys.exit(main())
