"""Step: the edit is carried over from the generator's picture to the portrait's own pixels."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field

from pipeline.core.attributes import colour_value, known_attributes
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit, Floats, Frame, Image, Portrait, Tunable
from postprocess.guided_filter import matte
from postprocess.labels import CelebAMask, Labels, are_parts
from postprocess.masks import Mask, hold_back, mix, scaled
from postprocess.own_pixels.beard_pixels import beard_of
from postprocess.own_pixels.edited import EditsPixels, divided, edited
from postprocess.own_pixels.hair import CLOSE, WIDE, strand_matte
from postprocess.own_pixels.motions import combined, moved, moving, origins
from postprocess.own_pixels.recolouring import LEAST, recoloured, tinted
from postprocess.parsing import HasParser, portrait_labels

OUTPUT_FOLDER = "images_post_carry_over"


class Generator(Tunable, Protocol):
    """Generator: images of latents (B, n_style, dim), resized to `size`."""

    def render(self, latents: Any, *, size: int) -> Image: ...


class Models(HasParser, EditsPixels, Protocol):
    """Opened models with a generator, a parser, motions, a beard and ageing."""

    @property
    def generator(self) -> Generator: ...


class Settings(BaseModel):
    """Carries an edit over to the portrait's own pixels: what the generator's rendering changes, nothing else.

    Where edit and reconstruction differ little, the portrait keeps its detail and takes their difference; where they
    hardly differ, it stays as it is, except for subtle attributes. Hair keeps its strands and skin its pores; both take
    the change of colour, and beards that of the hair. Straight hair curls strand by strand. Skin ages as it does in the
    model set's world. In photographs, the pixels of lips, nose, eyes and cheeks move as they do there, beards grow
    where they do there, glasses are drawn around the eyes, and hair is dyed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance: float = Field(
        25.0,
        gt=0,
        le=10_000,
        description="Grey levels (of 255) by which an edit may differ from the reconstruction and still take most of "
        "the missing detail.",
    )
    faint: float = Field(
        2.0,
        ge=0,
        le=255,
        description="Grey levels (of 255) of that difference up to which the portrait stays as it is; twice as many "
        "change it in full. Subtle attributes, such as age, always change it in full.",
    )
    blur: float = Field(4.0, ge=0, le=100, description="Smoothing of that difference in pixels (at 512).")
    recolour: bool = Field(True, description="Whether another colour of hair or skin keeps strands and pores.")
    motion: float = Field(
        1.0,
        ge=0,
        le=10,
        description="How far the pixels of photographs move by edits of the shape, in motions of the model set; "
        "0 adds the generator's difference instead, for beards, glasses, hair and age too.",
    )

    def open(self, models: Models, device: torch.device) -> Callable[[list[Frame]], list[Frame]]:
        """The step over a batch of frames: one reconstruction per portrait."""
        return lambda frames: [self._carry(frame, models) for frame in frames]

    def draws(self, models: Models, portrait: Portrait, edit: Edit) -> bool:
        """Whether an edit, or a part of it, is made of the portrait's pixels, without the generator's picture of it."""
        return bool(self.motion and _divided(edit, portrait, models)[0].moves)

    def _carry(self, frame: Frame, models: Models) -> Frame:
        if not self.draws(models, frame.portrait, frame.edit):
            return self._by_generator(frame, models)
        portrait = frame.portrait
        own, others = _divided(frame.edit, portrait, models)
        before = Frame(portrait, others, portrait.image, np.zeros_like(frame.support))
        if others.moves:
            image = _rendered(portrait, others.displacement(), models)
            before = self._by_generator(replace(frame, edit=others, image=image), models)
        image, new, came = edited(
            before.image, portrait_labels(portrait, models.parser), own, portrait, models, self.motion
        )
        return replace(frame, image=image, support=np.maximum(before.support, new * frame.support), motion=came)

    def _by_generator(self, frame: Frame, models: Models) -> Frame:
        rebuilt = reconstruction(frame.portrait, models)
        carried = self._by_difference(frame, rebuilt, self._origins(frame, models))
        coloured = _in_colour(frame, carried, rebuilt, models) if self.recolour else None
        return coloured or carried

    def _by_difference(self, frame: Frame, rebuilt: Image, came: Floats | None) -> Frame:
        """The portrait, moved by `came`, and what the edit differs from the reconstruction moved in the same way."""
        own, seen = frame.portrait.image, np.zeros(rebuilt.shape[:2], np.float32)
        if came is not None:
            own, rebuilt, seen = moved(own, came), moved(rebuilt, came), moving(came)
        change = difference(frame.image, rebuilt, scaled(self.blur, rebuilt.shape))
        weight = np.exp(-np.square(change / np.float32(self.tolerance)))
        missing = own.astype(np.float32) - rebuilt
        image = np.asarray(np.rint(np.clip(frame.image + weight[:, :, None] * missing, 0, 255)), np.uint8)
        whole = self.faint == 0 or _is_subtle(frame)
        kept = np.zeros_like(change) if whole else np.clip(2 - change / np.float32(self.faint), 0, 1)
        return hold_back(replace(frame, image=mix(own, image, kept)), kept * (1 - seen))

    def _origins(self, frame: Frame, models: Models) -> Floats | None:
        """Mean motion of rendered people by a frame's edit, see `origins`; None without any, and in photographs."""
        if frame.portrait.crop is not None or not self.motion:
            return None
        known = [
            (models.motions[move.name], strength) for move, strength in frame.edit.moves if move.name in models.motions
        ]
        taken = [(motion, strength) for motion, strength in known if motion.rendered]
        if not taken:
            return None
        labels = portrait_labels(frame.portrait, models.parser)
        return origins(combined(taken, labels))


