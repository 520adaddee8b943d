"""Face selection dialog for a photo of several people."""

from functools import partial

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFont, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PyQt6.QtWidgets import QAbstractButton, QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from apps.editor.theme import colours
from apps.editor.threads.import_photos import ImportedPhoto
from apps.editor.widgets.canvas import to_pixmap

MIN_SIDE = 44
"""Smallest side of a face's button in pixels."""


class FaceButton(QAbstractButton):
    """Numbered outline of a face; dashed for a face that cannot be edited, with the reason as its tool tip."""

    def __init__(self, number: int, problem: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.number = number
        self.setEnabled(not problem)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor if problem else Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(self.tr("Face {0}").format(number))
        self.setToolTip(problem or self.tr("Edit face {0}").format(number))
        if not problem and number <= 9:
            self.setShortcut(str(number))

    def sizeHint(self) -> QSize:
        return QSize(MIN_SIDE, MIN_SIDE)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        scheme, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isEnabled() and (self.hasFocus() or self.underMouse())
        box = QRectF(self.rect()).adjusted(3, 3, -3, -3)
        colour = QColor(scheme.accent if chosen else "#ffffff" if self.isEnabled() else "#b0b0b0")
        style = Qt.PenStyle.SolidLine if self.isEnabled() else Qt.PenStyle.DashLine
        for pen in (QPen(QColor(0, 0, 0, 170), 5.0), QPen(colour, 4.0 if chosen else 2.0, style)):
            painter.setPen(pen)
            painter.drawRoundedRect(box, 6, 6)
        if not self.isEnabled():
            return
        label = QRectF(box.left(), box.top(), 22, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRoundedRect(label, 6, 6)
        painter.setPen(QColor("#101214"))
        font = QFont(self.font())
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, str(self.number))


class PhotoWithFaces(QWidget):
    """The photo, scaled to fit, with a button on each face."""

    def __init__(self, imported: ImportedPhoto, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._faces, self._pixmap = imported.faces, to_pixmap(imported.image)
        self.setAccessibleName(self.tr("Photo with {0} faces").format(len(imported.faces)))
        # Largest first, so that the buttons of smaller faces lie on top.
        self.buttons = [FaceButton(number, imported.problem(number), self) for number, _ in enumerate(self._faces, 1)]
        self.setMinimumSize(360, 270)

    def sizeHint(self) -> QSize:
        return self._pixmap.size().scaled(880, 600, Qt.AspectRatioMode.KeepAspectRatio)

    def frame(self) -> QRectF:
        """Rectangle of the photo in the widget."""
        size = self._pixmap.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        corner = QPointF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2)
        return QRectF(corner, size.toSizeF())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        frame = self.frame()
        scale = frame.width() / self._pixmap.width()
        for face, button in zip(self._faces, self.buttons, strict=True):
            x, y, width, height = (scale * value for value in face.box)
            box = QRectF(frame.x() + x, frame.y() + y, width, height)
            dx, dy = max(MIN_SIDE - width, 0) / 2, max(MIN_SIDE - height, 0) / 2
            button.setGeometry(box.adjusted(-dx, -dy, dx, dy).toAlignedRect())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(self.frame(), self._pixmap, QRectF(self._pixmap.rect()))


class FacePicker(QDialog):
    """Asks for one face or all; `numbers` are the chosen ones, from 1 = the largest, empty after Cancel."""

    def __init__(self, imported: ImportedPhoto, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Faces in {0}").format(imported.path.name))
        self.imported = imported
        self.numbers: list[int] = []
        usable = imported.usable
        self.photo = PhotoWithFaces(imported, self)
        box = QDialogButtonBox(self)
        self.all = box.addButton(self.tr("&All {0} faces").format(len(usable)), QDialogButtonBox.ButtonRole.AcceptRole)
        self.skip = box.addButton(QDialogButtonBox.StandardButton.Cancel)
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(self.tr("Click the face to edit, or press its number."), self))
        layout.addWidget(self.photo, 1)
        layout.addWidget(box)
        for button in self.photo.buttons:
            button.clicked.connect(partial(self._choose, [button.number]))
        assert self.all is not None
        self.all.setAutoDefault(False)
        self.all.clicked.connect(partial(self._choose, usable))
        box.rejected.connect(self.reject)
        self.photo.buttons[usable[0] - 1].setFocus()

    def _choose(self, numbers: list[int], _: bool = False) -> None:
        self.numbers = list(numbers)
        self.accept()
