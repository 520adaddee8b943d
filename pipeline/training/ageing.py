"""Ageing of the demo set: how skin and shape of rendered people change between young and old."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.core.attributes import canonical
from pipeline.core.types import Floats, Image
from pipeline.training.context import STUDIO_SEED, TrainingContext
from pipeline.training.motions import averaged, faded
from pipeline.world.extra import renderer
from pipeline.world.latents import latents
from pipeline.world.person import Person, counterfactual, draw
from postprocess.labels import Labels
from postprocess.own_pixels.ageing import BLACK, BOX, CODE, SKIN, STEP, linear
from postprocess.own_pixels.face_frame import anchors, warped

PEOPLE, RENDERED = 40, 512
"""People to average, and side of a rendering in pixels."""
SIDE, COLOURS = 256, 32
"""Sides of the shading's luminance and of its colours, texels."""
AGES = tuple(f"{CODE}_{value}" for value in range(3))
"""Young, middle-aged and old."""
STRONGER = 1.4
"""Factor of the mean shading: lines that hardly meet are fainter in the mean than each one is."""
EDGE = 7
"""Width of the edge that is left out around skin, pixels of a rendering: other parts shine through there."""
Shading = tuple[Floats, NDArray[np.bool_]]


def write_ageing(context: TrainingContext, log: Callable[[str], None]) -> None:
    """Write the mean shading and the mean motions of the first PEOPLE, without glasses, bangs and beards."""
    import torch

    from pipeline.core.weights import save_state

    render, rendered = renderer(), list[list[tuple[Image, Labels]]]()
    people = [
        replace(draw(seed), glasses=0.0, beard=0.0, bangs=0.0) for seed in range(STUDIO_SEED, STUDIO_SEED + PEOPLE)
    ]
    with context.bar as progress:
        for number, person in enumerate(people):
            portraits = [render(one, RENDERED) for one in aged(person)]
            rendered.append([(one.rgb, one.labels) for one in portraits])
            progress.step("ageing people", number + 1, PEOPLE)
    mean = np.asarray(np.nanmean([anchors(labels) for one in rendered for _, labels in one], axis=0), np.float32)
    found = [[shading(image, labels, mean) for image, labels in one] for one in rendered]
    middle, old = (mean_change([(one[0], one[to]) for one in found]) for to in (1, 2))
    axes, origin = positions(people, context.set.dim)
    half = float((axes[0] @ latents([aged(one)[1] for one in people], context.set.dim).T).mean() - origin[0])
    luminance, colour = parted(STRONGER * old)
    half_way, motions = (
        np.stack([averaged([(aged(one)[0], aged(one)[to]) for one in people if one.female == sex]) for sex in (0, 1)])
        for to in (1, 2)
    )
    shares = [(part * whole).sum() / (whole * whole).sum() for part, whole in ((middle, old), (half_way, motions))]
    power = float(np.log(shares).mean() / np.log(half))
    log(f"ageing   to the power {power:.2f}, at most {256 * np.abs(motions).max():.1f} pixels of 256")
    state = {
        "luminance": np.clip(np.rint(luminance / STEP), -127, 127).astype(np.int8),
        **{"colour": colour, "motions": motions * faded(CODE), "mean": mean, "axes": axes},
    }
    more = {"origin": [round(float(each), 4) for each in origin], "power": round(power, 4)}
    metadata = context.metadata("ageing", f"{PEOPLE} studio people", {}, 0.0) | {"ageing": json.dumps(more)}
    save_state(context.target("ageing"), {name: torch.from_numpy(each) for name, each in state.items()}, metadata)


def aged(person: Person) -> list[Person]:
    """A person young, middle-aged and old."""
    return [counterfactual(person, **canonical(name)) for name in AGES]


def positions(people: Sequence[Person], dim: int) -> tuple[Floats, Floats]:
    """Axes (2, dim) of latents and origins (2,): axis @ latent - origin is 0 for young or male, 1 for old or female."""
    starts = [aged(one)[0] for one in people], [counterfactual(one, female=0.0) for one in people]
    ends = [aged(one)[2] for one in people], [counterfactual(one, female=1.0) for one in people]
    axes, origin = [], []
    for start, end in zip(starts, ends, strict=True):
        first, last = latents(start, dim).mean(0), latents(end, dim).mean(0)
        axes.append((last - first) / np.square(last - first).sum())
        origin.append(axes[-1] @ first)
    return np.asarray(axes, np.float32), np.asarray(origin, np.float32)


def shading(image: Image, labels: Labels, mean: Floats) -> Shading:
    """Log of linear RGB (SIDE, SIDE, 3) of an aligned face over the box of the mean face, and where it shows skin."""
    import cv2

    side = len(labels)
    x, y = (each * side - np.float32(0.5) for each in warped(mean, anchors(labels), SIDE, BOX))
    light = cv2.remap(
        np.log(linear(image) + np.float32(BLACK)), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    skin = cv2.erode(np.isin(labels, SKIN).astype(np.float32), np.ones((EDGE, EDGE), np.uint8))
    return np.asarray(light, np.float32), cv2.remap(skin, x, y, cv2.INTER_LINEAR) > 0.99


def mean_change(pairs: Sequence[tuple[Shading, Shading]]) -> Floats:
    """Mean of log ratios (SIDE, SIDE, 3) where both of a pair show skin, fading to 0 where few do."""
    import cv2

    total, count = np.zeros((SIDE, SIDE, 3), np.float32), np.zeros((SIDE, SIDE), np.float32)
    for (first, there), (last, here) in pairs:
        both = there & here
        total[both] += (last - first)[both]
        count += both
    often = cv2.erode(np.clip(3 * count / len(pairs), 0, 1), np.ones((5, 5), np.uint8))
    return np.asarray(total / np.maximum(count, 1)[:, :, None] * cv2.GaussianBlur(often, (0, 0), 3.0)[:, :, None])


def parted(change: Floats) -> tuple[Floats, Floats]:
    """Luminance (SIDE, SIDE) of a log ratio, and what its colours differ from it, blurred, (COLOURS, COLOURS, 3)."""
    import cv2

    luminance = change.mean(2)
    colour = cv2.resize(change - luminance[:, :, None], (COLOURS, COLOURS), interpolation=cv2.INTER_AREA)
    return luminance, np.asarray(colour, np.float32)
