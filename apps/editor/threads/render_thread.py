"""The render thread: the newest request wins, what is overtaken is given up, and errors come back as data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.model.edit_state import EditState
from apps.editor.model.sliders import edit_of
from apps.editor.threads.mailbox import Mailbox
from apps.editor.threads.render_context import RenderContext, finished, finished_frame
from pipeline.core.errors import FaceEditError
from pipeline.core.types import Edit, Frame, Image, Portrait, Translation
from pipeline.edit.preview import Anchor, prepare, preview
from pipeline.edit.preview_level import PreviewLevels

if TYPE_CHECKING:
    from pipeline.edit.render import OpenStep

T = TypeVar("T")
Drawing = tuple[Portrait, Mapping[str, float], bytes]


@dataclass(frozen=True, eq=False)
class Request:
    """A picture that is wanted; stamps grow with time. settled: also in full, blended and read by the predictor."""

    stamp: int
    document: int
    portrait: Portrait
    edit: Edit
    recipe: EditState
    settled: bool

    @property
    def drawing(self) -> Drawing:
        """What decides the picture before any blending."""
        return self.portrait, self.recipe.strengths, self.edit.displacement().tobytes()


@dataclass(frozen=True, eq=False)
class Result:
    """A picture that was wanted, or what went wrong with it.

    quality: of the generator, in words · frame: with its support, of settled ones
    """

    stamp: int
    document: int
    settled: bool
    image: Image | None = None
    frame: Frame | None = None
    quality: str = ""
    seconds: float = 0.0
    error: Exception | None = None


@dataclass(frozen=True, eq=False)
class Errand:
    """Something else to compute, and who in the GUI thread wants to know."""

    work: Callable[[RenderContext], Any]
    done: Callable[[Any], None]


class Overtaken(Exception):
    """Raised within a rendering that nobody waits for any more."""


class Renderer(QObject):
    """Lives in the GUI thread; its thread is the only one that renders and blends."""

    opened = pyqtSignal()
    """The models are open."""
    failed = pyqtSignal(object)
    """Exception: the models cannot be opened, or an errand went wrong."""
    finished = pyqtSignal(object)
    """Result."""
    read = pyqtSignal(int, int, object)
    """Stamp, document, what the predictor says of its settled picture."""
    _delivered = pyqtSignal(object, object)

    def __init__(self, studio: RenderContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tempo = PreviewLevels()
        self.newest = 0
        """Stamp of the newest request."""
        self._studio, self._mailbox = studio, Mailbox[Request | Errand]()
        self._previewed: Drawing | None = None
        self._drawn: tuple[Drawing, Frame] | None = None
        self._blended: tuple[Drawing, list[OpenStep], Frame] | None = None
        self._anchor: tuple[Portrait, Anchor | None] | None = None
        self._warm: Portrait | None = None
        self._delivered.connect(lambda done, outcome: done(outcome))
        self._thread = threading.Thread(target=self._run, name="editor render", daemon=True)

    def start(self) -> None:
        """Start the thread, which opens the models first."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns when it has."""
        self._mailbox.close()
        if self._thread.is_alive():
            self._thread.join()

    def ask(
        self, document: int, portrait: Portrait, translations: dict[str, Translation], recipe: EditState, settled: bool
    ) -> int:
        """Request a picture in place of any that is still waiting; returns its stamp."""
        self.newest += 1
        self._mailbox.put(Request(self.newest, document, portrait, edit_of(recipe, translations), recipe, settled))
        return self.newest

    def errand(self, work: Callable[[RenderContext], T], done: Callable[[T], None]) -> None:
        """Run `work` in the render thread, before any waiting request, and `done` with its result in the GUI thread.

        Nothing is rendered meanwhile: what takes longer than a frame should come in pieces. An exception goes to
        `failed`.
        """
        self._mailbox.add(Errand(work, done))

    # In the render thread

    def _run(self) -> None:
        try:
            self._studio.open()
            generator = self._studio.models.generator
            self.tempo = PreviewLevels(generator.net.resolutions, generator.elastic, self.tempo.fixed)
        except Exception as error:
            self.failed.emit(error)
            return
        self.opened.emit()
        self.errand(lambda studio: studio.steps(EditState()), lambda _: None)
        while (task := self._mailbox.take()) is not None:
            if isinstance(task, Errand):
                self._do(task)
            else:
                self._serve(task)

    def _do(self, errand: Errand) -> None:
        try:
            outcome = errand.work(self._studio)
        except Exception as error:
            self.failed.emit(error)
        else:
            self._delivered.emit(errand.done, outcome)

    def _serve(self, request: Request) -> None:
        try:
            self._preview(request)
            if request.settled:
                self._settle(request)
        except Overtaken:
            return
        except Exception as error:
            self.finished.emit(Result(request.stamp, request.document, request.settled, error=error))

    def _preview(self, request: Request) -> None:
        """Unless it is on screen already, only the blending is another, or nothing has to be computed for it."""
        what, before = request.drawing, self._previewed
        self._previewed = what
        if what == before or not request.edit.moves:
            if not request.settled:
                image = finished(self._studio, request.recipe, request.portrait, request.portrait.image)
                self.finished.emit(self._result(request, image=image, settled=False))
            return
        portrait, models, level = request.portrait, self._studio.models, self.tempo.level
        anchor = self._anchor_of(portrait)
        prepare(portrait, models, level, anchor)
        began = time.perf_counter()
        image = preview(portrait, request.edit, models, level, anchor)
        image = finished(self._studio, request.recipe, portrait, image)
        seconds = time.perf_counter() - began
        self.tempo.note(level, seconds)
        self.finished.emit(self._result(request, image=image, settled=False, quality=str(level), seconds=seconds))

    def _settle(self, request: Request) -> None:
        from pipeline.edit.render import arithmetic

        studio, portrait = self._studio, request.portrait
        steps = studio.steps(request.recipe)
        began = time.perf_counter()
        frame: Frame | None = None
        if request.edit.moves or request.recipe.finish:
            with arithmetic(studio.config.precision, studio.models.device):
                frame = finished_frame(studio, request.recipe, self._blend(request, steps))
        image = frame.image if frame else portrait.image
        seconds = time.perf_counter() - began
        self.finished.emit(self._result(request, image=image, frame=frame, quality="full", seconds=seconds))
        moved = request.edit.displacement()
        blended = self._blend(request, steps).image if frame is not None and moved.any() else None
        self._anchor = portrait, None if blended is None else Anchor(moved, blended)
        self._give_way()
        prepare(portrait, studio.models, self.tempo.level, self._anchor_of(portrait))
        self._give_way()
        reading = studio.read(image) if frame else portrait.maps.get("reading", lambda: studio.read(image))
        self.read.emit(request.stamp, request.document, reading)
        self._warm_up(portrait, steps)

    def _warm_up(self, portrait: Portrait, steps: list[OpenStep]) -> None:
        """Compute, while nothing is wanted, what belongs to a portrait and its first picture in full would wait for.

        Not for large generators: a slider that is taken meanwhile would wait for seconds.
        """
        from pipeline.edit.render import arithmetic, blend

        if self._warm is portrait or not self._studio.models.generator.elastic:
            return
        self._give_way()
        everywhere = np.ones(portrait.image.shape[:2], np.float32)
        nothing = Frame(portrait, Edit("nothing", ()), portrait.image, everywhere)
        # What is missing is said when an edit needs it.
        with arithmetic(self._studio.config.precision, self._studio.models.device), suppress(FaceEditError):
            blend([nothing], steps, self._give_way)
        self._warm = portrait

    def _anchor_of(self, portrait: Portrait) -> Anchor | None:
        return self._anchor[1] if self._anchor is not None and self._anchor[0] is portrait else None

    def _blend(self, request: Request, steps: list[OpenStep]) -> Frame:
        """The rendering after the blending: blended once while only what is done after it changes."""
        from pipeline.edit.render import blend, reseed

        if self._blended is None or self._blended[0] != request.drawing or self._blended[1] is not steps:
            reseed(self._studio.config.seed, request.portrait.name)
            (frame,) = blend([self._draw(request)], steps, self._give_way)
            self._blended = request.drawing, steps, frame
        return self._blended[2]

    def _draw(self, request: Request) -> Frame:
        """The rendering before any blending: drawn once while only the blending changes."""
        from pipeline.edit.render import render

        what = request.drawing
        if self._drawn is None or self._drawn[0] != what:
            (frame,) = render(request.portrait, [request.edit], self._studio.models)
            self._drawn = what, frame
        return self._drawn[1]

    def _give_way(self, *_: object) -> None:
        if self._mailbox.overtaken:
            raise Overtaken

    def _result(self, request: Request, **values: Any) -> Result:
        return replace(Result(request.stamp, request.document, request.settled), **values)
