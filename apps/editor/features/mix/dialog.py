"""The dialog of a mix: two portraits, a slider between them, and the way there as an animation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
)

from apps.editor.model.sliders import edit_of
from apps.editor.widgets.canvas import to_pixmap
from apps.editor.window import Window
from pipeline.core.types import Image
from pipeline.edit.interpolation import End, between, portrait_of, shares, write_animation

if TYPE_CHECKING:
    from apps.editor.model.session import Document

SIDE = 256
STEPS = 100
RATE = 20
"""Pictures a second of an animation."""


class MixDialog(QDialog):
    """Draws what lies between the current portrait and another, both as they are edited."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Mix portraits"))
        self._window, self._renderer = window, window.editor.renderer
        current = window.session.current
        self._start = end_of(current) if current else None
        others = [end_of(document) for document in window.session.documents if document is not current]
        self._ends = [end for end in others if end is not None]
        self._drawing, self._todo = False, False
        self._frames: list[Image] | None = None
        self.picture = QLabel(self)
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setScaledContents(True)
        self.picture.setAccessibleName(self.tr("Picture of the mix"))
        self.other = QComboBox(self)
        self.other.addItems([end.name for end in self._ends])
        self.other.setAccessibleName(self.tr("Other portrait"))
        self.share = QSlider(Qt.Orientation.Horizontal, self)
        self.share.setRange(0, STEPS)
        self.share.setValue(STEPS // 2)
        self.share.setAccessibleName(self.tr("Share of the other portrait"))
        self.seconds = QSpinBox(self)
        self.seconds.setRange(1, 20)
        self.seconds.setValue(2)
        self.seconds.setSuffix(self.tr(" s"))
        self.seconds.setAccessibleName(self.tr("Length of the animation"))
        self.back = QCheckBox(self.tr("There and back"), self)
        self.back.setChecked(True)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setEnabled(False)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.add = QPushButton(self.tr("Open as a portrait"), self)
        self.export = QPushButton(self.tr("Save animation …"), self)
        for button in (self.add, self.export):
            button.setAutoDefault(False)
            self.buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        form = QFormLayout()
        form.addRow(self.tr("&With"), self.other)
        form.addRow(self.tr("&Share"), self.share)
        form.addRow(self.tr("&Length"), self.seconds)
        form.addRow("", self.back)
        layout = QVBoxLayout(self)
        layout.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(form)
        layout.addWidget(self.progress)
        layout.addWidget(self.buttons)
        self.resize(460, self.sizeHint().height())
        self.other.currentIndexChanged.connect(lambda _: self._draw())
        self.share.valueChanged.connect(lambda _: self._draw())
        self.add.clicked.connect(self._add)
        self.export.clicked.connect(self._ask)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(lambda _: self.stop())
        self._draw()

    def mix(self, share: float | None = None) -> End:
        """What lies at `share` of the way, or where the slider stands."""
        assert self._start is not None
        position = self.share.value() / STEPS if share is None else share
        return between(self._start, self._ends[self.other.currentIndex()], position)

    def animate(self, path: Path) -> None:
        """Draw the way a picture at a time, so that the window goes on working, and write it."""
        ends = [self.mix(share) for share in shares(self.seconds.value() * RATE, self.back.isChecked())]
        frames: list[Image] = []
        self._frames = frames
        self.progress.setEnabled(True)
        self.progress.setRange(0, len(ends))
        self.export.setEnabled(False)

        def draw() -> None:
            end = ends[len(frames)]
            self._renderer.errand(lambda studio: portrait_of(end, studio.models).image, drawn)

        def drawn(image: Image) -> None:
            if self._frames is not frames:  # stopped meanwhile
                return
            frames.append(image)
            self.progress.setValue(len(frames))
            if len(frames) < len(ends):
                draw()
            else:
                self.stop()
                self._renderer.errand(lambda _: write_animation(path, frames, 1000 // RATE), written)

        def written(_: None) -> None:
            self._window.say(self._window.tr("Saved as {0}").format(path))

        draw()

    def stop(self) -> None:
        """Give up an animation that is under way."""
        self._frames = None
        self.progress.reset()
        self.progress.setEnabled(False)
        self.export.setEnabled(True)

    def _draw(self) -> None:
        """Draw what the slider says; of several requests meanwhile only the last."""
        self._todo = True
        if self._drawing:
            return
        self._drawing, self._todo = True, False
        end = self.mix()
        self._renderer.errand(lambda studio: portrait_of(end, studio.models, SIDE).image, self._drawn)

    def _drawn(self, image: Image) -> None:
        self._drawing = False
        if self.isVisible() or self.picture.pixmap().isNull():
            self.picture.setPixmap(to_pixmap(image))
        if self._todo:
            self._draw()

    def _add(self) -> None:
        from apps.editor.features.mix import open_end

        open_end(self._window, self.mix())

    def _ask(self) -> None:
        kinds = self.tr("Animations (*.webp *.gif *.png)")
        begin = self._window.folders.begin("animations", "mix.webp")
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Save animation"), begin, kinds)
        if chosen:
            self._window.folders.note("animations", Path(chosen))
            self.animate(Path(chosen))


def end_of(document: Document) -> End | None:
    """A document as it is edited now; none before it has a latent."""
    portrait = document.portrait
    if portrait is None or portrait.latent is None:
        return None
    latent = portrait.latent + edit_of(document.recipe, document.translations).displacement()
    return End(document.name, latent, portrait.space, portrait.tuning)
