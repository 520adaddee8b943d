"""Base class of settings panels, with number controls, and their dock tab beside the sliders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from apps.editor.widgets.number import Number
from apps.editor.window import Window


class SettingsPanel(QWidget):
    """Scrollable column of controls for the current portrait."""

    def __init__(self, window: Window, title: str) -> None:
        super().__init__(window)
        self._session = window.session
        self._inside = QWidget(self)
        self._layout = QVBoxLayout(self._inside)
        self._layout.setContentsMargins(12, 6, 14, 12)
        self._layout.setSpacing(6)
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(title)
        area.setWidget(self._inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _set(self, key: str, value: Any, quick: bool = False) -> None:
        """Change a setting of the current document; quick steps in succession form one gesture."""
        raise NotImplementedError

    def _connect(self, control: Number, key: str, default: Callable[[], float]) -> None:
        """Connect a number control to `key`; a double click on its slider restores the default."""
        control.number.valueChanged.connect(lambda value: self._set(key, value, quick=True))
        if control.slider is not None and control.scale is not None:
            scale, slider = control.scale, control.slider
            slider.sliderPressed.connect(self._session.begin_gesture)
            slider.sliderReleased.connect(self._session.end_gesture)
            slider.sliderMoved.connect(lambda position: self._set(key, scale.value(position)))
            slider.stepped.connect(lambda position: self._set(key, scale.value(position), quick=True))
            slider.zeroed.connect(lambda: self._set(key, default(), quick=True))


def add_behind_sliders(window: Window, name: str, title: str, panel: QWidget, shortcut: str) -> None:
    """Add a panel as a tab beside the sliders, initially hidden; `shortcut` toggles it."""
    dock = window.add_dock(name, title, panel, visible=False)
    window.tabifyDockWidget(window.sliders_dock, dock)
    toggle = dock.toggleViewAction()
    assert toggle is not None
    toggle.setShortcut(shortcut)
    toggle.triggered.connect(lambda _: dock.raise_())
