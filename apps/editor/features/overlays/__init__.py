"""Overlays on the picture: domain of the edit, parts of the face, depth, support of the edit."""

from functools import partial

import numpy as np
from PyQt6.QtCore import QObject, QPointF, QRectF, Qt
from PyQt6.QtGui import QAction, QActionGroup, QColor, QImage, QPainter, QPainterPath, QPen, QPixmap, QTransform

from apps.editor.features.overlays.layers import LAYERS, PARTS, Layer, Subject
from apps.editor.model.session import Picture
from apps.editor.theme import colours
from apps.editor.threads.render_context import RenderContext
from apps.editor.widgets.canvas import Canvas
from apps.editor.widgets.captions import Entry, paint_legend
from apps.editor.widgets.colour_map import cividis
from apps.editor.window import Window
from pipeline.core.errors import FaceEditError

COVER = 0.85
"""Largest opacity of a layer in the canvas' colour."""


class Overlays(QObject):
    """Overlay of the canvas with at most one of the layers, computed for the settled picture."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.layer: Layer | None = None
        self._chosen, self._wanted = "", 0
        self._pixmap: QPixmap | None = None
        self._path = QPainterPath()
        group = QActionGroup(self)
        group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
        self._titles = {
            "domain": self.tr("Domain of the edit"),
            "parsing": self.tr("Parts of the face"),
            "depth": self.tr("Depth"),
            "support": self.tr("Where the edit acts"),
        }
        self._parts = {
            "hair": self.tr("hair"),
            "eyes": self.tr("eyes"),
            "nose": self.tr("nose"),
            "mouth": self.tr("mouth"),
            "rest": self.tr("other skin"),
            "foreground": self.tr("clothes and hats"),
            "background": self.tr("background"),
        }
        self.actions: dict[str, QAction] = {}
        for number, (name, title) in enumerate(self._titles.items(), start=1):
            choose, keys = partial(self._choose, name), f"Ctrl+Shift+{number}"
            action = window.add_action("view", "overlays", title, choose, keys, checkable=True)
            group.addAction(action)
            self.actions[name] = action
        window.canvas.overlays.append(self)
        self._session.picture_changed.connect(self._follow)

    def _choose(self, name: str) -> None:
        self._chosen = name if self.actions[name].isChecked() else ""
        self._show(None)
        self._follow(self._session.picture)

    def _follow(self, picture: Picture | None) -> None:
        """Request the layer of a settled picture; during previews the last layer stays."""
        document = self._session.current
        if picture is None or document is None or document.portrait is None:
            self._wanted += 1  # a pending result belongs to another portrait
            self._show(None)
        elif picture.settled and self._chosen:
            self._wanted += 1
            wanted, subject = self._wanted, Subject(document.portrait, document.edit_state, picture.frame)
            compute = LAYERS[self._chosen]

            def work(context: RenderContext) -> Layer | FaceEditError:
                try:
                    return compute(context, subject)
                except FaceEditError as error:  # a net is missing: one sentence, not a dialog for every picture
                    return error

            self._window.controller.submit(work, lambda outcome: self._arrived(wanted, outcome))

    def _arrived(self, wanted: int, outcome: Layer | FaceEditError) -> None:
        if wanted != self._wanted or not self._chosen:
            return
        if isinstance(outcome, FaceEditError):
            self.actions[self._chosen].setChecked(False)
            self._chosen = ""
            self._session.message.emit(str(outcome))
            outcome = Layer()
        self._show(outcome)

    def _show(self, layer: Layer | None) -> None:
        self.layer, self._pixmap, self._path = layer, None, QPainterPath()
        for contour in layer.contours if layer else ():
            points = [QPointF(x, y) for x, y in contour.tolist()]
            self._path.moveTo(points[0])
            for point in points[1:]:
                self._path.lineTo(point)
            self._path.closeSubpath()
        self._window.canvas.update()

    def paint(self, painter: QPainter, canvas: Canvas, area: QRectF) -> None:
        if self.layer is None or not self._chosen:
            return
        if self.layer.opacity is None:
            paint_legend(painter, area, self.tr("Nothing is edited yet"))
            return
        if self._pixmap is None or self.layer.colours is None:  # the canvas' colour changes with the theme
            self._pixmap = _layer_pixmap(self.layer)
        canvas.draw(painter, self._pixmap, area)
        frame = canvas.frame(area)
        to_canvas = QTransform().translate(frame.x(), frame.y()).scale(frame.width(), frame.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 90), 2.5), (QColor(255, 255, 255, 220), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(to_canvas.map(self._path))
        paint_legend(painter, area, self._titles[self._chosen], self._entries())

    def _entries(self) -> list[Entry]:
        if self._chosen == "depth":
            near, far = (QColor(*cividis()[index].tolist()) for index in (255, 0))
            return [(near, self.tr("near")), (far, self.tr("far"))]
        assert self.layer is not None
        return [(QColor(*PARTS[name]), self._parts[name]) for name in self.layer.parts]


def _layer_pixmap(layer: Layer) -> QPixmap:
    height, width = layer.opacity.shape
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = QColor(colours().canvas).getRgb()[:3] if layer.colours is None else layer.colours
    pixels[..., 3] = np.rint(layer.opacity * 255 * (COVER if layer.colours is None else 1.0))
    data = pixels.tobytes()  # QImage borrows it until the copy
    image = QImage(data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
    return QPixmap.fromImage(image)


def install(window: Window) -> None:
    """Add the overlays to the view menu; at most one is on."""
    Overlays(window)
