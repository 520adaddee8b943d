"""Strip of open portraits with their progress."""

from PyQt6.QtCore import QLineF, QRectF, QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap
from PyQt6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from apps.editor.model.session import Document, Session, Stage
from apps.editor.theme import colours
from apps.editor.widgets.canvas import to_pixmap

SIDE = 76
NUMBER = Qt.ItemDataRole.UserRole


class Filmstrip(QListWidget):
    """List with a thumbnail for each document; the selected one is the current document."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._items: dict[int, QListWidgetItem] = {}
        self._pictures: dict[int, QPixmap] = {}
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setGridSize(QSize(SIDE + 12, SIDE + 14))
        self.setFixedHeight(SIDE + 24)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Open portraits"))
        self.currentItemChanged.connect(self._chosen)
        session.documents_changed.connect(self._documents)
        session.document_changed.connect(self._refresh)
        session.current_changed.connect(lambda _: self._select())
        session.edit_state_changed.connect(self._edited)

    def _edited(self, document: Document, settled: bool) -> None:
        if settled:
            self._refresh(document)

    def _documents(self) -> None:
        present = {document.number for document in self._session.documents}
        with QSignalBlocker(self):
            for number in self._items.keys() - present:
                self.takeItem(self.row(self._items.pop(number)))
                self._pictures.pop(number, None)
            for document in self._session.documents:
                if document.number not in self._items:
                    self._items[document.number] = item = QListWidgetItem(self)
                    item.setData(NUMBER, document.number)
                    self._refresh(document)
        self._select()

    def refresh(self) -> None:
        """Redraw all thumbnails, as after a change of the colours."""
        for document in self._session.documents:
            self._refresh(document)

    def _select(self) -> None:
        current = self._session.current
        if current is not None and current.number in self._items:
            with QSignalBlocker(self):
                self.setCurrentItem(self._items[current.number])
        self.refresh()

    def _chosen(self, item: QListWidgetItem | None) -> None:
        document = self._session.find(item.data(NUMBER)) if item else None
        if document is not None:
            self._session.open(document)

    def _refresh(self, document: Document) -> None:
        item = self._items.get(document.number)
        if item is None:
            return
        states = {
            Stage.WAITING: self.tr("waiting"),
            Stage.PROJECTING: self.tr("finding the latent"),
            Stage.READY: self.tr("ready"),
            Stage.FAILED: self.tr("cannot be edited"),
        }
        state = states[document.stage] + (f", {self.tr('edited')}" if document.edit_state.strengths else "")
        text = f"{document.name}: {state}"
        item.setToolTip("\n".join(filter(None, (text, document.note))))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, text)
        icon, picture = QIcon(), self._thumbnail(document)
        for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):  # Qt would tint the selected one
            icon.addPixmap(picture, mode)
        item.setIcon(icon)

    def _thumbnail(self, document: Document) -> QPixmap:
        scale, scheme = self.devicePixelRatioF(), colours()
        side = round(SIDE * scale)
        if document.number not in self._pictures:
            self._pictures[document.number] = to_pixmap(document.image).scaled(
                side, side, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
            )
        result = QPixmap(side, side)
        result.fill(Qt.GlobalColor.transparent)
        result.setDevicePixelRatio(scale)
        painter = QPainter(result)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        box, path = QRectF(2, 2, SIDE - 4, SIDE - 4), QPainterPath()
        path.addRoundedRect(box, 8, 8)
        painter.setClipPath(path)
        picture = self._pictures[document.number]
        painter.drawPixmap(box, picture, QRectF(picture.rect()))
        if document.portrait is None:
            painter.fillRect(box, QColor(0, 0, 0, 110))
        if document.stage is Stage.PROJECTING:
            painter.fillRect(QRectF(2, SIDE - 7, SIDE - 4, 5), QColor(0, 0, 0, 150))
            painter.fillRect(QRectF(2, SIDE - 7, (SIDE - 4) * document.progress, 5), QColor(scheme.accent))
        painter.setClipping(False)
        if document.stage is Stage.FAILED:  # a cross, clearer than a dark picture alone
            for colour, width in (("#000000", 6), ("#ffffff", 3)):
                painter.setPen(QPen(QColor(colour), width))
                painter.drawLine(QLineF(SIDE * 0.35, SIDE * 0.35, SIDE * 0.65, SIDE * 0.65))
                painter.drawLine(QLineF(SIDE * 0.65, SIDE * 0.35, SIDE * 0.35, SIDE * 0.65))
        if document.edit_state.strengths:  # edited: a dot, with a rim for contrast
            painter.setPen(QPen(QColor("#ffffff"), 1.5))
            painter.setBrush(QColor(scheme.changed))
            painter.drawEllipse(QRectF(SIDE - 17, 6, 10, 10))
        if document is self._session.current:
            painter.setPen(QPen(QColor(scheme.accent), 3))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(-0.5, -0.5, 0.5, 0.5), 8, 8)
        painter.end()
        return result
