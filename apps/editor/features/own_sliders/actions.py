"""Actions of own sliders: new ones, and the menu of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QFileDialog, QMenu, QMessageBox

from apps.editor.features.own_sliders.details import details
from apps.editor.features.own_sliders.dialog import SliderDialog
from apps.editor.features.own_sliders.sentence import SentenceLearner
from apps.editor.model.own_sliders import keep_slider, open_slider, remove_slider
from apps.editor.model.session import Document
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.attributes import Attribute, own_directions
from pipeline.core.types import Floats, Translation

if TYPE_CHECKING:
    from projection.direction_file import Direction


@dataclass(frozen=True, eq=False)
class Found:
    """Own sliders after a change.

    Attributes:
        sliders: All, by code.
        translations: Of each document that was ready.
        made: The slider that was made or changed, if any.
    """

    sliders: Mapping[str, Direction]
    translations: list[tuple[Document, dict[str, Translation]]]
    made: Direction | None = None


class OwnSliders(QObject):
    """Menu actions for new sliders, and a menu beside each own slider."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session, self._controller = window, window.session, window.controller
        self.sliders: Mapping[str, Direction] = {}
        menu = window.add_menu("edit", "sliders", window.tr("New &slider from"))
        self.from_file = self._add(menu, self.tr("A direction &file …"), self.ask_file)
        self.from_edit = self._add(menu, self.tr("The current &edit …"), self.ask_edit)
        self.from_portraits = self._add(menu, self.tr("&Portraits …"), self.ask_portraits)
        self.from_sentence = self._add(menu, self.tr("A &sentence …"), self.ask_sentence)
        self.learner = SentenceLearner(window)
        self.learner.learned.connect(lambda direction: self._keep(lambda _: direction))
        window.controller.opened.connect(lambda _: self._controller.submit(self._library, self._show_library))
        for signal in (
            self._session.current_updated,
            self._session.edit_state_changed,
            self._session.documents_changed,
            self._session.document_changed,
        ):
            signal.connect(lambda *_: self._refresh())
        self._refresh()

    def _add(self, menu: QMenu, text: str, triggered: Callable[[], None]) -> QAction:
        action = QAction(text, menu)
        action.triggered.connect(lambda _: triggered())
        menu.addAction(action)
        return action

    def _ready(self) -> list[Document]:
        return [each for each in self._session.documents if each.portrait is not None]

    def _refresh(self) -> None:
        current = self._session.current
        self.from_edit.setEnabled(bool(current and current.portrait and current.edit_state.strengths))
        self.from_portraits.setEnabled(len(self._ready()) > 1)

    # New sliders

    def ask_file(self) -> None:
        """Ask for a direction file, then for its title, group and region."""
        folders = self._window.recent_folders
        chosen, _ = QFileDialog.getOpenFileName(
            self._window, self.tr("New slider"), folders.start("sliders"), self.tr("Directions (*.safetensors)")
        )
        if chosen:
            folders.remember("sliders", Path(chosen))
            self.open_file(Path(chosen))

    def open_file(self, path: Path) -> None:
        """Ask for the title, group and region of a direction file, and keep it as a slider."""

        def ask(direction: Direction) -> None:
            dialog = SliderDialog(self.tr("New slider"), direction.attribute, self._window)
            dialog.ask(lambda: self._rename(direction, dialog.entry()))

        self._controller.submit(lambda context: open_slider(path, context.shape), ask)

    def ask_edit(self) -> None:
        """Ask for the title, group and region of the current edit as a slider."""
        document = self._session.current
        if document is None or document.portrait is None or document.portrait.latent is None:
            return
        offset = document.edit_state.to_edit(document.translations).displacement()
        recipe = {"method": "edit", "settings": dict(document.edit_state.strengths), "source": document.name}
        latent = document.portrait.latent
        dialog = SliderDialog(self.tr("New slider from the current edit"), None, self._window)
        dialog.ask(lambda: self.make(dialog.entry(), offset, latent, recipe))

    def ask_portraits(self) -> None:
        """Ask for two sets of portraits, and the title, group and region of the difference of their means."""
        dialog = SliderDialog(self.tr("New slider from portraits"), None, self._window, self._ready())

        def accepted() -> None:
            sides = [[each.portrait for each in side if each.portrait is not None] for side in dialog.sides()]
            recipe = {"method": "difference", "source": [[portrait.name for portrait in side] for side in sides]}
            first, second = (
                np.stack([portrait.latent for portrait in side if portrait.latent is not None]) for side in sides
            )
            self.make(dialog.entry(), second.mean(0) - first.mean(0), first[0], recipe)

        dialog.ask(accepted)

    def ask_sentence(self) -> None:
        """Ask for a sentence and for the title, group and region of its slider; or explain what that needs."""

        def missing(context: RenderContext) -> str:
            from pipeline.core.errors import MissingWeights

            try:
                context.models.clip_weights()
            except MissingWeights as error:
                return str(error)
            return ""

        self._controller.submit(missing, self._ask_sentence)

    def _ask_sentence(self, missing: str) -> None:
        title = self.tr("New slider from a sentence")
        if missing:
            self.learner.explain(title, missing)
            return
        dialog = SliderDialog(title, None, self._window, of_sentences=True)
        dialog.ask(lambda: self.learner.start(dialog.entry(), *dialog.compared()))

    def make(self, entry: Attribute, offset: Floats, latent: Floats, recipe: Mapping[str, Any]) -> None:
        """Make a slider of an offset (n_style, dim); `latent` is the face that shows it."""

        def direction(context: RenderContext) -> Direction:
            from pipeline.core.errors import BadInput
            from projection.direction_file import Direction
            from projection.directions.describe import describer

            if not np.any(offset):
                raise BadInput(f"{entry.title} would change nothing: move a slider, or choose two different portraits.")
            described = describer(context.models.generator, lambda: context.models.predictor)(offset[None], latent)
            space = context.models.set.space
            return Direction(entry, space, offset[None], described.thumbnail, recipe, described.figures)

        self._keep(direction)

    def _rename(self, direction: Direction, entry: Attribute) -> None:
        self._keep(lambda _: direction.renamed(entry))

    def _keep(self, make: Callable[[RenderContext], Direction]) -> None:
        def work(context: RenderContext, documents: list[tuple[Document, dict[str, int]]]) -> Found:
            kept = keep_slider(make(context))
            context.own = {**context.own, kept.code: kept}
            return self._found(context, documents, kept)

        self._submit(work, self._kept)

    def _kept(self, found: Found) -> None:
        self._show(found)
        if found.made is not None:
            entry = found.made.attribute
            self._window.show_message(self.tr("{0} is among your sliders").format(entry.title))
            self._window.panel.reveal(entry.code)

    # The menu of a slider

    def change(self, code: str) -> None:
        """Ask for another title, group or region."""
        direction = self.sliders[code]
        dialog = SliderDialog(self.tr("Change slider"), direction.attribute, self._window)
        dialog.ask(lambda: self._rename(direction, dialog.entry()))

    def ask_export(self, code: str) -> None:
        """Ask where to copy the file of a slider to."""
        folders = self._window.recent_folders
        start = folders.start("sliders", f"{code}.safetensors")
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Export slider"), start, self.tr("Directions (*.safetensors)")
        )
        if chosen:
            folders.remember("sliders", Path(chosen))
            self.export(code, Path(chosen))

    def export(self, code: str, path: Path) -> None:
        """Write the file of a slider to another place."""
        from projection.direction_file import SUFFIX, write_direction

        target = path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
        direction = self.sliders[code]
        self._controller.submit(
            lambda _: write_direction(target, direction),
            lambda _: self._window.show_message(self.tr("Saved as {0}").format(target)),
        )

    def ask_remove(self, code: str) -> None:
        """Ask whether to delete a slider."""
        button = QMessageBox.StandardButton
        text = self.tr("Delete the slider {0}? Edits that use it lose it.").format(self.sliders[code].attribute.title)
        box = QMessageBox(
            QMessageBox.Icon.Question, self.tr("Delete slider"), text, button.Yes | button.Cancel, self._window
        )
        box.setDefaultButton(button.Cancel)

        def answered(answer: int) -> None:
            box.deleteLater()
            if answer == button.Yes:
                self.remove(code)

        box.finished.connect(answered)
        box.open()

    def remove(self, code: str) -> None:
        """Delete a slider."""

        def work(context: RenderContext, documents: list[tuple[Document, dict[str, int]]]) -> Found:
            if code in context.own:
                remove_slider(context.own[code])
            context.own = {name: each for name, each in context.own.items() if name != code}
            return self._found(context, documents)

        self._submit(work, lambda found: self._show(found, removed=code))

    # To and from the render thread

    def _submit(
        self,
        work: Callable[[RenderContext, list[tuple[Document, dict[str, int]]]], Found],
        done: Callable[[Found], None],
    ) -> None:
        documents = [(each, dict(each.present)) for each in self._ready()]
        self._controller.submit(lambda context: work(context, documents), done)

    def _found(
        self, context: RenderContext, documents: list[tuple[Document, dict[str, int]]], made: Direction | None = None
    ) -> Found:
        return Found(context.own, [(each, context.translations(present)) for each, present in documents], made)

    def _show(self, found: Found, removed: str = "") -> None:
        self._describe(found.sliders)
        for document, translations in found.translations:
            # Of sliders that only a project brought, which are not in the user's folder.
            brought = {
                name: move
                for name, move in document.translations.items()
                if name not in translations and move.code in own_directions() and move.code != removed
            }
            self._controller.update(document, translations={**translations, **brought})
        self._window.panel.refresh()

    def _library(self, context: RenderContext) -> tuple[Mapping[str, Direction], list[str]]:
        return context.own, context.problems

    def _show_library(self, found: tuple[Mapping[str, Direction], list[str]]) -> None:
        sliders, problems = found
        self._describe(sliders)
        self._window.panel.refresh()
        if problems:
            self._session.message.emit(problems[0])

    def _describe(self, sliders: Mapping[str, Direction]) -> None:
        """Sliders in the panel with their details and menus."""
        self.sliders = sliders
        panel = self._window.panel
        for code, direction in sliders.items():
            panel.describe(code, details(direction))
            if code not in panel.menus:
                panel.menus[code] = self._menu(code)

    def _menu(self, code: str) -> QMenu:
        menu = QMenu(self._window)
        self._add(menu, self.tr("&Change …"), lambda: self.change(code))
        self._add(menu, self.tr("&Export …"), lambda: self.ask_export(code))
        self._add(menu, self.tr("&Delete …"), lambda: self.ask_remove(code))
        return menu
