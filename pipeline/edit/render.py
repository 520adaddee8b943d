"""Rendering and blending: a portrait and its edits to finished frames, for the editor and the batch commands."""

import os
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from pipeline.core.colours import grey_change, is_colourless
from pipeline.core.errors import BadConfig, BadInput, SpaceMismatch
from pipeline.core.types import Edit, Floats, Frame, Image, Portrait
from pipeline.models import Models

TRANSLATION_STAGE = "translation"
TRANSLATION_FOLDER = "images_post_translation"

StepFunction = Callable[[list[Frame]], list[Frame]]
Watch = Callable[[str, list[Frame]], None]
Choice = Callable[[Portrait, Edit], bool]


@dataclass(frozen=True)
class OpenStep:
    """A blending step with its nets loaded.

    Attributes:
        folder: Folder of its images.
        apply: Function over a batch of frames.
        draws: Whether the step makes an edit of a portrait without the generator's picture; None: never.
    """

    name: str
    folder: str
    apply: StepFunction
    draws: Choice | None = None


@dataclass(frozen=True)
class Quality:
    """Rendering quality; only an elastic generator has ratios and resolutions below the full ones.

    Attributes:
        ratio: Share of the generator's channels, 0..1.
        resolution: Resolution in pixels to stop at, None = full.
        steps: Whether to run the blending steps.
    """

    ratio: float = 1.0
    resolution: int | None = None
    steps: bool = True


FULL = Quality()


def open_steps(steps: Mapping[str, Any], models: Models) -> list[OpenStep]:
    """Open steps, given as settings objects by name in order (`RunConfig.step_settings()`)."""
    return [
        OpenStep(
            name,
            step_folder(name),
            settings.open(models, models.device),
            partial(settings.draws, models) if hasattr(settings, "draws") else None,
        )
        for name, settings in steps.items()
    ]


def step_folder(name: str) -> str:
    """Folder of a run with the images after step `name`, or after the rendering itself (`translation`)."""
    from pipeline.config import step_module

    return TRANSLATION_FOLDER if name == TRANSLATION_STAGE else str(step_module(name).OUTPUT_FOLDER)


def render(
    portrait: Portrait,
    edits: Sequence[Edit],
    models: Models,
    steps: Sequence[OpenStep] = (),
    quality: Quality = FULL,
    watch: Watch | None = None,
) -> list[Frame]:
    """Render one batch of edits, resize the images to the portrait and blend them by `steps`.

    What the first step makes without the generator's picture is not rendered: before that step it is the portrait.

    Args:
        watch: Called as `watch(name, frames)` after the rendering (name `translation`) and after every step.

    Returns:
        Frames in the order of `edits`.

    Raises:
        BadInput: The portrait is not square or has no latent.
        SpaceMismatch: The latent or an edit belongs to another generator.
    """
    if not edits:
        return []
    latents = np.stack([_edited_latent(portrait, edit, models) for edit in edits])
    height, width = portrait.image.shape[:2]
    if height != width:
        raise BadInput(f"{portrait.name} is {width} x {height} pixels: crop it to a square around the face first.")
    used = steps if quality.steps else ()
    drawn = [bool(used and used[0].draws and used[0].draws(portrait, edit)) for edit in edits]
    rendered = iter(_images(portrait, latents[~np.array(drawn)], models, quality) if not all(drawn) else ())
    images = [portrait.image if own else next(rendered) for own in drawn]
    return blend(list(map(partial(_frame, portrait), edits, images)), used, watch)


def _images(portrait: Portrait, latents: Floats, models: Models, quality: Quality) -> Image:
    """Images (B, S, S, 3) of latents; of a photograph one by one on a CPU, where the number in a batch changes the last
    bit: the editor and a run with more edits give the same bytes."""
    generator, size = portrait.own(models.generator), len(portrait.image)
    alone = portrait.crop is not None and models.device.type == "cpu"
    batches = latents[:, None] if alone else [latents]
    render = partial(generator.render, size=size, ratio=quality.ratio, resolution=quality.resolution)
    return np.concatenate([render(batch) for batch in batches])


def blend(
    frames: list[Frame], steps: Sequence[OpenStep], watch: Watch | None = None, stage: str = TRANSLATION_STAGE
) -> list[Frame]:
    """Apply steps in order to the frames of `stage`; `watch` receives the frames before and after each.

    Raises:
        BadConfig: A step returned another number of frames.
    """
    if watch is not None:
        watch(stage, frames)
    for step in steps:
        before = len(frames)
        frames = step.apply(frames)
        if len(frames) != before:
            raise BadConfig(f"Step {step.name} returned {len(frames)} frames for {before}: every edit needs one.")
        if watch is not None:
            watch(step.name, frames)
    return [_without_new_colour(frame) for frame in frames]


@contextmanager
def arithmetic(precision: str, device: Any) -> Iterator[None]:
    """Context in which nets compute in `precision` (float32, float16, bfloat16) and reproducibly."""
    import torch

    half = precision != "float32"
    autocast = torch.autocast(device.type, getattr(torch, precision) if half else None, enabled=half)
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic
    cudnn.benchmark, cudnn.deterministic = False, True
    try:
        with autocast:
            yield
    finally:
        cudnn.benchmark, cudnn.deterministic = before


def reseed(seed: int, portrait: str) -> None:
    """Seed torch for one portrait, independently of the portraits before it."""
    import torch

    torch.manual_seed(seed * 2**32 + zlib.crc32(os.fsencode(portrait)))


def _frame(portrait: Portrait, edit: Edit, image: Image) -> Frame:
    """Frame with full support; without displacement it is the portrait itself, not its reconstruction, support 0."""
    moved = np.any(edit.displacement())
    return Frame(portrait, edit, image if moved else portrait.image, np.full(image.shape[:2], moved, np.float32))


def _without_new_colour(frame: Frame) -> Frame:
    """The frame, or for a black-and-white portrait the luma of its change."""
    before = frame.portrait.image
    if not frame.portrait.maps.get("colourless", lambda: is_colourless(before)):
        return frame
    change = grey_change(frame.image.astype(np.float32) - before)
    return replace(frame, image=np.clip(np.rint(before + change), 0, 255).astype(np.uint8))


def _edited_latent(portrait: Portrait, edit: Edit, models: Models) -> np.ndarray:
    generator = models.generator
    if portrait.latent is None:
        raise BadInput(f"{portrait.name} has no latent yet: project it first.")
    if portrait.space != generator.space:
        raise SpaceMismatch(
            f"{portrait.name} was projected to {portrait.space}, the generator has {generator.space}: project it again."
        )
    for translation, _ in edit.moves:
        if translation.space != generator.space:
            raise SpaceMismatch(
                f"Translation {translation.name} belongs to {translation.space}, the generator has {generator.space}."
            )
    return portrait.latent + edit.displacement()