def _divided(edit: Edit, portrait: Portrait, models: Models) -> tuple[Edit, Edit]:
    return divided(edit, portrait, models, lambda: portrait_labels(portrait, models.parser))


def reconstruction(portrait: Portrait, models: Models) -> Image:
    """Generator's image of the portrait's latent, computed once; raises BadInput without a latent."""
    return portrait.maps.get("reconstruction", lambda: _rendered(portrait, np.zeros((), np.float32), models))


def _rendered(portrait: Portrait, displacement: Floats, models: Models) -> Image:
    if portrait.latent is None:
        raise BadInput(f"{portrait.name} has no latent, which the step `carry_over` needs: project it first.")
    latents = (portrait.latent + displacement)[None]
    return portrait.own(models.generator).render(latents, size=portrait.image.shape[0])[0]


def _is_subtle(frame: Frame) -> bool:
    known = known_attributes()
    return any(code in known and known[code].subtle for code in frame.edit.codes())


def difference(edited: Image, rebuilt: Image, blur: float) -> Floats:
    """Maximum over the channels of |edited - rebuilt| in grey levels (H, W), blurred by `blur` pixels."""
    import cv2

    # Whole grey levels, which OpenCV blurs exactly, with identical bits.
    found = cv2.absdiff(edited, rebuilt).max(axis=2)
    if blur > 0:
        found = cv2.GaussianBlur(found, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)


def _in_colour(frame: Frame, carried: Frame, rebuilt: Image, models: Models) -> Frame | None:
    """The portrait with parts recoloured and tinted, else as carried over; None for an edit of more than colours."""
    values = [value for move, _ in frame.edit.moves if (value := colour_value(move.name))]
    if not values or len(values) < len(frame.edit.moves):
        return None
    own, seen = frame.portrait.image, portrait_labels(frame.portrait, models.parser)
    hairs, skins = {p for value in values for p in value.recolours}, {p for value in values for p in value.tints}
    hair, skin = are_parts(seen, hairs), are_parts(seen, skins)
    layers, bare = [], np.ones(seen.shape, np.float32)
    if hair.mean() >= LEAST:
        both, weight = _hair_to_colour(frame.portrait, hairs, seen, models)
        layers.append((recoloured(own, rebuilt, frame.image, both), weight))
        bare -= weight
    if skin.mean() >= LEAST:
        layers.append((tinted(own, rebuilt, frame.image), bare * matte(skin, own)))
    if not layers:
        return None
    others = {part for code in frame.edit.codes() for part in known_attributes()[code].segmentation.parts or ()}
    layers.append((carried.image, bare * matte(are_parts(seen, others - hairs - skins), own)))
    cover = np.sum([weight for _, weight in layers], axis=0)
    total = np.sum([weight[:, :, None] * image for image, weight in layers], axis=0)
    image = np.asarray(np.rint(total / np.maximum(cover, np.float32(1e-6))[:, :, None]), np.uint8)
    return hold_back(replace(frame, image=image), 1 - np.minimum(cover, 1))


def _hair_to_colour(portrait: Portrait, parts: Iterable[str], labels: Labels, models: Models) -> tuple[Mask, Floats]:
    """Hair and beard of a portrait (S, S), and how much of each pixel they cover, float32 (S, S); computed once."""

    def compute() -> tuple[Mask, Floats]:
        reach, hair = WIDE if portrait.crop is None else CLOSE, are_parts(labels, parts)
        beard = beard_of(portrait, labels, models.beard)
        both = hair | (beard > 0.5)
        weight = np.maximum(strand_matte(hair, portrait.image, labels, reach), beard)
        if beard.any():  # its ends lie on the background
            outline = strand_matte(both, portrait.image, labels, reach)
            weight = np.maximum(weight, outline * (labels == CelebAMask.BACKGROUND))
        return both, weight

    return portrait.maps.get(f"colours of {sorted(parts)} {len(labels)}", compute)
