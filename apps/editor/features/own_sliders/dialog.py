"""Dialog that asks for the title, group and region of an own slider."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QComboBox, QLabel, QLineEdit, QListWidget, QListWidgetItem, QRadioButton, QWidget

from apps.editor.language import plain_text, translated
from apps.editor.model.session import Document
from apps.editor.widgets.form_dialog import FormDialog
from pipeline.core.attributes import Attribute, known_attributes
from pipeline.core.errors import BadInput
from pipeline.core.own_attributes import GROUP, own_attribute
from postprocess.labels import CLASSES

CHOSEN = Qt.ItemDataRole.UserRole
AGAINST = "a person"
"""What a sentence is compared with unless the user writes another."""


class SliderDialog(FormDialog):
    """Asks for an entry; also for two sets of portraits or two sentences whose difference is the direction."""

    def __init__(
        self,
        title: str,
        before: Attribute | None,
        parent: QWidget,
        portraits: Sequence[Document] = (),
        *,
        of_sentences: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._before = before
        self._portraits = portraits
        self.sentences = [QLineEdit(self), QLineEdit(AGAINST, self)] if of_sentences else []
        names = self.tr("&Sentence"), self.tr("&Compared with")
        for line, name in zip(self.sentences, names, strict=False):
            line.setAccessibleName(plain_text(name))
            line.setToolTip(self.tr("In English: CLIP, the net that compares sentences with pictures, learned from it"))
            self.form.addRow(name, line)
        if self.sentences:
            self.sentences[0].setPlaceholderText(self.tr("a person with freckles, for example"))
        self.ends = [QListWidget(self), QListWidget(self)] if portraits else []
        for place, (box, name) in enumerate(zip(self.ends, (self.tr("From"), self.tr("To")), strict=False)):
            for number, document in enumerate(portraits):
                item = QListWidgetItem(document.name, box)
                item.setCheckState(Qt.CheckState.Checked if number == place else Qt.CheckState.Unchecked)
            box.setAccessibleName(name)
            box.setFixedHeight(90)
            self.form.addRow(name, box)
        self.name = QLineEdit(self)
        self.name.setAccessibleName(self.tr("Title"))
        self.name.setPlaceholderText(self.tr("Freckles, for example"))
        self.group = QComboBox(self)
        self.group.setEditable(True)
        self.group.setAccessibleName(self.tr("Group"))
        groups = dict.fromkeys([GROUP, *(each.group for each in known_attributes().values())])
        for name in groups:
            self.group.addItem(translated(name), name)
        self.whole = QRadioButton(self.tr("The whole person"), self)
        self.some = QRadioButton(self.tr("These parts of the face"), self)
        self.whole.setChecked(True)
        self.parts = QListWidget(self)
        self.parts.setAccessibleName(self.tr("Parts that the slider may change"))
        self.parts.setFixedHeight(150)
        for part in CLASSES[1:]:
            item = QListWidgetItem(translated(part), self.parts)
            item.setData(CHOSEN, part)
            item.setCheckState(Qt.CheckState.Unchecked)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setAccessibleName(self.tr("Whether the title can be used"))
        self.form.addRow(self.tr("&Title"), self.name)
        self.form.addRow(self.tr("&Group"), self.group)
        self.add_choice(self.tr("Region"), self.whole, self.some)
        self.form.addRow("", self.parts)
        self.form.addRow("", self.note)
        self.accept_button.setText(self.tr("Make slider") if before is None else self.tr("Save"))
        self.add_buttons()
        if before is not None:
            self._show(before)
        for signal in (self.name.textChanged, self.group.currentTextChanged, self.whole.toggled):
            signal.connect(lambda _: self._check())
        self.parts.itemChanged.connect(lambda _: self._check())
        for box in self.ends:
            box.itemChanged.connect(lambda _: self._check())
        for line in self.sentences:
            line.textChanged.connect(lambda _: self._check())
        self._check()

    def entry(self) -> Attribute:
        """The entry as asked for; raises BadInput for a title or group that cannot be used."""
        typed = self.group.currentText()
        known = self.group.findText(typed)
        group = self.group.itemData(known) if known >= 0 else typed
        parts = self._chosen() if self.some.isChecked() else []
        made = own_attribute(self.name.text(), group, parts)
        if self._before is None:
            return made
        from dataclasses import replace

        segmentation = self._before.segmentation if parts == _parts(self._before) else made.segmentation
        return replace(self._before, title=made.title, group=made.group, segmentation=segmentation)

    def sides(self) -> tuple[list[Document], list[Document]]:
        """The portraits to start from and those to arrive at."""
        first, second = ([self._portraits[row] for row in _checked(box)] for box in self.ends)
        return first, second

    def compared(self) -> tuple[str, str]:
        """The sentence, and the one that it is compared with."""
        first, second = (" ".join(line.text().split()) for line in self.sentences)
        return first, second

    def _show(self, entry: Attribute) -> None:
        self.name.setText(entry.title)
        self.group.setCurrentText(translated(entry.group))
        parts = _parts(entry)
        self.some.setChecked(bool(parts))
        for item in self._items():
            item.setCheckState(Qt.CheckState.Checked if item.data(CHOSEN) in parts else Qt.CheckState.Unchecked)

    def _items(self) -> list[QListWidgetItem]:
        return [item for row in range(self.parts.count()) if (item := self.parts.item(row)) is not None]

    def _chosen(self) -> list[str]:
        items = self._items()
        return [items[row].data(CHOSEN) for row in _checked(self.parts)]

    def _check(self) -> None:
        self.parts.setEnabled(self.some.isChecked())
        try:
            self.entry()
            self.note.setText("")
        except BadInput as error:
            self.note.setText(str(error) if self.name.text() else "")
            self.accept_button.setEnabled(False)
            return
        first, second = (_checked(box) for box in self.ends) if self.ends else ([0], [1])
        apart = bool(first and second) and not set(first) & set(second)
        if self.sentences:
            apart = all(self.compared()) and len(set(self.compared())) == 2
        self.accept_button.setEnabled(apart and (self.whole.isChecked() or bool(self._chosen())))


def _checked(box: QListWidget) -> list[int]:
    """Rows of a list that are checked."""
    items = ((row, box.item(row)) for row in range(box.count()))
    return [row for row, item in items if item is not None and item.checkState() == Qt.CheckState.Checked]


def _parts(entry: Attribute) -> list[str]:
    """Parts of a region as the dialog shows them: none for the whole person."""
    rule = entry.segmentation
    if rule.parts is not None:
        return [part for part in CLASSES if part in rule.parts]
    return [part for part in CLASSES[1:] if part not in (rule.all_but or ())] if rule.all_but else []
