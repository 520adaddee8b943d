"""Overlays: domain of the edit, parts of the face, depth, support of the edit."""

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
"""Opacity of a veil that covers everything."""


class Overlays(QObject):
    """Overlay of the canvas that shows one of the layers, or none, for the settled picture."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self.layer: Layer | None = None
        self._chosen, self._wanted = "", 0
        self._veil: QPixmap | None = None
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
            action = window.add_action(
                "view", "overlays", title, partial(self._choose, name), f"Ctrl+Shift+{number}", checkable=True
            )
            group.addAction(action)
            self.actions[name] = action
        window.canvas.overlays.append(self)
        self._session.picture_changed.connect(self._follow)

    def _choose(self, name: str) -> None:
        self._chosen = name if self.actions[name].isChecked() else ""
        self._show(None)
        self._follow(self._session.picture)

    def _follow(self, picture: Picture | None) -> None:
        """While a preview is on screen the layer of the last settled picture stays."""
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
        self.layer, self._veil, self._path = layer, None, QPainterPath()
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
        if self.layer.veil is None:
            paint_legend(painter, area, self.tr("Nothing is edited yet"))
            return
        if self._veil is None or self.layer.colours is None:  # the canvas' colour changes with the theme
            self._veil = _veil(self.layer)
        canvas.draw(painter, self._veil, area)
        frame = canvas.frame(area)
        place = QTransform().translate(frame.x(), frame.y()).scale(frame.width(), frame.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for colour, width in ((QColor(0, 0, 0, 90), 2.5), (QColor(255, 255, 255, 220), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawPath(place.map(self._path))
        paint_legend(painter, area, self._titles[self._chosen], self._entries())

    def _entries(self) -> list[Entry]:
        if self._chosen == "depth":
            return [
                (QColor(*cividis()[255].tolist()), self.tr("near")),
                (QColor(*cividis()[0].tolist()), self.tr("far")),
            ]
        assert self.layer is not None
        return [(QColor(*PARTS[name]), self._parts[name]) for name in self.layer.parts]


def _veil(layer: Layer) -> QPixmap:
    height, width = layer.veil.shape
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[..., :3] = QColor(colours().canvas).getRgb()[:3] if layer.colours is None else layer.colours
    pixels[..., 3] = np.rint(layer.veil * 255 * (COVER if layer.colours is None else 1.0))
    borrowed = pixels.tobytes()
    image = QImage(borrowed, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
    return QPixmap.fromImage(image)


def install(window: Window) -> None:
    """Add four overlays to the view menu, of which at most one is on."""
    Overlays(window)
