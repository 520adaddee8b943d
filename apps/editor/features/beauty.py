"""Retouching panel: a slider for each effect, applied to the whole face after blending."""

from typing import Any

from PyQt6.QtGui import QColor, QIcon, QPixmap
from PyQt6.QtWidgets import QColorDialog, QPushButton, QWidget

from apps.editor.model.edit_state import BEAUTY, EditState, beauty_step
from apps.editor.model.session import Document
from apps.editor.settings_panel import SettingsPanel, add_behind_sliders
from apps.editor.threads.render_context import RenderContext
from apps.editor.widgets.number import Number
from apps.editor.window import Window
from pipeline.core.types import Image, Portrait
from postprocess.beauty import COLOURS, DEFAULTS, SEEN

SWATCH = 16


class BeautyPanel(SettingsPanel):
    """Column of a slider for each effect and a button for each colour."""

    def __init__(self, window: Window) -> None:
        super().__init__(window, self.tr("Beautify"))
        self.sliders: dict[str, Number] = {}
        self.colours: dict[str, QPushButton] = {}
        self._titles = {
            "smooth": self.tr("Smooth skin"),
            "under_eyes": self.tr("Shadows under the eyes"),
            "enhance": self.tr("Light and detail"),
            "teeth": self.tr("White teeth"),
            "eyes": self.tr("White of the eyes"),
            "iris": self.tr("Eye colour"),
            "lips": self.tr("Lip colour"),
        }
        for name, title in self._titles.items():
            self._add_slider(name, title)
            for colour, effect in COLOURS.items():
                if effect == name:
                    self._add_colour(colour, title)
        self._layout.addStretch()
        self._session.edit_state_changed.connect(lambda document, _: self._show(document))
        self._session.current_updated.connect(self._show)
        self._show(self._session.current)

    def _add_slider(self, name: str, title: str) -> None:
        control = Number(title, (0.0, 1.0), self._inside)
        self._connect(control, name, lambda: 0.0)
        for widget in (control, *control.findChildren(QWidget)):
            widget.setAccessibleName(title)
        self._layout.addWidget(control)
        self.sliders[name] = control

    def _add_colour(self, name: str, title: str) -> None:
        button = QPushButton(self.tr("Choose the colour …"), self._inside)
        button.setAccessibleName(title)
        button.clicked.connect(lambda: self._choose(name, title))
        self._layout.addWidget(button)
        self.colours[name] = button

    # Intentions

    def _set(self, name: str, value: float, quick: bool = False) -> None:
        document = self._session.current
        if document is not None:
            edit_state = document.edit_state.with_effect(BEAUTY + name, value or None)
            text = f"{self._titles[name]} {value:.2f}"
            self._session.step(BEAUTY + name, edit_state, text) if quick else self._session.change(edit_state, text)

    def _choose(self, name: str, title: str) -> None:
        dialog = QColorDialog(QColor(str(self._value(self._session.current, name))), self)
        dialog.setWindowTitle(title)
        dialog.colorSelected.connect(lambda colour: self.set_colour(name, colour))
        dialog.finished.connect(lambda _: dialog.deleteLater())
        dialog.open()

    def set_colour(self, name: str, colour: QColor) -> None:
        """Set a colour; an effect of strength 0 becomes visible."""
        document = self._session.current
        strength = COLOURS[name]
        if document is not None:
            edit_state = document.edit_state.with_effect(BEAUTY + name, colour.name())
            if not edit_state.effects.get(BEAUTY + strength):
                edit_state = edit_state.with_effect(BEAUTY + strength, SEEN)
            self._session.change(edit_state, f"{self._titles[strength]} {colour.name()}")

    def _show(self, document: Document | None) -> None:
        self._inside.setEnabled(document is not None and document.portrait is not None)
        for name, control in self.sliders.items():
            control.show_value(float(self._value(document, name)))
        for name, button in self.colours.items():
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(str(self._value(document, name))))
            button.setIcon(QIcon(swatch))

    def _value(self, document: Document | None, name: str) -> Any:
        values = document.edit_state.effects if document is not None else {}
        return values.get(BEAUTY + name, DEFAULTS.get(name, 0.0))


def beautify(context: RenderContext, edit_state: EditState, portrait: Portrait, image: Image, quick: bool) -> Image:
    """Retouch a picture of a portrait, uint8 (S, S, 3), as its edit says; quick: with the previous picture's labels."""
    step = beauty_step(edit_state)
    if not step:
        return image
    from postprocess.steps.beautify import retouch

    return retouch(image, _labels(context, portrait, image, quick), step["beautify"])


def _labels(context: RenderContext, portrait: Portrait, image: Image, quick: bool) -> Any:
    """LaPa classes of the picture, uint8 (H, W), not of its portrait: an edit moves lips and opens mouths."""
    import cv2

    from postprocess.labels import to_lapa

    cached: dict[bytes, Any] = portrait.maps.get("beauty labels", dict)  # by picture; only the newest one's
    if quick and cached:
        (labels,) = cached.values()
        return cv2.resize(labels, image.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    key = image.tobytes()
    if key not in cached:
        labels = to_lapa(context.models.parser.labels([image])[0])
        cached.clear()
        cached[key] = labels
    return cached[key]


def install(window: Window) -> None:
    """Add the panel as a tab beside the sliders, hidden at first."""
    window.controller.context.effects.append(beautify)
    add_behind_sliders(window, "beauty", window.tr("Beautify"), BeautyPanel(window), "Ctrl+Shift+B")
