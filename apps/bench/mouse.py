"""Slider drags by synthetic mouse events at 60 Hz in the editor's window, with the latency until painted.

A move ends when its picture, or a newer one, is painted; a release when the picture at full quality is.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PyQt6 import sip
from PyQt6.QtCore import QEvent, QEventLoop, QObject, QPointF, QSettings, Qt, QTimer
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication

from apps.editor import features, theme
from apps.editor.controller import Controller
from apps.editor.model.session import Stage
from apps.editor.model.sliders import sliders
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.errors import MissingWeights
from pipeline.core.types import Portrait, Translation

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.models import Models

MOVES = 40
"""Moves of a drag."""
TICK = 16
"""Milliseconds between two moves."""
PAUSE = 150
"""Milliseconds between two drags, for the readings of the last picture."""
TIMEOUT = 120_000
"""Milliseconds after which a picture counts as lost."""
RANDOM_EDITS = ("Hc_1", "Bp_max", "A_2")
"""Edits with random directions where a model set has none: they take as long as real ones."""


@dataclass
class Drag:
    """Latencies of a drag in ms: of every move, and of the release."""

    moves: list[float] = field(default_factory=list)
    release: float = float("nan")


class MouseDriver(QObject):
    """Drags sliders of a window and times its canvas."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._loop = window, QEventLoop(self)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK)
        self._timer.timeout.connect(self._tick)
        self._drag, self._path = Drag(), iter(list[float]())
        self._drags, self._waiting = 0, list[tuple[int, float]]()
        self._released: tuple[int, float] | None = None
        window.canvas.painted.connect(self._painted)

    def drag(self, code: str) -> Drag:
        """Drag from the middle to one end, to the other and part of the way back, until the full picture is painted.

        Each drag ends at another place, since the picture of a former one may be cached.
        """
        self._drags += 1
        ends = [0.52, 0.98, 0.02, 0.15 + self._drags % 20 / 100]
        self._slider = self._window.panel.rows[code].slider
        self._drag, self._released, self._waiting = Drag(), None, []
        self._path = iter(np.interp(np.linspace(0, 3.5, MOVES), [0, 1, 3, 3.5], ends).tolist())
        self._mouse(QEvent.Type.MouseButtonPress, 0.5)
        self._timer.start()
        self._wait()
        return self._drag

    def set_strength(self, identifier: str, strength: float) -> None:
        """Set a strength without the mouse; returns when the full picture is painted."""
        self._drag = Drag()
        self._window.session.move(identifier, strength)
        self._released = self._window.controller.renderer.newest, time.perf_counter()
        self._wait()

    def rest(self) -> None:
        """Reset all edits and wait `PAUSE`."""
        self._window.session.reset()
        QTimer.singleShot(PAUSE, self._loop.quit)
        self._loop.exec()

    def _tick(self) -> None:
        place = next(self._path, None)
        began = time.perf_counter()
        before = self._window.controller.renderer.newest
        if place is None:
            self._timer.stop()
            self._mouse(QEvent.Type.MouseButtonRelease, 0.5)
            self._released = self._window.controller.renderer.newest, began
            return
        self._mouse(QEvent.Type.MouseMove, place)
        if self._window.controller.renderer.newest > before:  # the value has changed
            self._waiting.append((self._window.controller.renderer.newest, began))

    def _mouse(self, kind: QEvent.Type, share: float) -> None:
        slider = self._slider
        point = QPointF(share * slider.width(), slider.height() / 2)
        left = Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, point, slider.mapToGlobal(point), left, left, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(slider, event)

    def _painted(self) -> None:
        picture, now = self._window.session.picture, time.perf_counter()
        if picture is None:
            return
        self._drag.moves += [1000 * (now - began) for stamp, began in self._waiting if stamp <= picture.stamp]
        self._waiting = [(stamp, began) for stamp, began in self._waiting if stamp > picture.stamp]
        if self._released is not None and picture.settled and picture.stamp >= self._released[0]:
            self._drag.release = 1000 * (now - self._released[1])
            self._released = None
            self._loop.quit()

    def _wait(self) -> None:
        guard = QTimer(self)
        guard.setSingleShot(True)
        guard.timeout.connect(lambda: self._loop.exit(1))
        guard.start(TIMEOUT)
        timed_out = self._loop.exec()
        guard.stop()
        guard.deleteLater()
        if timed_out:
            raise TimeoutError("No full-quality picture was painted.")


@contextmanager
def open_window(config: RunConfig, models: Models) -> Iterator[Window]:
    """The editor's window with a generated portrait, ready for edits."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(dark=True)
    with tempfile.TemporaryDirectory() as cache:
        settings = QSettings(f"{cache}/settings.ini", QSettings.Format.IniFormat)
        window = Window(Controller(RenderContext(lambda: (config, models)), Path(cache)), settings)
        features.install_all(window)
        window.show()
        window.controller.start()
        loop = QEventLoop()
        renderer, errors = window.controller.renderer, list[Exception]()
        renderer.failed.connect(errors.append)
        renderer.failed.connect(loop.quit)
        renderer.submit(_portrait, lambda found: _open(window, loop, *found))
        loop.exec()
        try:
            if errors:
                raise errors[0]
            yield window
        finally:
            window.close_now()
            sip.delete(window)  # before the application, which ends with the last reference to it


def _portrait(context: RenderContext) -> tuple[Portrait, dict[str, Translation]]:
    """Portrait near the mean latent, and its translations; called in the render thread."""
    import torch

    from pipeline.edit.select_edits import present_classes

    models, generator = context.models, context.models.generator
    z = torch.randn(1, generator.dim, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        w = torch.lerp(generator.mean_latent[None], generator.map(z), 0.7)
    latent = np.repeat(w.cpu().numpy(), generator.n_style, 0)
    portrait = Portrait("portrait", generator.render(latent[None])[0], latent, models.space)
    try:
        found = context.translations(present_classes(portrait, models))
    except MissingWeights:
        found = {}
    if not found:
        rng, spread = np.random.default_rng(0), generator.deviation.cpu().numpy()
        for name in RANDOM_EDITS:
            path = (rng.normal(size=(1, 1, generator.dim)) * spread).repeat(generator.n_style, 1)
            found[name] = Translation(name, models.space, path.astype(np.float32))
    return portrait, found


def _open(window: Window, loop: QEventLoop, portrait: Portrait, translations: Mapping[str, Translation]) -> None:
    document = window.session.add(portrait.name, portrait.image)
    window.controller.update(document, portrait=portrait, translations=translations, stage=Stage.READY, rough=False)
    loop.quit()


def drag_all(window: Window) -> list[Drag]:
    """Drag every slider of the portrait, one after the other."""
    driver, document = MouseDriver(window), window.session.current
    assert document is not None
    drags = []
    for slider in sliders(document.translations):
        driver.rest()
        drags.append(driver.drag(slider.code))
    driver.rest()
    return drags
