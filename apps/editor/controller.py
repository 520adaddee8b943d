"""Joins the parts that know nothing of each other: the session, the render thread and the import thread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.model.session import Document, Picture, Session, Stage
from apps.editor.threads.import_latents import Arrival
from apps.editor.threads.import_photos import Taken
from apps.editor.threads.import_thread import Importer
from apps.editor.threads.render_context import RenderContext
from apps.editor.threads.render_thread import Renderer, Result
from pipeline.core.errors import FaceEditError
from pipeline.core.types import Image

DEMO_PORTRAITS = 8


class Controller(QObject):
    """The editor without its window.

    cache: folder for sample portraits and latents
    """

    projecting = pyqtSignal(object, object)
    """Document, what the generator makes of it so far: while its latent is looked for."""
    troubled = pyqtSignal(object)
    """Exception that is not about one portrait: the models do not open, or something broke."""

    def __init__(self, studio: RenderContext, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.studio = studio
        self.session = Session(self)
        self.renderer = Renderer(studio, self)
        self.importer = Importer(studio, cache, self)
        self._newest = 0
        self._opened_numbers: set[int] = set()
        self._asked: tuple[int, Mapping[str, float]] | None = None
        session, renderer, importer = self.session, self.renderer, self.importer
        session.recipe_changed.connect(self._ask)
        session.current_changed.connect(self._opened)
        session.documents_changed.connect(self._give_up_closed)
        renderer.finished.connect(self._finished)
        renderer.read.connect(self._read)
        renderer.failed.connect(self.troubled)
        importer.arrived.connect(self._arrived)
        importer.progressed.connect(self._progressed)
        importer.failed.connect(self._import_failed)
        importer.cancelled.connect(self._import_cancelled)
        importer.photo_read.connect(self._taken)
        importer.pictured.connect(self._pictured)

    def start(self) -> None:
        """Start both threads; the models open in the render thread."""
        self.renderer.start()
        self.importer.start()

    def stop(self) -> None:
        """End both threads; returns when they have ended."""
        self.session.release()
        self.importer.stop()
        self.renderer.stop()

    def open_files(self, paths: Sequence[Path]) -> None:
        """Open photos and crops: files, or all images of folders; what cannot be read is said."""
        self.importer.read(paths)

    def open_demo(self) -> None:
        """Open the sample portraits, once they are there."""
        self.importer.demo(DEMO_PORTRAITS)

    def add(self, name: str, image: Image, path: Path | None = None, crop: object | None = None) -> Document:
        """Open a crop, uint8 (S, S, 3), and look for its latent."""
        document = self.session.add(name, image, path, crop)
        self.importer.add(document.number, name, image, crop)
        return document

    def place(self, document: Document, **values: Any) -> None:
        """Note what a document has become, as `Session.update` does, and request its picture."""
        self.session.update(document, **values)
        self._ask(document, True)

    def cancel(self, document: Document) -> None:
        """Stop looking for a better latent; a portrait without any could not be edited and is closed."""
        self.importer.cancel(document.number)
        if document.portrait is None:
            self.session.close(document)
            self.session.said.emit(self.tr("{0} is closed: its latent was not found yet").format(document.name))

    def preset(self, identifier: str) -> None:
        """Move the current portrait to a target as far as a run would, in one entry of the history."""
        document = self.session.current
        move = document.translations.get(identifier) if document else None
        if document is None or document.portrait is None or move is None:
            return
        portrait = document.portrait

        def measure(studio: RenderContext) -> float:
            from pipeline.edit.strengths import strengths

            return strengths(portrait, [move], studio.models)[0]

        def arrive(strength: float) -> None:
            if self.session.current is document:
                self.session.release()
                self.session.move(identifier, round(strength, 2))

        self.renderer.errand(measure, arrive)

    # From the session

    def _ask(self, document: Document, settled: bool) -> None:
        (self.studio.calm.set if settled else self.studio.calm.clear)()
        if document is self.session.current and document.portrait is not None:
            # What a preview leaves out, the blending, changes in full even while it is held.
            before, self._asked = self._asked, (document.number, document.recipe.strengths)
            full = settled or before == self._asked
            self.renderer.ask(document.number, document.portrait, dict(document.translations), document.recipe, full)

    def _opened(self, document: Document | None) -> None:
        if document is not None:
            self.importer.prefer(document.number)
            self._ask(document, True)

    def _give_up_closed(self) -> None:
        """Nobody waits for the latent of a portrait that was closed."""
        numbers = {document.number for document in self.session.documents}
        for number in self._opened_numbers - numbers:
            self.importer.cancel(number)
        self._opened_numbers = numbers

    # From the threads; what belongs to a document that was left or closed meanwhile is dropped

    def _finished(self, result: Result) -> None:
        current = self.session.current
        if current is None or current.number != result.document or result.stamp < self._newest:
            return
        self._newest = result.stamp
        if result.error is not None:
            self._complain(result.error)
        elif result.image is not None:
            self.session.show(
                Picture(result.image, result.settled, result.frame, result.quality, result.seconds, result.stamp)
            )
            if result.settled:  # what was read of another picture is not true of this one
                self.session.read(None)

    def _read(self, stamp: int, number: int, reading: Any) -> None:
        current = self.session.current
        if current is not None and current.number == number and stamp >= self._newest:
            self.session.read(reading)

    def _taken(self, taken: Taken) -> None:
        document = self.add(taken.name, taken.image, taken.path, taken.crop)
        if taken.first:
            self.session.open(document)

    def _arrived(self, arrival: Arrival) -> None:
        document = self.session.find(arrival.document)
        if document is None:
            return
        self.place(
            document,
            portrait=arrival.portrait,
            translations=arrival.translations,
            present=arrival.present,
            rough=arrival.rough,
            note=arrival.warning,
            stage=Stage.PROJECTING if arrival.rough else Stage.READY,
        )

    def _progressed(self, number: int, share: float) -> None:
        document = self.session.find(number)
        if document is not None:
            self.session.update(document, progress=share, stage=Stage.PROJECTING)

    def _pictured(self, number: int, picture: Image) -> None:
        document = self.session.find(number)
        if document is not None:
            self.projecting.emit(document, picture)

    def _import_failed(self, number: int, error: Exception) -> None:
        document = self.session.find(number)
        if document is not None:
            self.session.update(document, stage=Stage.FAILED, note=str(error))
        self._complain(error)

    def _import_cancelled(self, number: int) -> None:
        document = self.session.find(number)
        if document is not None and document.portrait is not None:
            note = self.tr("The search for a better latent was stopped.")
            self.session.update(document, stage=Stage.READY, note=note)

    def _complain(self, error: Exception) -> None:
        if isinstance(error, FaceEditError):
            self.session.said.emit(str(error))
        else:
            self.troubled.emit(error)
