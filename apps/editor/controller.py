"""Wiring between session, render thread and import thread, which do not know each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.language import translated
from apps.editor.model.session import Document, Picture, Session, Stage
from apps.editor.model.sliders import target_title
from apps.editor.threads.import_latents import Arrival
from apps.editor.threads.import_photos import ImportedCrop
from apps.editor.threads.import_thread import Importer
from apps.editor.threads.render_context import RenderContext
from apps.editor.threads.render_thread import Renderer
from pipeline.core.errors import FaceEditError
from pipeline.core.types import Image
from pipeline.edit.preview_level import Level

if TYPE_CHECKING:
    from pipeline.edit.search import Found

DEMO_PORTRAITS = 8
T = TypeVar("T")


class Controller(QObject):
    """The editor without its window."""

    opened = pyqtSignal(object)
    """Available preview levels, from coarse to fine, once the models are open."""
    reconstructed = pyqtSignal(object, object)
    """Document and the generator's image of its current latent, uint8 (S, S, 3), during projection."""
    failed = pyqtSignal(object)
    """Exception that does not concern a single portrait: models that do not open, or a defect."""

    def __init__(self, context: RenderContext, cache: Path, parent: QObject | None = None) -> None:
        """Connect the parts; `cache` is the folder for latents."""
        super().__init__(parent)
        self.context = context
        self.session = Session(self)
        self.renderer = Renderer(context, self)
        self.importer = Importer(context, cache, self)
        self._newest = 0
        self._opened_numbers: set[int] = set()
        self._requested: tuple[int, Mapping[str, float]] | None = None
        session, renderer, importer = self.session, self.renderer, self.importer
        session.edit_state_changed.connect(self._request)
        session.current_changed.connect(self._opened)
        session.documents_changed.connect(self._cancel_closed)
        renderer.opened.connect(self.opened)
        renderer.finished.connect(self._finished)
        renderer.request_failed.connect(self._request_failed)
        renderer.predicted.connect(self._predicted)
        renderer.failed.connect(self.failed)
        importer.projected.connect(self.set_portrait)
        importer.progressed.connect(self._progressed)
        importer.failed.connect(self._import_failed)
        importer.cancelled.connect(self._import_cancelled)
        importer.crop_imported.connect(self._crop_imported)
        importer.reconstructed.connect(self._reconstructed)

    @property
    def cache(self) -> Path:
        """Folder for latents and recovery copies; may be deleted while no editor runs."""
        return self.importer.cache

    def start(self) -> None:
        """Start both threads; the models open in the render thread."""
        self.renderer.start()
        self.importer.start()

    def stop(self) -> None:
        """End both threads; returns when they have ended."""
        self.session.end_gesture()
        self.importer.stop()
        self.renderer.stop()

    def submit(self, work: Callable[[RenderContext], T], done: Callable[[T], None]) -> None:
        """Run `work` in the render thread and `done` with its result in the GUI thread; see `Renderer.submit`."""
        self.renderer.submit(work, done)

    def fix_preview_level(self, level: Level | None) -> None:
        """Fix the level of all later previews; None: the finest level that is fast enough on this machine."""
        self.renderer.fix_preview_level(level)

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open photos and crops from files, or from all images of folders; each failure is reported."""
        self.importer.read(paths)

    def open_demo(self) -> None:
        """Open the sample portraits."""
        self.importer.read_samples(DEMO_PORTRAITS)

    def add(self, name: str, image: Image, path: Path | None = None, crop: object | None = None) -> Document:
        """Open a crop, uint8 (S, S, 3), and find its latent."""
        document = self.session.add(name, image, path, crop)
        self.importer.add(document.number, name, image, crop)
        return document

    def update(self, document: Document, **values: Any) -> None:
        """Set fields of a document, as `Session.update` does, and request its picture."""
        self.session.update(document, **values)
        self._request(document, True)

    def set_portrait(self, arrival: Arrival) -> None:
        """Set portrait, translations and stage of a document, unless it was closed meanwhile."""
        document = self.session.find(arrival.document)
        if document is not None:
            self.update(
                document,
                portrait=arrival.portrait,
                translations=arrival.translations,
                present=arrival.present,
                rough=arrival.rough,
                note=arrival.warning,
                refused=arrival.refused,
                stage=Stage.PROJECTING if arrival.rough else Stage.READY,
            )

    def cancel(self, document: Document) -> None:
        """Cancel the projection of a document, and close it if it has no latent to edit yet."""
        self.importer.cancel(document.number)
        if document.portrait is None:
            self.session.close(document)
            self.session.message.emit(self.tr("{0} is closed: its latent was not found yet").format(document.name))

    def apply_target(self, identifier: str, as_far: bool) -> None:
        """Move the current portrait to a target, as one undo entry.

        Args:
            as_far: Along the path and with the least strength that reach the target on this portrait, as in a run;
                otherwise with the calibrated strength, 1.
        """
        document, session = self.session.current, self.session
        move = document.translations.get(identifier) if document else None
        if document is None or document.portrait is None or move is None:
            return
        portrait, title = document.portrait, translated(target_title(identifier))

        def go(found: Found | None) -> None:
            session.end_gesture()
            session.change(document.edit_state.with_target(identifier, found), title)

        if not as_far:
            go(None)
            return

        def measure(context: RenderContext) -> Found:
            from pipeline.edit.search import search

            return search(portrait, [move], context.models, context.config.budget)[0]

        def apply(found: Found) -> None:
            if session.current is not document:
                return
            go(found)
            if found.missed:
                session.message.emit(self.tr("{0} is not reached: {1}").format(title, translated(found.missed)))
            else:
                session.message.emit(self.tr("{0}: strength {1}").format(title, f"{found.strength:.2f}"))

        session.message.emit(self.tr("Looking for the least change that reaches {0} …").format(title))
        self.submit(measure, apply)

    # From the session

    def _request(self, document: Document, settled: bool) -> None:
        (self.context.idle.set if settled else self.context.idle.clear)()
        if document is self.session.current and document.portrait is not None:
            # Previews skip the blending, so a change of the blending alone is rendered in full even during a drag.
            before, self._requested = self._requested, (document.number, document.edit_state.strengths)
            full = settled or before == self._requested
            edit = document.edit_state.to_edit(document.translations)
            self.renderer.request(document.number, document.portrait, edit, document.edit_state, full)

    def _opened(self, document: Document | None) -> None:
        if document is not None:
            self.importer.prefer(document.number)
            self._request(document, True)

    def _cancel_closed(self) -> None:
        numbers = {document.number for document in self.session.documents}
        for number in self._opened_numbers - numbers:
            self.importer.cancel(number)
        self._opened_numbers = numbers

    # From the threads; results for a document that is no longer current or open are dropped

    def _is_newest(self, stamp: int, number: int) -> bool:
        current = self.session.current
        return current is not None and current.number == number and stamp >= self._newest

    def _finished(self, number: int, picture: Picture) -> None:
        if self._is_newest(picture.stamp, number):
            self._newest = picture.stamp
            self.session.show(picture)
            if picture.settled:  # the previous picture's prediction is obsolete
                self.session.show_prediction(None)

    def _request_failed(self, stamp: int, number: int, error: Exception) -> None:
        if self._is_newest(stamp, number):
            self._newest = stamp
            self._report(error)

    def _predicted(self, stamp: int, number: int, prediction: Any) -> None:
        if self._is_newest(stamp, number):
            self.session.show_prediction(prediction)

    def _crop_imported(self, imported: ImportedCrop) -> None:
        document = self.add(imported.name, imported.image, imported.path, imported.crop)
        if imported.first:
            self.session.open(document)

    def _update(self, number: int, **values: Any) -> None:
        document = self.session.find(number)
        if document is not None:
            self.session.update(document, **values)

    def _progressed(self, number: int, share: float) -> None:
        self._update(number, progress=share, stage=Stage.PROJECTING)

    def _reconstructed(self, number: int, image: Image) -> None:
        document = self.session.find(number)
        if document is not None:
            self.reconstructed.emit(document, image)

    def _import_failed(self, number: int, error: Exception) -> None:
        self._update(number, stage=Stage.FAILED, note=str(error))
        self._report(error)

    def _import_cancelled(self, number: int) -> None:
        document = self.session.find(number)
        if document is not None and document.portrait is not None:
            note = self.tr("The search for a better latent was stopped.")
            self.session.update(document, stage=Stage.READY, note=note)

    def _report(self, error: Exception) -> None:
        if isinstance(error, FaceEditError):
            self.session.message.emit(str(error))
        else:
            self.failed.emit(error)
