"""What the threads that compute share: configuration, models, open steps. The GUI thread never touches the nets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.editor.model.edit_state import EditState
from pipeline.core.types import Frame, Image, Portrait

if TYPE_CHECKING:
    pass
    from apps.editor.model.edit_state import EditState
    from pipeline.config import RunConfig
    from pipeline.core.types import Image, Translation
    from pipeline.edit.render import OpenStep
    from pipeline.edit.select_edits import Store
    from pipeline.models import Models

Load = Callable[[], "tuple[RunConfig, Models]"]


class RenderContext:
    """Opened by whichever thread comes first; `load` imports torch, so it is called there and not in the GUI thread.

    finishes: what features do to a picture after the blending, in order ·
    calm: not set while a slider is held; background work waits for it between its iterations
    """

    config: RunConfig
    models: Models
    custom: Sequence[Store]

    def __init__(self, load: Load) -> None:
        self._load, self._lock, self._open = load, threading.RLock(), False
        self._steps: tuple[Any, list[OpenStep]] | None = None
        self.finishes: list[Finish] = []
        self.calm = threading.Event()
        self.calm.set()

    def open(self) -> None:
        """Load configuration, generator, predictor and translations; raises as they do."""
        with self._lock:
            if self._open:
                return
            config, models = self._load()
            from pipeline.edit.select_edits import open_custom

            self.config, self.models = config, models
            self.custom = open_custom(config.translations, models)
            _ = models.generator, models.translations
            self._open = True

    def steps(self, recipe: EditState) -> list[OpenStep]:
        """The configuration's blending steps, as the recipe wants them; BadConfig for a setting there is none."""
        key = recipe.off, tuple(recipe.settings.items())
        with self._lock:
            if self._steps is None or self._steps[0] != key:
                from pipeline.edit.render import open_steps

                self._steps = key, open_steps(self.settings(recipe), self.models)
            return self._steps[1]

    def settings(self, recipe: EditState) -> Mapping[str, Any]:
        """The steps' settings by name, as the recipe wants them; BadConfig for a setting there is none."""
        from pipeline.config import load_config

        found = self.config.step_settings()
        if recipe.settings:
            own = json.dumps(self.config.model_dump(mode="json")["steps"])
            chosen = [f"steps.{key}={json.dumps(value)}" for key, value in recipe.settings.items()]
            found = load_config(None, [f"steps={own}", *chosen]).step_settings()
        return {name: settings for name, settings in found.items() if name not in recipe.off}

    def translations(self, present: Mapping[str, int]) -> dict[str, Translation]:
        """What a portrait of these classes can be moved by, by identifier."""
        from pipeline.edit.select_edits import visible
        from projection.translations import select

        chosen = select(present, self.models.translations, *self.custom)
        return {name: move for name, move in chosen.items() if visible(move.name, present)}

    def read(self, image: Image) -> dict[str, Any]:
        """What the predictor says of one picture, by code: probabilities (K,) or one number."""
        return {code: values[0] for code, values in self.models.predictor.predict([image]).items()}


Finish = Callable[["RenderContext", EditState, Portrait, Image, bool], Image]
"""A picture of a portrait, uint8 (S, S, 3), to the same as the recipe wants it; quick: it is only a preview."""


def finished(studio: RenderContext, recipe: EditState, portrait: Portrait, image: Image, quick: bool = True) -> Image:
    """The picture after all features that have something to do; itself where none has."""
    for finish in studio.finishes if recipe.finish else ():
        image = finish(studio, recipe, portrait, image, quick)
    return image


def finished_frame(studio: RenderContext, recipe: EditState, frame: Frame) -> Frame:
    """The same of a blended frame; its support grows by what is changed, so that a paste-back takes it along."""
    from postprocess.masks import changed_beyond

    image = finished(studio, recipe, frame.portrait, frame.image, quick=False)
    return frame if image is frame.image else changed_beyond(frame, image)
