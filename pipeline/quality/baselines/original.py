"""Blending of the pipeline that this project began as, as it was published, defects included.

Three steps: mixes by distance to a domain, by face parsing, and by depth. What cannot be had: its hand-drawn domains,
for which stand the shapes of configs/attributes.yaml, and the distances stored with them, which its code cannot compute
(it transforms a list of coordinates), for which stand true distances.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from pipeline.core.types import Floats, Frame, Image
from postprocess.depth import HasDepth
from postprocess.domains import domain_distance
from postprocess.labels import Group, Labels, merge
from postprocess.masks import Mask, alpha_from_distance, dilate, distance_to, mix, scaled, shift_down
from postprocess.parsing import HasParser, portrait_labels

MARGIN_DOMAIN, MARGIN_PARSING, MARGIN_FOREGROUND = 42.0, 21.0, 6.0
"""Pixels at 512."""
FADING = 8.0
"""Weight of an edit behind the person, relative to that of the portrait: exp(-8 d) to d."""


class Nets(HasParser, HasDepth, Protocol):
    """Opened models with a parser and a depth estimator."""


def blended(frames: Sequence[Frame], models: Nets) -> list[Image]:
    """Images of frames of one portrait after the three steps."""
    if not frames:
        return []
    mixed = [_by_domain(frame) for frame in frames]
    before, after = portrait_labels(frames[0].portrait, models.parser), models.parser.labels(mixed)
    parts = zip(frames, mixed, after, strict=True)
    parsed = [_by_parsing(frame, image, merge(before), merge(labels)) for frame, image, labels in parts]
    near = nearer(models.depth.inverse_depth([frames[0].portrait.image])[0])
    depths = models.depth.inverse_depth(parsed)
    results = []
    for frame, image, depth in zip(frames, parsed, depths, strict=True):
        skipped = frame.edit.name == "bald" or "Se" in frame.edit.codes()
        results.append(image if skipped else by_depth(frame, image, near, nearer(depth)))
    return results


def kept(groups: Labels, identifier: str) -> Mask | None:
    """Pixels that an edit must not change by the seven groups of a parsing; None for an edit without a rule.

    Baldness and the double chin have no rule, nor have very narrow eyes.
    """
    code = identifier.partition("_")[0]
    if code in ("Sk", "A", "Se", "Ch"):
        return np.asarray(groups == Group.BACKGROUND)
    parts = {"B": Group.HAIR, "Hc": Group.HAIR, "Hs": Group.HAIR, "Pn": Group.NOSE, "Bn": Group.NOSE, "N": Group.EYES}
    parts |= {"Be": Group.EYES, "Bp": Group.MOUTH}
    if code not in parts or identifier == "N_max":
        return None
    region = np.asarray(groups == parts[code])
    if code == "N":
        region = dilate(region, scaled(2, groups.shape))
    if code == "Be":
        region = shift_down(dilate(region, scaled(8, groups.shape)), scaled(30, groups.shape))
    return ~region


def nearer(depth: Floats) -> Mask:
    """What counts as the person in an inverse depth map (H, W): all that is nearer than the mean of the first cluster.

    Which of the two clusters is first is chance: often it is the background.
    """
    from sklearn.cluster import KMeans

    values = depth.reshape(-1, 1)
    first = KMeans(2, n_init="auto", random_state=0).fit(values).labels_ == 0
    return np.asarray(depth >= values[first].mean())


def by_depth(frame: Frame, image: Image, before: Mask, after: Mask) -> Image:
    """The smaller of the two persons from the edit; behind it, the portrait fades in."""
    person = before if after.sum() > before.sum() else after
    distance = distance_to(person)
    behind = distance / max(float(distance.max()), 1.0)
    return _truncated(frame.portrait.image, image, behind / (np.exp(-np.float32(FADING) * behind) + behind))


def _by_domain(frame: Frame) -> Image:
    height, width = frame.image.shape[:2]
    distance = domain_distance(frame.edit.codes(), height, width)
    return mix(frame.portrait.image, frame.image, alpha_from_distance(distance, scaled(MARGIN_DOMAIN, (height, width))))


def _by_parsing(frame: Frame, image: Image, before: Labels, after: Labels) -> Image:
    original, shape = frame.portrait.image, before.shape
    weight = np.ones(shape, np.float32)
    keep, keep_after = kept(before, frame.edit.name), kept(after, frame.edit.name)
    if keep is not None and keep_after is not None:
        weight = 1 - alpha_from_distance(distance_to(~(keep & keep_after)), scaled(MARGIN_PARSING, shape))
    foreground = distance_to(before != Group.FOREGROUND)
    weight = weight * (1 - alpha_from_distance(foreground, scaled(MARGIN_FOREGROUND, shape)))
    return _truncated(original, image, 1 - weight)


def _truncated(original: Image, edited: Image, alpha: Floats) -> Image:
    """As `masks.mix`, but fractions of a grey level are cut off."""
    weight = alpha[:, :, None]
    return np.asarray(weight * original.astype(np.float32) + (1 - weight) * edited.astype(np.float32), np.uint8)
