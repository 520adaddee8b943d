"""Panel of the edit's identity similarity and attribute changes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PyQt6.QtCore import QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent
from PyQt6.QtWidgets import QLabel, QScrollArea, QVBoxLayout, QWidget

from apps.editor.language import translated
from apps.editor.model.prediction import prediction_text
from apps.editor.model.session import Document
from apps.editor.theme import colours
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.attributes import attributes, parse
from pipeline.core.errors import FaceEditError
from pipeline.core.types import Image, Portrait

NOTICEABLE = 0.05
"""Smallest side effect that is listed."""
MAX_SIDE_EFFECTS = 8
BAR = 6
"""Height of a bar in pixels."""


@dataclass(frozen=True)
class Change:
    """Change of one predicted attribute.

    Attributes:
        amount: Half the L1 distance of class probabilities, or half the absolute difference of a cursor; 0..1.
        text: The change as text.
    """

    code: str
    amount: float
    text: str


@dataclass(frozen=True)
class Comparison:
    """Comparison of a picture with its portrait.

    Attributes:
        before: Predicted attributes of the portrait by code.
        similarity: Cosine of the identity vectors, -1..1; None without an identity net.
    """

    before: Mapping[str, Any]
    similarity: float | None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Changes of all attributes that both predictions have, largest first."""
    found = [_change(code, before[code], after[code]) for code in attributes() if code in before and code in after]
    return sorted(found, key=lambda change: -change.amount)


def _change(code: str, before: Any, after: Any) -> Change:
    amount = min(float(np.abs(np.asarray(after) - before).sum()) / 2, 1.0)
    old, new = prediction_text(code, before), prediction_text(code, after)
    if attributes()[code].kind == "cursor":
        return Change(code, amount, f"{float(after) - float(before):+.2f}")
    old_class, old_share = old.rsplit(" ", 1)
    new_class, new_share = new.rsplit(" ", 1)
    if old_class == new_class:
        return Change(code, amount, f"{new_class} {old_share} → {new_share}")
    return Change(code, amount, f"{old_class} → {new_class}")


def compare(context: RenderContext, portrait: Portrait, image: Image) -> Comparison:
    """Compare a picture with its portrait, in the render thread."""
    before = portrait.maps.get("prediction", lambda: context.predict(portrait.image))
    try:
        net = context.models.identity
    except FaceEditError:  # not fetched: the attributes are shown without it
        return Comparison(before, None)
    identity = portrait.maps.get("identity", lambda: net.embed([portrait.image])[0])
    return Comparison(before, float(identity @ net.embed([image])[0]))


class Bar(QWidget):
    """Horizontal bar of a share in 0..1."""

    def __init__(self, amount: float, intended: bool) -> None:
        super().__init__()
        self._amount, self._intended = amount, intended
        self.setFixedHeight(BAR + 2)

    def sizeHint(self) -> QSize:
        return QSize(120, BAR + 2)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        scheme, painter = colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for share, colour in ((1.0, scheme.line), (self._amount, scheme.accent if self._intended else scheme.changed)):
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(0, 1, max(share * self.width(), BAR * (share > 0)), BAR), BAR / 2, BAR / 2)


class ScoresPanel(QWidget):
    """Similarity, intended changes and side effects."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._session, self._controller = window.session, window.controller
        self.similarity: float | None = None
        self.intended: list[Change] = []
        self.side_effects: list[Change] = []
        self._area = QScrollArea(self)
        self._area.setAccessibleName(self.tr("What changed"))
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._area)
        self.setMinimumWidth(210)
        self._session.prediction_changed.connect(self._compare)
        self._session.current_changed.connect(lambda _: self._clear())
        self._clear()

    def _compare(self, prediction: Mapping[str, Any] | None) -> None:
        """Compare the picture once it has a prediction; until then the last figures stay."""
        document, picture = self._session.current, self._session.picture
        if prediction is None or document is None or document.portrait is None or picture is None:
            return
        if picture.frame is None:
            self._clear()
            return
        portrait, image = document.portrait, picture.image
        self._controller.submit(
            lambda context: compare(context, portrait, image),
            lambda comparison: self._show(document, prediction, comparison),
        )

    def _show(self, document: Document, prediction: Mapping[str, Any], comparison: Comparison) -> None:
        if prediction is not self._session.prediction:  # there is a newer picture
            return
        moved = {parse(name).code for name in document.edit_state.strengths}
        found = changes(comparison.before, prediction)
        self.similarity = comparison.similarity
        self.intended = [change for change in found if change.code in moved]
        self.side_effects = [change for change in found if change.code not in moved and change.amount >= NOTICEABLE]
        self._fill()

    def _clear(self) -> None:
        self.similarity, self.intended, self.side_effects = None, [], []
        self._fill()

    def _fill(self) -> None:
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(12, 8, 14, 12)
        layout.setSpacing(3)
        if not self.intended:
            layout.addWidget(_label(self.tr("Move a slider to see here what it changes."), "muted", wrap=True))
        if self.similarity is not None:
            tip = self.tr("Cosine of the two faces in the identity net: 1 the same picture, about 0 strangers")
            self._add(layout, self.tr("Same person"), f"{self.similarity:.2f}", max(self.similarity, 0.0), True, tip)
        for title, listed, intended in (
            (self.tr("Asked for"), self.intended, True),
            (self.tr("Came along"), self.side_effects[:MAX_SIDE_EFFECTS], False),
        ):
            if listed:
                layout.addSpacing(10)
                layout.addWidget(_label(title, "muted"))
            for change in listed:
                self._add(layout, translated(attributes()[change.code].title), change.text, change.amount, intended)
        if self.intended and not self.side_effects:
            layout.addSpacing(10)
            layout.addWidget(_label(self.tr("Nothing else changed noticeably."), "muted", wrap=True))
        layout.addStretch()
        self._area.setWidget(content)  # deletes the previous one

    def _add(self, layout: QVBoxLayout, name: str, text: str, share: float, intended: bool, tip: str = "") -> None:
        bar = Bar(share, intended)
        for widget in (_label(name, "name"), _label(text, "muted"), bar):
            widget.setToolTip(tip)
            layout.addWidget(widget)
        bar.setAccessibleName(f"{name}: {text}")
        layout.addSpacing(6)


def _label(text: str, role: str, wrap: bool = False) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", role)
    label.setWordWrap(wrap)
    return label


def install(window: Window) -> None:
    """Add the panel on the left of the picture."""
    window.add_dock("scores", window.tr("What changed"), ScoresPanel(window), Qt.DockWidgetArea.LeftDockWidgetArea)
