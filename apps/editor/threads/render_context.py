"""State shared by the computing threads: configuration, models, open steps. The GUI thread never touches the nets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from apps.editor.model.edit_state import EditState
from apps.editor.model.own_sliders import Shape, read_library
from pipeline.core.types import Frame, Image, Portrait, Translation

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.edit.render import OpenStep
    from pipeline.edit.select_edits import Store
    from pipeline.models import Models
    from projection.direction_file import Direction


class RenderContext:
    """Context opened by the first thread that needs it; `load` imports torch, so it never runs in the GUI thread.

    Attributes:
        config: Resolved configuration, once open.
        models: Models of the configuration, once open.
        custom_translations: Stores of translations besides those of the model set, once open.
        own: The user's own sliders by code, once open; replaced, never changed.
        problems: A sentence for each own slider whose file cannot be used.
        effects: Effects applied after the blending, in order.
        idle: Cleared while a slider is held; background work waits for it between iterations.
    """

    config: RunConfig
    models: Models
    custom_translations: Sequence[Store]
    own: Mapping[str, Direction]
    problems: list[str]

    def __init__(self, load: Callable[[], tuple[RunConfig, Models]]) -> None:
        self._load, self._lock, self._open = load, threading.RLock(), False
        self._settings: tuple[Any, Mapping[str, Any]] | None = None
        self._steps: tuple[Any, list[OpenStep]] | None = None
        self.effects: list[Effect] = []
        self.idle = threading.Event()
        self.idle.set()

    def open(self) -> None:
        """Load configuration, generator and translations, unless open; a FaceEditError if one cannot be used."""
        with self._lock:
            if self._open:
                return
            config, models = self._load()
            from pipeline.edit.select_edits import open_custom

            self.config, self.models = config, models
            self.custom_translations = open_custom(config.translations, models)
            self.own, self.problems = read_library(self.shape)
            _ = models.generator, models.translations
            self._open = True

    @property
    def shape(self) -> Shape:
        """Latent space of the models, with the shape of its latents."""
        return self.models.set.space, self.models.set.n_style, self.models.set.dim

    def steps(self, edit_state: EditState) -> list[OpenStep]:
        """The blending steps of an edit, opened; BadConfig for an unknown setting."""
        settings = self.settings(edit_state)
        with self._lock:
            if self._steps is None or self._steps[0] is not settings:
                from pipeline.edit.render import open_steps

                self._steps = settings, open_steps(settings, self.models)
            return self._steps[1]

    def settings(self, edit_state: EditState) -> Mapping[str, Any]:
        """Settings of the blending steps of an edit by step name, cached; BadConfig for an unknown setting."""
        from pipeline.config import load_config

        key = edit_state.off, tuple(edit_state.settings.items())
        with self._lock:
            if self._settings is None or self._settings[0] != key:
                found = self.config.step_settings()
                if edit_state.settings:
                    own = json.dumps(self.config.model_dump(mode="json")["steps"])
                    chosen = [f"steps.{name}={json.dumps(value)}" for name, value in edit_state.settings.items()]
                    found = load_config(None, [f"steps={own}", *chosen]).step_settings()
                kept = {name: settings for name, settings in found.items() if name not in edit_state.off}
                self._settings = key, kept
            return self._settings[1]

    def motion(self, edit_state: EditState) -> float:
        """How far the pixels of photographs move, see the step `carry_over`; 0 without that step."""
        carry_over = self.settings(edit_state).get("carry_over")
        return 0.0 if carry_over is None else float(carry_over.motion)

    def translations(self, present: Mapping[str, int]) -> dict[str, Translation]:
        """Translations by identifier that apply to a portrait with these classes."""
        from pipeline.core.attributes import visible
        from projection.translations import select

        own = [direction.translations() for direction in self.own.values()]
        chosen = select(present, self.models.translations, *self.custom_translations, *own)
        return {name: move for name, move in chosen.items() if visible(move.name, present)}

    def available(self) -> set[str]:
        """Codes of the directions of the user's own that are here: sliders, and files of the configuration."""
        return {*self.own, *(move.code for store in self.custom_translations for move in store.values())}

    def predict(self, image: Image) -> dict[str, Any]:
        """Predicted attributes of one picture by code: probabilities (K,) of a class, one number of a cursor."""
        return {code: values[0] for code, values in self.models.predictor.predict([image]).items()}


Effect = Callable[["RenderContext", EditState, Portrait, Image, bool], Image]
"""Maps a picture of a portrait, uint8 (S, S, 3), to one of the same shape; True: preview quality suffices."""


def apply_effects(
    context: RenderContext, edit_state: EditState, portrait: Portrait, image: Image, quick: bool = True
) -> Image:
    """The picture after all effects of an edit; the same object if none applies."""
    for effect in context.effects if edit_state.effects else ():
        image = effect(context, edit_state, portrait, image, quick)
    return image


def apply_effects_to_frame(context: RenderContext, edit_state: EditState, frame: Frame) -> Frame:
    """A blended frame after all effects, with its support extended to the changed pixels for paste-back."""
    from postprocess.masks import changed_beyond

    image = apply_effects(context, edit_state, frame.portrait, frame.image, quick=False)
    return frame if image is frame.image else changed_beyond(frame, image)
