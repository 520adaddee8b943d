"""All sliders, in groups that fold, with a search."""

from collections.abc import Mapping
from typing import Any

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QLineEdit, QScrollArea, QToolButton, QVBoxLayout, QWidget

from apps.editor.controller import Controller
from apps.editor.language import translated
from apps.editor.model.session import Document
from apps.editor.model.sliders import Slider, reading_text, sliders
from apps.editor.widgets.row import SliderRow


class GroupHeader(QToolButton):
    """Name of a group; folds its rows."""

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
    """The sliders of the current document; all of the table, at rest, while there is none."""

    def __init__(self, editor: Controller, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = editor.session
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
        groups = list(dict.fromkeys(slider.group for slider in everything.values()))
        for group in groups:
            header = GroupHeader(translated(group).capitalize(), inside)
            header.toggled.connect(lambda _: self._filter())
            layout.addWidget(header)
            self.headers[group] = header
            for slider in everything.values():
                if slider.group == group:
                    layout.addWidget(self._row(slider, editor))
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
        # A portrait that arrives changes sliders, recipe and reading at once.
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._filter)
        session = self._session
        session.current_updated.connect(self._document)
        session.recipe_changed.connect(lambda document, _: self._recipe(document))
        session.reading_changed.connect(self._reading)
        self._document(None)

    def _row(self, slider: Slider, editor: Controller) -> SliderRow:
        row, session = SliderRow(slider), editor.session
        row.grabbed.connect(session.grab)
        row.released.connect(session.release)
        row.moved.connect(session.move)
        row.nudged.connect(session.nudge)
        row.wished.connect(editor.preset)
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
            self._recipe(document)
        self._later.start()

    def _recipe(self, document: Document) -> None:
        for row in self.rows.values():
            row.show_recipe(document.recipe)

    def _reading(self, reading: Mapping[str, Any] | None) -> None:
        for code, row in self.rows.items():
            row.show_reading(reading_text(code, reading[code]) if reading and code in reading else "")

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
