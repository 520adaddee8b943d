"""Banner over the canvas: progress of a projection and a button to stop it."""

from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from apps.editor.controller import Controller
from apps.editor.model.session import Document, Stage
from apps.editor.widgets.canvas import to_pixmap
from pipeline.core.types import Image

SIDE = 64


class ProjectionBanner(QFrame):
    """Progress of the current document's projection, with the generator's current image."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._controller = controller
        self.setProperty("role", "banner")
        self.picture = QLabel(self)
        self.picture.setFixedSize(SIDE, SIDE)
        self.picture.setScaledContents(True)
        self.picture.setAccessibleName(self.tr("Reconstruction so far"))
        self.text = QLabel(self)
        self.progress = QProgressBar(self)
        self.progress.setTextVisible(False)
        self.progress.setRange(0, 1000)
        self.progress.setFixedSize(180, 12)
        self.cancel = QPushButton(self.tr("Stop"), self)
        self.cancel.clicked.connect(self._cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 8, 12, 8)
        layout.setSpacing(12)
        for widget in (self.picture, self.text, self.progress, self.cancel):
            layout.addWidget(widget)
        session = controller.session
        session.current_changed.connect(lambda _: self.picture.clear())
        session.current_updated.connect(self._show)
        controller.reconstructed.connect(self._picture)
        self.hide()

    def _show(self, document: Document | None) -> None:
        busy = document is not None and document.stage in (Stage.WAITING, Stage.PROJECTING)
        self.setVisible(busy)
        if document is None or not busy:
            return
        usable = document.portrait is not None
        if usable:
            self.text.setText(self.tr("Refining the likeness"))
            self.cancel.setToolTip(self.tr("Keep the latent found so far: edits work, the likeness is less exact"))
        else:
            self.text.setText(self.tr("Finding the face in latent space"))
            self.cancel.setToolTip(self.tr("Close the portrait: it has no latent to edit yet"))
        self.progress.setRange(0, 1000 if usable else 0)
        self.progress.setValue(round(1000 * document.progress))
        self.picture.setVisible(not self.picture.pixmap().isNull())
        self.adjustSize()
        self.place()

    def place(self) -> None:
        """Move to the bottom centre of the canvas."""
        parent = self.parentWidget()
        if parent is not None:
            self.move((parent.width() - self.width()) // 2, parent.height() - self.height() - 16)

    def _picture(self, document: Document, image: Image) -> None:
        if document is self._controller.session.current:
            self.picture.setPixmap(to_pixmap(image))

    def _cancel(self) -> None:
        if self._controller.session.current is not None:
            self._controller.cancel(self._controller.session.current)
