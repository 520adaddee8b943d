"""Panel of all sliders in foldable groups, with a search field."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QLineEdit, QMenu, QScrollArea, QToolButton, QVBoxLayout, QWidget

from apps.editor.controller import Controller
from apps.editor.language import translated
from apps.editor.model.prediction import prediction_text
from apps.editor.model.session import Document
from apps.editor.model.sliders import Slider, sliders
from apps.editor.widgets.row import SliderRow
from apps.editor.widgets.target_choice import TargetChoice


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
        self.search.textChanged.connect(self._find)
        self.targets = TargetChoice(self)
        self.targets.changed.connect(self.refresh)
        self.rows: dict[str, SliderRow] = {}
        self.headers: dict[str, GroupHeader] = {}
        self.menus: dict[str, QMenu] = {}
        """Menus by code, shown by a button beside the slider's title from the next `refresh` on."""
        self._controller = controller
        self._details: dict[str, str] = {}
        self._columns: dict[str, QVBoxLayout] = {}
        inside = QWidget(self)
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(12, 0, 14, 12)
        layout.setSpacing(0)
        self._groups = QVBoxLayout()
        self._groups.setSpacing(0)
        layout.addLayout(self._groups)
        layout.addStretch()
        self._inside = inside
        self._everything: dict[str, Slider] = {}
        self._shown: dict[str, Slider] = {}
        self._place()
        self._shown = self._everything
        self._area = area = QScrollArea(self)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("Sliders"))
        area.setWidget(inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 10, 0, 0)
        outer.setSpacing(6)
        box = QVBoxLayout()
        box.setContentsMargins(12, 0, 14, 0)
        box.setSpacing(8)
        box.addWidget(self.search)
        box.addWidget(self.targets)
        outer.addLayout(box)
        outer.addWidget(area, 1)
        self.setMinimumWidth(330)
        # A new portrait changes sliders, edit and prediction in one go.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._filter)
        session = controller.session
        session.current_updated.connect(self._document)
        session.edit_state_changed.connect(lambda document, _: self._show_edit_state(document))
        session.prediction_changed.connect(self._show_prediction)
        self._document(None)

    def describe(self, code: str, text: str) -> None:
        """Set the tooltip of a slider, rich text, shown from the next `refresh` on."""
        self._details[code] = text

    def refresh(self) -> None:
        """Show sliders, titles and groups as they are now."""
        self._document(self._controller.session.current)

    def reveal(self, code: str) -> None:
        """Open the group of a slider and scroll to it."""
        self.search.clear()
        self.headers[self._everything[code].group].setChecked(True)
        self._filter()
        self._area.ensureWidgetVisible(self.rows[code])

    def _place(self) -> None:
        """Put a row for every slider into the column of its group; a slider may have moved to another."""
        for slider in sliders():
            code, group, before = slider.code, slider.group, self._everything.get(slider.code)
            if group not in self.headers:
                self._add_group(group)
            if before is None:
                self._columns[group].addWidget(self._row(slider, self._controller))
            elif before.group != group:
                self._columns[before.group].removeWidget(self.rows[code])
                self._columns[group].addWidget(self.rows[code])
            self._everything[code] = slider
        for code, menu in self.menus.items():
            self.rows[code].set_menu(menu)

    def _add_group(self, group: str) -> None:
        header, column = GroupHeader(translated(group).capitalize(), self._inside), QVBoxLayout()
        header.toggled.connect(lambda _: self._filter())
        column.setSpacing(0)
        self._groups.addWidget(header)
        self._groups.addLayout(column)
        self.headers[group], self._columns[group] = header, column

    def _row(self, slider: Slider, controller: Controller) -> SliderRow:
        row, session = SliderRow(slider, self._inside), controller.session
        row.pressed.connect(session.begin_gesture)
        row.released.connect(session.end_gesture)
        row.moved.connect(session.move)
        row.nudged.connect(session.nudge)
        row.preset_chosen.connect(lambda name: controller.apply_target(name, self.targets.as_far.isChecked()))
        self.rows[slider.code] = row
        return row

    def _document(self, document: Document | None) -> None:
        self._place()
        ready = document is not None and document.portrait is not None
        available = document.translations if document is not None and ready else None
        self._shown = {slider.code: slider for slider in sliders(available)}
        for code, row in self.rows.items():
            row.setEnabled(ready)
            row.set_slider(self._shown.get(code, self._everything[code]))
            if code in self._details:
                row.setToolTip(self._details[code])
            row.refuse(document.refused if document is not None else {}, self.targets.hint)
        if document is not None:
            self._show_edit_state(document)
        self._later.start()

    def _show_edit_state(self, document: Document) -> None:
        for row in self.rows.values():
            row.show_edit_state(document.edit_state)

    def _show_prediction(self, prediction: Mapping[str, Any] | None) -> None:
        for code, row in self.rows.items():
            row.show_prediction(prediction_text(code, prediction[code]) if prediction and code in prediction else "")

    def _find(self) -> None:
        self._filter()
        self._area.verticalScrollBar().setValue(0)  # type: ignore[union-attr]

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
