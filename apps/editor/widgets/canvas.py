"""Canvas: the picture fitted to the window, with zoom about the pointer and pan.

A `View` lays out the pictures before and after the edit, an `Overlay` is painted on top; both use the canvas' geometry,
so they zoom and pan together.
"""

from typing import Protocol

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from apps.editor.theme import colours
from pipeline.core.types import Image

MARGIN = 24
LARGEST_ZOOM = 16.0


def to_pixmap(image: Image) -> QPixmap:
    """Convert an image, uint8 (H, W, 3), to a pixmap; only in the GUI thread."""
    height, width = image.shape[:2]
    pixels = image.tobytes()  # QImage does not copy it
    return QPixmap.fromImage(QImage(pixels, width, height, 3 * width, QImage.Format.Format_RGB888).copy())


class View:
    """Layout of the pictures before and after; by default only the edited picture."""

    def areas(self, canvas: "Canvas") -> list[QRectF]:
        """Areas of the widget, each of which shows a whole picture."""
        return [QRectF(canvas.rect())]

    def paint(self, painter: QPainter, canvas: "Canvas") -> None:
        """Paint the pictures."""
        canvas.draw_after(painter, *self.areas(canvas))

    def grips(self, canvas: "Canvas", point: QPointF) -> bool:
        """Whether the view handles a drag from this point, in place of panning."""
        return False

    def drag(self, canvas: "Canvas", point: QPointF) -> None:
        """Handle a drag to this point."""

    def key(self, canvas: "Canvas", key: int) -> bool:
        """Handle a key press; returns whether the view uses the key."""
        return False


class Overlay(Protocol):
    """Layer on top of the edited picture."""

    def paint(self, painter: QPainter, canvas: "Canvas", area: QRectF) -> None:
        """Paint onto the picture shown in `area`; the painter is clipped to it."""


class Canvas(QWidget):
    """Widget with the pictures of a face before and after the edit."""

    zoomed = pyqtSignal(float)
    """1 = fitted."""
    painted = pyqtSignal()
    """The picture was painted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.before: QPixmap | None = None
        self.after: QPixmap | None = None
        self.notice = ""
        self.overlays: list[Overlay] = []
        self._view = View()
        self._zoom, self._centre = 1.0, QPointF(0.5, 0.5)
        self._grip: QPointF | None = None
        self._view_drags = False
        self.setMinimumSize(280, 240)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Portrait"))

    def sizeHint(self) -> QSize:
        return QSize(800, 640)

    # Content

    def set_before(self, image: Image | None) -> None:
        """Set the original picture, uint8 (H, W, 3)."""
        self.before = None if image is None else to_pixmap(image)
        self.update()

    def set_after(self, image: Image | None) -> None:
        """Set the edited picture, uint8 (H, W, 3)."""
        self.after = None if image is None else to_pixmap(image)
        self.update()

    def set_notice(self, text: str) -> None:
        """Set the text shown without a picture."""
        self.notice = text
        self.update()

    def set_view(self, view: View) -> None:
        """Set the layout of the pictures."""
        self._view = view
        self.update()

    # Geometry

    @property
    def zoom(self) -> float:
        """1 = fitted."""
        return self._zoom

    def set_zoom(self, zoom: float, about: QPointF | None = None) -> None:
        """Zoom (1 = fitted) about a point of the widget, which stays in place; by default about the centre."""
        area = self._area(about)
        about = about or area.center()
        old = self.frame(area)
        if old.isEmpty():
            return
        share = QPointF((about.x() - old.x()) / old.width(), (about.y() - old.y()) / old.height())
        self._zoom = min(max(zoom, 1.0), LARGEST_ZOOM)
        side = self._side(area)
        offset = QPointF((about.x() - area.center().x()) / side, (about.y() - area.center().y()) / side)
        self._look_at(share - offset)
        self.zoomed.emit(self._zoom)

    def frame(self, area: QRectF) -> QRectF:
        """Rectangle of the whole square picture, zoomed and panned, when shown in `area` of the widget."""
        side = self._side(area)
        corner = area.center() - self._centre * side
        return QRectF(corner.x(), corner.y(), side, side)

    def draw(self, painter: QPainter, pixmap: QPixmap | None, area: QRectF) -> None:
        """Paint a picture into an area of the widget, zoomed and panned."""
        if pixmap is None:
            return
        target = self.frame(area)
        painter.save()
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        smooth = target.width() < 6 * pixmap.width()  # at larger zoom single pixels are visible
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))
        painter.restore()

    def draw_after(self, painter: QPainter, area: QRectF) -> None:
        """Paint the edited picture, or else the original one, and the overlays."""
        self.draw(painter, self.after or self.before, area)
        painter.save()
        painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
        for overlay in self.overlays:
            overlay.paint(painter, self, area)
        painter.restore()

    def _area(self, point: QPointF | None) -> QRectF:
        areas = self._view.areas(self)
        return next((area for area in areas if point is not None and area.contains(point)), areas[0])

    def _side(self, area: QRectF) -> float:
        return max(1.0, min(area.width(), area.height()) - 2 * MARGIN) * self._zoom

    def _look_at(self, centre: QPointF) -> None:
        reach = 0.5 if self._zoom > 1 else 0.0
        self._centre = QPointF(*(min(max(part, 0.5 - reach), 0.5 + reach) for part in (centre.x(), centre.y())))
        self.update()

    # Events

    def paintEvent(self, event: QPaintEvent | None) -> None:
        scheme, painter = colours(), QPainter(self)
        painter.fillRect(self.rect(), QColor(scheme.canvas))
        if self.before is None and self.after is None:
            painter.setPen(QColor(scheme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.notice)
            return
        self._view.paint(painter, self)
        self.painted.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            self.set_zoom(self._zoom * 1.0015 ** event.angleDelta().y(), event.position())
            event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._grip = event.position()
            self._view_drags = self._view.grips(self, event.position())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        if event is None:
            return
        if self._grip is None:
            over = self._view.grips(self, event.position())
            self.setCursor(Qt.CursorShape.SplitHCursor if over else Qt.CursorShape.ArrowCursor)
        elif self._view_drags:
            self._view.drag(self, event.position())
            self.update()
        elif self._zoom > 1:
            shift = (event.position() - self._grip) / self._side(self._area(event.position()))
            self._grip = event.position()
            self._look_at(self._centre - shift)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        self._grip, self._view_drags = None, False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        if event is not None and not self._view.key(self, event.key()):
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        if event is not None:
            self.set_zoom(1.0 if self._zoom > 1 else 3.0, event.position())
