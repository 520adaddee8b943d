"""Saving the current edit as a translation, in a folder for runs and sliders."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QCheckBox, QLabel, QLineEdit, QListWidget, QWidget

from apps.editor.language import translated
from apps.editor.model.session import Document
from apps.editor.threads.render_context import RenderContext
from apps.editor.widgets.form_dialog import FormDialog, PathLine, choose_folder
from apps.editor.window import Window
from pipeline.core.attributes import known_attributes, own_directions, parse
from pipeline.core.errors import BadInput, FaceEditError
from pipeline.core.types import Translation

if TYPE_CHECKING:
    from pipeline.edit.select_edits import Store


def translation_of(document: Document, name: str) -> Translation:
    """The document's edit as one straight translation, (1, n_style, dim); BadInput without an edit."""
    edit = document.edit_state.to_edit(document.translations)
    if document.portrait is None or not edit.moves:
        raise BadInput("There is no edit yet: move a slider first.")
    return Translation(name, document.portrait.space, edit.displacement()[None])


def save_translation(folder: Path, translation: Translation) -> None:
    """Write a translation into a folder, replacing one of the same name.

    Raises:
        BadInput: The name does not follow the scheme, or the file cannot be written.
        SpaceMismatch: The folder belongs to another latent space.
    """
    from pipeline.core.errors import SpaceMismatch
    from projection.translations import SPACE_FILE, save, stored_space

    parse(translation.name)
    if (folder / SPACE_FILE).is_file() and stored_space(folder) != translation.space:
        raise SpaceMismatch(
            f"The translations in {folder} belong to {stored_space(folder)}, this one to {translation.space}: "
            "choose another folder."
        )
    save(folder, [translation])


def saved_names(folder: Path) -> list[str]:
    """Names of the translations in a folder."""
    return sorted(path.stem for path in folder.glob("*.npy"))


def command(folder: Path) -> str:
    """The command of a run with the translations of a folder."""
    return f"face-edit run-pipeline PORTRAITS --output-dir RUN --set {shlex.quote(f'translations=[{folder}]')}"


def default_folder(space: str) -> Path:
    """Default folder for translations of a space."""
    from platformdirs import user_data_path

    return user_data_path("face-edit") / "translations" / space


class TranslationDialog(FormDialog):
    """Asks for name and folder; checks the name while it is typed."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save translation"))
        self._document = document
        assert document.portrait is not None
        self.name = QLineEdit(self)
        self.name.setAccessibleName(self.tr("Name"))
        self.name.setPlaceholderText("Bp_max, Hc_1, Hc_1_fr_0 …")
        self.name.setText(max(document.edit_state.strengths, key=document.edit_state.strength, default=""))
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(3 * self.note.fontMetrics().height())
        self.note.setAccessibleName(self.tr("Whether the name can be used"))
        self._folder = PathLine(self.tr("Folder"), default_folder(document.portrait.space), choose_folder, self)
        self.folder = self._folder.line
        self.present = QListWidget(self)
        self.present.setAccessibleName(self.tr("Translations in this folder"))
        self.present.setFixedHeight(110)
        self.present.currentTextChanged.connect(lambda text: self.name.setText(text) if text else None)
        self.command = QLineEdit(self)
        self.command.setReadOnly(True)
        self.command.setAccessibleName(self.tr("Command of a run with these translations"))
        self.use = QCheckBox(self.tr("Let the slider of this name use it from now on"), self)
        self.form.addRow(self.tr("&Name"), self.name)
        self.form.addRow("", self.note)
        self.form.addRow(self.tr("Folder"), self._folder)
        self.form.addRow(self.tr("Already there"), self.present)
        self.form.addRow(self.tr("In a run"), self.command)
        self.form.addRow("", self.use)
        self.add_buttons()
        self.name.textChanged.connect(self._check)
        self.folder.textChanged.connect(self._list_folder)
        self.name.selectAll()
        self._list_folder()

    def place(self) -> Path:
        """The chosen folder."""
        return self._folder.path

    def _list_folder(self) -> None:
        self.present.clear()
        self.present.addItems(saved_names(self.place()))
        self.command.setText(command(self.place()))
        self.command.setCursorPosition(0)
        self._check()

    def _check(self) -> None:
        try:
            parsed = parse(self.name.text())
            if parsed.code in own_directions():
                raise BadInput(f"{parsed.code} is a slider of your own: a translation needs a name of the table.")
        except BadInput as error:
            self.note.setText(str(error))
            self.accept_button.setEnabled(False)
            return
        attribute = known_attributes()[parsed.code]
        text = f"{translated(attribute.title)}: {translated(attribute.values[parsed.value].title)}"
        if parsed.source is not None:
            source = attribute.values.get(parsed.source)
            text = self.tr("{0}, from {1}").format(text, translated(source.title) if source else parsed.source)
        exists = (self.place() / f"{self.name.text()}.npy").is_file()
        self.note.setText(self.tr("{0}. The one of this name will be replaced.").format(text) if exists else text)
        self.accept_button.setText(self.tr("Replace") if exists else self.tr("Save"))
        self.accept_button.setEnabled(bool(self.folder.text()))

    def proceed(self) -> None:
        try:
            save_translation(self.place(), translation_of(self._document, self.name.text()))
        except FaceEditError as error:  # the dialog stays open
            self.note.setText(str(error))
            return
        self.accept()


class TranslationActions:
    """Menu action that saves translations; the sliders may use their folder besides the model set's."""

    def __init__(self, window: Window) -> None:
        self._window, self._session = window, window.session
        self._used: Store | None = None
        tip = window.tr("Save trans: keep this edit as a translation for other portraits")
        self.action = window.add_action("file", "export", window.tr("Save &translation …"), self.ask, "Ctrl+T", tip=tip)
        for signal in (self._session.current_updated, self._session.edit_state_changed):
            signal.connect(lambda *_: self._refresh())
        self._refresh()

    def _refresh(self) -> None:
        document = self._session.current
        self.action.setEnabled(bool(document and document.portrait and document.edit_state.strengths))

    def ask(self) -> None:
        """Open the dialog for the current edit."""
        document = self._session.current
        if document is not None and document.portrait is not None:
            dialog = TranslationDialog(document, self._window)
            dialog.ask(lambda: self._saved(dialog))

    def _saved(self, dialog: TranslationDialog) -> None:
        name, folder = dialog.name.text(), dialog.place()
        self._window.show_message(self._window.tr("{0} is saved in {1}").format(name, folder))
        if dialog.use.isChecked():
            documents = [(each, dict(each.present)) for each in self._session.documents if each.portrait]
            self._window.controller.submit(
                lambda context: self._use_folder(context, folder, documents), self._set_translations
            )

    def _use_folder(
        self, context: RenderContext, folder: Path, documents: list[tuple[Document, dict[str, int]]]
    ) -> list[tuple[Document, dict[str, Translation]]]:
        from pipeline.edit.select_edits import open_custom

        (store,) = open_custom([str(folder)], context.models)
        context.custom_translations = [*(each for each in context.custom_translations if each is not self._used), store]
        self._used = store
        return [(document, context.translations(present)) for document, present in documents]

    def _set_translations(self, found: list[tuple[Document, dict[str, Translation]]]) -> None:
        for document, translations in found:
            self._window.controller.update(document, translations=translations)
