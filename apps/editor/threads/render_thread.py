"""Render thread: serves the newest request, abandons superseded ones and emits errors as signals."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from apps.editor.model.edit_state import EditState
from apps.editor.model.session import Picture
from apps.editor.threads.mailbox import Mailbox
from apps.editor.threads.render_context import RenderContext, apply_effects, apply_effects_to_frame
from pipeline.core.errors import FaceEditError
from pipeline.core.types import Edit, Frame, Portrait
from pipeline.edit.preview import Anchor, prepare, preview
from pipeline.edit.preview_level import Level, PreviewLevels

if TYPE_CHECKING:
    from pipeline.edit.render import OpenStep

T = TypeVar("T")
RenderKey = tuple[Portrait, Mapping[str, float], bytes]


@dataclass(frozen=True, eq=False)
class Request:
    """Request for a picture of an edit.

    Attributes:
        stamp: Number of the request, increasing.
        settled: Also render in full, blend and predict attributes; otherwise only a preview.
    """

    stamp: int
    document: int
    portrait: Portrait
    edit: Edit
    edit_state: EditState
    settled: bool

    @property
    def key(self) -> RenderKey:
        """All inputs of the rendering before blending."""
        return self.portrait, self.edit_state.strengths, self.edit.displacement().tobytes()


@dataclass(frozen=True, eq=False)
class Task:
    """Other work for the render thread, and the callback for its result in the GUI thread."""

    work: Callable[[RenderContext], Any]
    done: Callable[[Any], None]


class Superseded(Exception):
    """Raised within a rendering once a newer request is waiting."""


class Renderer(QObject):
    """GUI-thread interface of the render thread, the only thread that renders and blends.

    Attributes:
        newest: Stamp of the newest request.
        preview_levels: Changed only by the render thread; other threads may read its level.
    """

    opened = pyqtSignal(object)
    """Available preview levels, from coarse to fine, once the models are open."""
    failed = pyqtSignal(object)
    """Exception of opening the models or of a task."""
    finished = pyqtSignal(int, object)
    """Document number and Picture: previews, and settled pictures."""
    request_failed = pyqtSignal(int, int, object)
    """Stamp, document number and exception of a request."""
    predicted = pyqtSignal(int, int, object)
    """Stamp, document number, predicted attributes of its settled picture by code."""
    _delivered = pyqtSignal(object, object)

    def __init__(self, context: RenderContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.preview_levels = PreviewLevels()
        self.newest = 0
        self._context, self._mailbox = context, Mailbox[Request | Task]()
        self._previewed: RenderKey | None = None
        self._rendered: tuple[RenderKey, Frame] | None = None
        self._blended: tuple[RenderKey, list[OpenStep], Frame] | None = None
        self._anchor: tuple[Portrait, Anchor | None] | None = None
        self._warm: Portrait | None = None
        self._delivered.connect(lambda done, outcome: done(outcome))
        self._thread = threading.Thread(target=self._run, name="editor render", daemon=True)

    def start(self) -> None:
        """Start the thread, which first opens the models."""
        self._thread.start()

    def stop(self) -> None:
        """Close the queue and wait for the thread to end."""
        self._mailbox.close()
        if self._thread.is_alive():
            self._thread.join()

    def request(self, document: int, portrait: Portrait, edit: Edit, edit_state: EditState, settled: bool) -> int:
        """Request a picture, replacing a request that is still waiting; returns its stamp."""
        self.newest += 1
        self._mailbox.put(Request(self.newest, document, portrait, edit, edit_state, settled))
        return self.newest

    def submit(self, work: Callable[[RenderContext], T], done: Callable[[T], None]) -> None:
        """Run a task in the render thread, before any waiting request; an exception is emitted by `failed`.

        Nothing is rendered meanwhile: split work that takes longer than a frame.

        Args:
            work: Called in the render thread.
            done: Called with its result in the GUI thread.
        """
        self._mailbox.add(Task(work, done))

    def fix_preview_level(self, level: Level | None) -> None:
        """Fix the level of all later previews; None: the finest level that is fast enough on this machine."""
        self.submit(lambda _: self.preview_levels.fix(level), lambda _: None)

    # In the render thread

    def _run(self) -> None:
        try:
            self._context.open()
            generator = self._context.models.generator
            self.preview_levels = PreviewLevels(generator.net.resolutions, generator.elastic)
        except Exception as error:
            self.failed.emit(error)
            return
        self.opened.emit(self.preview_levels.levels)
        self.submit(lambda context: context.steps(EditState()), lambda _: None)
        while (item := self._mailbox.take()) is not None:
            if isinstance(item, Task):
                self._run_task(item)
            else:
                self._render(item)

    def _run_task(self, task: Task) -> None:
        try:
            outcome = task.work(self._context)
        except Exception as error:
            self.failed.emit(error)
        else:
            self._delivered.emit(task.done, outcome)

    def _render(self, request: Request) -> None:
        try:
            self._render_preview(request)
            if request.settled:
                self._render_full(request)
        except Superseded:
            return
        except Exception as error:
            self.request_failed.emit(request.stamp, request.document, error)

    def _render_preview(self, request: Request) -> None:
        """Emit a preview, unless it is on screen already, only the blending changed, or the edit is empty."""
        key, before = request.key, self._previewed
        self._previewed = key
        if key == before or not request.edit.moves:
            if not request.settled:
                image = apply_effects(self._context, request.edit_state, request.portrait, request.portrait.image)
                self.finished.emit(request.document, Picture(image, False, stamp=request.stamp))
            return
        portrait, models, level = request.portrait, self._context.models, self.preview_levels.level
        anchor = self._anchor_of(portrait)
        motion = self._context.motion(request.edit_state)
        prepare(portrait, models, level, anchor, motion)
        began = time.perf_counter()
        image = preview(portrait, request.edit, models, level, anchor, motion)
        image = apply_effects(self._context, request.edit_state, portrait, image)
        seconds = time.perf_counter() - began
        self.preview_levels.record(level, seconds)
        self.finished.emit(request.document, Picture(image, False, None, str(level), seconds, request.stamp))

    def _render_full(self, request: Request) -> None:
        from pipeline.edit.render import arithmetic

        context, portrait = self._context, request.portrait
        steps = context.steps(request.edit_state)
        began = time.perf_counter()
        frame: Frame | None = None
        if request.edit.moves or request.edit_state.effects:
            with arithmetic(context.config.precision, context.models.device):
                frame = apply_effects_to_frame(context, request.edit_state, self._blend(request, steps))
        image = frame.image if frame else portrait.image
        seconds = time.perf_counter() - began
        self.finished.emit(request.document, Picture(image, True, frame, "full", seconds, request.stamp))
        moved = np.any(request.edit.displacement())
        blended = self._blend(request, steps).image if frame is not None and moved else None
        self._anchor = portrait, None if blended is None else Anchor(request.edit, blended)
        self._check_superseded()
        motion = context.motion(request.edit_state)
        prepare(portrait, context.models, self.preview_levels.level, self._anchor_of(portrait), motion)
        self._check_superseded()
        prediction = (
            context.predict(image) if frame else portrait.maps.get("prediction", lambda: context.predict(image))
        )
        self.predicted.emit(request.stamp, request.document, prediction)
        self._warm_up(portrait, steps)

    def _warm_up(self, portrait: Portrait, steps: list[OpenStep]) -> None:
        """Compute the maps for a portrait's first blending while idle; not for large generators, which take seconds."""
        from pipeline.edit.render import arithmetic, blend

        if self._warm is portrait or not self._context.models.generator.elastic:
            return
        self._check_superseded()
        everywhere = np.ones(portrait.image.shape[:2], np.float32)
        unchanged = Frame(portrait, Edit("nothing", ()), portrait.image, everywhere)
        # Missing weights are reported once an edit needs them.
        with arithmetic(self._context.config.precision, self._context.models.device), suppress(FaceEditError):
            blend([unchanged], steps, self._check_superseded)
        self._warm = portrait

    def _anchor_of(self, portrait: Portrait) -> Anchor | None:
        return self._anchor[1] if self._anchor is not None and self._anchor[0] is portrait else None

    def _blend(self, request: Request, steps: list[OpenStep]) -> Frame:
        """The frame after blending, cached while only the effects change."""
        from pipeline.edit.render import blend, reseed

        if self._blended is None or self._blended[0] != request.key or self._blended[1] is not steps:
            reseed(self._context.config.seed, request.portrait.name)
            (frame,) = blend([self._render_frame(request)], steps, self._check_superseded)
            self._blended = request.key, steps, frame
        return self._blended[2]

    def _render_frame(self, request: Request) -> Frame:
        """The frame before blending, cached while only the blending changes."""
        from pipeline.edit.render import render

        key = request.key
        if self._rendered is None or self._rendered[0] != key:
            (frame,) = render(request.portrait, [request.edit], self._context.models)
            self._rendered = key, frame
        return self._rendered[1]

    def _check_superseded(self, *_: object) -> None:
        if self._mailbox.superseded:
            raise Superseded
