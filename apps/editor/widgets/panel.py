"""Panel of all sliders in foldable groups, with a search field."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QLineEdit, QScrollArea, QToolButton, QVBoxLayout, QWidget

from apps.editor.controller import Controller
from apps.editor.language import translated
from apps.editor.model.prediction import prediction_text
from apps.editor.model.session import Document
from apps.editor.model.sliders import Slider, sliders
from apps.editor.widgets.row import SliderRow


class GroupHeader(QToolButton):
    """Title of a slider group, which folds its rows."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(title)
        self.setCheckable(True)
        self.setChecked(True)
        self.setProperty("role", "group")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setArrowType(Qt.ArrowType.DownArrow)
        self.toggled.connect(
            lambda opened: self.setArrowType(Qt.ArrowType.DownArrow if opened else Qt.ArrowType.RightArrow)
        )


class SliderPanel(QWidget):
    """Sliders of the current document; without a portrait all sliders, disabled."""

    def __init__(self, controller: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(self.tr("Search sliders"))
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName(self.tr("Search sliders"))
        self.search.textChanged.connect(self._filter)
        self.rows: dict[str, SliderRow] = {}
        self.headers: dict[str, GroupHeader] = {}
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(12, 0, 14, 12)
        layout.setSpacing(0)
        everything = {slider.code: slider for slider in sliders()}
        for group in dict.fromkeys(slider.group for slider in everything.values()):
            header = GroupHeader(translated(group).capitalize(), inside)
            header.toggled.connect(lambda _: self._filter())
            layout.addWidget(header)
            self.headers[group] = header
            for slider in everything.values():
                if slider.group == group:
                    layout.addWidget(self._row(slider, controller))
        layout.addStretch()
        area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("Sliders"))
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 10, 0, 0)
        outer.setSpacing(6)
        box = QVBoxLayout()
        box.setContentsMargins(12, 0, 14, 0)
        box.addWidget(self.search)
        outer.addLayout(box)
        outer.addWidget(area, 1)
        self.setMinimumWidth(330)
        self._everything, self._shown = everything, everything
        # A new portrait changes sliders, edit and prediction in one go.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._filter)
        session = controller.session
        session.current_updated.connect(self._document)
        session.edit_state_changed.connect(lambda document, _: self._show_edit_state(document))
        session.prediction_changed.connect(self._show_prediction)
        self._document(None)

    def _row(self, slider: Slider, controller: Controller) -> SliderRow:
        row, session = SliderRow(slider), controller.session
        row.pressed.connect(session.begin_gesture)
        row.released.connect(session.end_gesture)
        row.moved.connect(session.move)
        row.nudged.connect(session.nudge)
        row.preset_chosen.connect(controller.apply_preset)
        self.rows[slider.code] = row
        return row

    def _document(self, document: Document | None) -> None:
        ready = document is not None and document.portrait is not None
        available = document.translations if document is not None and ready else None
        self._shown = {slider.code: slider for slider in sliders(available)}
        for code, row in self.rows.items():
            row.setEnabled(ready)
            row.set_slider(self._shown.get(code, self._everything[code]))
        if document is not None:
            self._show_edit_state(document)
        self._later.start()

    def _show_edit_state(self, document: Document) -> None:
        for row in self.rows.values():
            row.show_edit_state(document.edit_state)

    def _show_prediction(self, prediction: Mapping[str, Any] | None) -> None:
        for code, row in self.rows.items():
            row.show_prediction(prediction_text(code, prediction[code]) if prediction and code in prediction else "")

    def _filter(self) -> None:
        words = self.search.text().lower().split()
        for group, header in self.headers.items():
            found = 0
            for code, row in self.rows.items():
                slider = self._everything[code]
                if slider.group != group:
                    continue
                titles = (slider.title, slider.group, slider.help, *(target.title for target in slider.targets))
                text = " ".join(f"{title} {translated(title)}" for title in titles).lower()
                wanted = code in self._shown and all(word in text for word in words)
                found += wanted
                row.setVisible(wanted and (header.isChecked() or bool(words)))
            header.setVisible(found > 0)
