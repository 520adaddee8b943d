"""Dialog that interpolates between two portraits, shown as a picture or exported as an animation."""

from pathlib import Path

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

from apps.editor.features.mix.open_generated import open_endpoint
from apps.editor.model.session import Document
from apps.editor.widgets.canvas import to_pixmap
from apps.editor.window import Window
from pipeline.core.types import Image
from pipeline.edit.interpolation import Endpoint, interpolate, positions, render_endpoint, write_animation

SIDE = 256
"""Side of the picture in pixels."""
STEPS = 100
"""Largest position of the slider."""
FRAME_RATE = 20
"""Frames per second of an animation."""


class MixDialog(QDialog):
    """Interpolates between the current portrait and another, both with their edits."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Mix portraits"))
        self._window, self._controller = window, window.controller
        current = window.session.current
        self._start = endpoint_of(current) if current else None
        others = [endpoint_of(document) for document in window.session.documents if document is not current]
        self._ends = [end for end in others if end is not None]
        self._rendering, self._pending = False, False
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
        self.other.currentIndexChanged.connect(lambda _: self._render())
        self.share.valueChanged.connect(lambda _: self._render())
        self.add.clicked.connect(lambda _: open_endpoint(self._window, self.mix()))
        self.export.clicked.connect(self._ask)
        self.buttons.rejected.connect(self.reject)
        self.finished.connect(lambda _: self.stop())
        self._render()

    def mix(self, share: float | None = None) -> Endpoint:
        """The interpolation at `share` (0..1), or at the slider's position."""
        assert self._start is not None
        position = self.share.value() / STEPS if share is None else share
        return interpolate(self._start, self._ends[self.other.currentIndex()], position)

    def animate(self, path: Path) -> None:
        """Render the interpolation, one frame per task to keep the window responsive, and write it."""
        ends = [self.mix(share) for share in positions(self.seconds.value() * FRAME_RATE, self.back.isChecked())]
        frames: list[Image] = []
        self._frames = frames
        self.progress.setEnabled(True)
        self.progress.setRange(0, len(ends))
        self.export.setEnabled(False)

        def draw() -> None:
            end = ends[len(frames)]
            self._controller.submit(lambda context: render_endpoint(end, context.models).image, drawn)

        def drawn(image: Image) -> None:
            if self._frames is not frames:  # stopped meanwhile
                return
            frames.append(image)
            self.progress.setValue(len(frames))
            if len(frames) < len(ends):
                draw()
            else:
                self.stop()
                self._controller.submit(lambda _: write_animation(path, frames, 1000 // FRAME_RATE), written)

        def written(_: None) -> None:
            self._window.show_message(self._window.tr("Saved as {0}").format(path))

        draw()

    def stop(self) -> None:
        """Cancel a running animation."""
        self._frames = None
        self.progress.reset()
        self.progress.setEnabled(False)
        self.export.setEnabled(True)

    def _render(self) -> None:
        """Render the slider's position; during a rendering only the latest position waits."""
        self._pending = True
        if self._rendering:
            return
        self._rendering, self._pending = True, False
        end = self.mix()
        self._controller.submit(lambda context: render_endpoint(end, context.models, SIDE).image, self._rendered)

    def _rendered(self, image: Image) -> None:
        self._rendering = False
        if self.isVisible() or self.picture.pixmap().isNull():
            self.picture.setPixmap(to_pixmap(image))
        if self._pending:
            self._render()

    def _ask(self) -> None:
        kinds = self.tr("Animations (*.webp *.gif *.png)")
        start = self._window.recent_folders.start("animations", "mix.webp")
        chosen, _ = QFileDialog.getSaveFileName(self, self.tr("Save animation"), start, kinds)
        if chosen:
            self._window.recent_folders.remember("animations", Path(chosen))
            self.animate(Path(chosen))


def endpoint_of(document: Document) -> Endpoint | None:
    """The latent of a document with its edit applied; None before it has a latent."""
    portrait = document.portrait
    if portrait is None or portrait.latent is None:
        return None
    latent = portrait.latent + document.edit_state.to_edit(document.translations).displacement()
    return Endpoint(document.name, latent, portrait.space, portrait.tuning)
