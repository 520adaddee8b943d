"""Blending panel: switches and settings of the current portrait's blending steps."""

from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from PyQt6.QtWidgets import QBoxLayout, QCheckBox, QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from apps.editor.language import translated
from apps.editor.model.edit_state import EditState
from apps.editor.model.session import Document
from apps.editor.settings_panel import SettingsPanel, add_behind_sliders
from apps.editor.widgets.number import Number
from apps.editor.window import Window


def bounds(field: FieldInfo) -> tuple[float, float] | None:
    """Smallest and largest value of a numeric field, or None without both; an exclusive bound moves inwards by 0.1."""
    ends: dict[str, float] = {}
    for rule in field.metadata:
        for name in ("ge", "gt", "le", "lt"):
            if hasattr(rule, name):
                ends[name] = float(getattr(rule, name))
    low = ends.get("ge", ends.get("gt", 0.0) + 0.1 if "gt" in ends else None)
    high = ends.get("le", ends.get("lt", 0.0) - 0.1 if "lt" in ends else None)
    return None if low is None or high is None else (low, high)


def title_of(key: str) -> str:
    """Title of a setting: "foreground margin" for the key "segmentation.foreground_margin"."""
    return key.partition(".")[2].replace("_", " ")


class BlendingPanel(SettingsPanel):
    """Column of a check box and controls for each configured step, built once the configuration is loaded."""

    def __init__(self, window: Window) -> None:
        super().__init__(window, self.tr("Blending"))
        self._context = window.controller.context
        self.steps: dict[str, QCheckBox] = {}
        self.controls: dict[str, QWidget] = {}
        self._shows: dict[str, Callable[[Any], None]] = {}
        self._configured: dict[str, Any] = {}
        self.setMinimumWidth(250)
        window.controller.opened.connect(self._build)
        self._session.edit_state_changed.connect(lambda document, _: self._show(document))
        self._session.current_updated.connect(self._show)

    def _build(self) -> None:
        titles = {
            "domain_mixup": self.tr("Domains"),
            "segmentation": self.tr("Parts of the face"),
            "depth_segmentation": self.tr("Depth"),
            "gfp_gan": self.tr("Face restoration"),
            "carry_over": self.tr("Carrying over"),
        }
        for name, settings in self._context.config.step_settings().items():
            box = QCheckBox(titles.get(name, name.replace("_", " ").capitalize()), self._inside)
            box.setToolTip(translated(" ".join((type(settings).__doc__ or "").split())))
            box.setAccessibleDescription(box.toolTip())
            box.setProperty("role", "name")
            box.clicked.connect(lambda on, step=name: self._switch(step, on))
            self._layout.addSpacing(4)
            self._layout.addWidget(box)
            self.steps[name] = box
            for key, field in type(settings).model_fields.items():
                self._add(f"{name}.{key}", field, getattr(settings, key))
        self._layout.addStretch()
        self._show(self._session.current)

    def _add(self, key: str, field: FieldInfo, value: Any) -> None:
        """Add the control of a bool, float or Literal setting; others are set in the configuration file."""
        title, tip = translated(title_of(key)), translated(field.description or "")
        row = QVBoxLayout() if field.annotation is float else QHBoxLayout()
        row.setContentsMargins(24, 0, 0, 0)
        row.setSpacing(2)
        if field.annotation is bool:
            self._add_switch(key, title, row)
        elif field.annotation is float:
            self._add_number(key, title, row, bounds(field))
        elif get_origin(field.annotation) is Literal:
            self._add_choice(key, title, row, [str(choice) for choice in get_args(field.annotation)])
        else:
            return
        self._configured[key] = value
        control = self.controls[key]
        for widget in (control, *control.findChildren(QWidget)):
            widget.setToolTip(tip)
            widget.setAccessibleName(title)
            widget.setAccessibleDescription(tip)
        self._layout.addLayout(row)

    def _add_switch(self, key: str, title: str, row: QBoxLayout) -> None:
        box = QCheckBox(title, self._inside)
        box.clicked.connect(lambda on: self._set(key, on))
        row.addWidget(box)
        self.controls[key], self._shows[key] = box, box.setChecked

    def _add_choice(self, key: str, title: str, row: QBoxLayout, choices: list[str]) -> None:
        combo = QComboBox(self._inside)
        combo.addItems(choices)
        combo.activated.connect(lambda _: self._set(key, combo.currentText()))
        row.addWidget(QLabel(title))
        row.addWidget(combo, 1)
        self.controls[key], self._shows[key] = combo, combo.setCurrentText

    def _add_number(self, key: str, title: str, row: QBoxLayout, ends: tuple[float, float] | None) -> None:
        control = Number(title, ends, self._inside)
        self._connect(control, key, lambda: self._configured[key])
        row.addWidget(control)
        self.controls[key], self._shows[key] = control, control.show_value

    # Intentions

    def _switch(self, step: str, on: bool) -> None:
        document = self._session.current
        if document is not None:
            word = self.tr("on") if on else self.tr("off")
            self._session.change(document.edit_state.with_step(step, on), f"{self.steps[step].text()} {word}")

    def _set(self, key: str, value: Any, quick: bool = False) -> None:
        document = self._session.current
        if document is None:
            return
        edit_state = document.edit_state.with_setting(key, None if value == self._configured[key] else value)
        text = f"{self.steps[key.partition('.')[0]].text()}: {translated(title_of(key))} {value}"
        self._session.step(key, edit_state, text) if quick else self._session.change(edit_state, text)

    def _show(self, document: Document | None) -> None:
        edit_state = document.edit_state if document is not None else EditState()
        self._inside.setEnabled(document is not None and document.portrait is not None)
        for name, box in self.steps.items():
            box.setChecked(name not in edit_state.off)
        for key, show in self._shows.items():
            self.controls[key].setEnabled(key.partition(".")[0] not in edit_state.off)
            show(edit_state.settings.get(key, self._configured[key]))


def install(window: Window) -> None:
    """Add the panel as a tab beside the sliders, hidden at first."""
    add_behind_sliders(window, "blending", window.tr("Blending"), BlendingPanel(window), "Ctrl+L")
