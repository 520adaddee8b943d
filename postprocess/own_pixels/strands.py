"""Strands for hair that shows none: noise along the direction in which the hair lies.

Line integral convolution (Cabral and Leedom, SIGGRAPH 1993): each value is the mean of white noise along a streamline.
"""

from itertools import pairwise

import numpy as np

from pipeline.core.types import Floats
from postprocess.masks import Mask, core, scaled

OCTAVES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""Sigmas in pixels at 512 between which the widths of strands lie: single hairs, locks, tresses."""
GRAINS = (0.5, 1.8, 7.0)
"""Sigmas in pixels at 512 of the noise that is drawn out to strands, for two octaves each."""
BLUR, FAINTER = 6.0, 0.5
"""Sigma in pixels at 512 of the blur in a picture of softness 1, and the share by which strands of all widths are
fainter in it."""
FINEST = 0.4
"""Sigma in pixels below which an octave is none of a picture's."""
LENGTH, STEP = 36.0, 2.0
"""Half length of a strand and distance of its samples, pixels at 512."""
DIRECTION = 20.0
"""Sigma in pixels at 512 of the neighbourhood whose edges show a direction."""
INSIDE, FAINT = 8.0, 0.03
"""Distance in pixels at 512 from the outline, which would hide the hair's own edges, to where they show a direction,
and mean square of the gradient of L* per pixel at 512 that is noise."""
PRIOR = 0.5
"""Coherence of the edges from which on they count more than the way away from the crown."""
ABOVE, FALL = 0.2, 1.2
"""How far the crown lies above the top of the hair, as a share of its height: hair is combed back over it; and how much
hair that is as far from it as the hair is high falls down instead of going on."""


def strands(hair: Mask, lightness: Floats, softness: float) -> Floats:
    """Strands of each of the `OCTAVES`, float32 (6, S, S); the same in every run.

    Over the hair they have mean 0 and standard deviation 1, less where a blur or the pixels' size would hide them.

    Args:
        hair: Its pixels (S, S), not empty.
        lightness: L* of the picture, (S, S).
        softness: Blur of the picture, 0..1.
    """
    flow = directions(hair, lightness)
    grains = np.dstack([noise(len(hair), scaled(sigma, hair.shape) + 0.3, seed) for seed, sigma in enumerate(GRAINS)])
    drawn = convolved(grains, flow, LENGTH)
    of_grains = [octaves(drawn[..., grain]) for grain in range(len(GRAINS))]
    found = [of_grains[number // 2][number] for number in range(len(OCTAVES))]
    blurred = [(1 - FAINTER * softness) * np.exp(-((BLUR * softness / sigma) ** 2) / 2) for sigma in OCTAVES]
    seen = [share * (scaled(sigma, hair.shape) >= FINEST) for share, sigma in zip(blurred, OCTAVES, strict=True)]
    return np.stack([np.float32(share) * standardised(one, hair) for share, one in zip(seen, found, strict=True)])


def octaves(values: Floats) -> list[Floats]:
    """Values (S, S) between the sigmas of the `OCTAVES`; the first has all that is finer."""
    import cv2

    blurred = [values, *(cv2.GaussianBlur(values, (0, 0), scaled(sigma, values.shape)) for sigma in OCTAVES)]
    return [np.asarray(fine - coarse, np.float32) for fine, coarse in pairwise(blurred)]


def noise(side: int, sigma: float, seed: int = 0) -> Floats:
    """White noise (side, side) blurred by `sigma` pixels, of standard deviation 1; the same in every run."""
    import cv2

    white = np.random.default_rng(seed).standard_normal((side, side), np.float32)
    blurred = cv2.GaussianBlur(white, (0, 0), sigma)
    return np.asarray(blurred / blurred.std(), np.float32)


def convolved(grain: Floats, flow: tuple[Floats, Floats], length: float) -> Floats:
    """Sum of `grain`, (S, S) or (S, S, C), along the streamlines of unit vectors x and y.

    Args:
        length: Pixels at 512 that are followed both ways.
    """
    import cv2

    rows, columns = np.mgrid[: len(grain), : len(grain)].astype(np.float32)
    total = np.zeros_like(grain)
    step = scaled(STEP, grain.shape)
    for sign in (1, -1):
        x, y = columns.copy(), rows.copy()
        for _ in range(round(length / STEP)):
            here = [cv2.remap(each, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for each in flow]
            x, y = x + sign * step * here[0], y + sign * step * here[1]
            total += cv2.remap(grain, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return total


def standardised(values: Floats, inside: Mask) -> Floats:
    """Values (S, S) of mean 0 and standard deviation 1 on a part (S, S)."""
    chosen = values[inside]
    return np.asarray((values - chosen.mean()) / max(float(chosen.std()), 1e-6), np.float32)


def crown(hair: Mask) -> tuple[float, float]:
    """x and y of the place from which hair (S, S), not empty, is combed, in pixels."""
    rows, columns = np.nonzero(hair)
    return float(columns.mean()), float(rows.min() - ABOVE * np.ptp(rows))


def directions(hair: Mask, lightness: Floats) -> tuple[Floats, Floats]:
    """Unit vectors x and y (S, S) along the hair: across the edges of its picture, else from the crown down."""
    import cv2

    sigma = scaled(DIRECTION, hair.shape)
    soft = cv2.GaussianBlur(lightness, (0, 0), max(scaled(1.5, hair.shape), 0.5))
    inner = core(hair, scaled(INSIDE, hair.shape)).astype(np.float32)
    unit = np.float32(scaled(1 / 8, hair.shape))  # of Sobel's operator, per pixel at 512
    across, down = (cv2.Sobel(soft, cv2.CV_32F, *order, ksize=3) * inner * unit for order in ((1, 0), (0, 1)))
    count = cv2.GaussianBlur(inner, (0, 0), sigma) + np.float32(1e-3)
    products = (across * across, down * down, across * down)
    xx, yy, xy = (cv2.GaussianBlur(each, (0, 0), sigma) / count for each in products)
    energy = xx + yy + np.float32(FAINT)
    coherence = np.hypot(xx - yy, 2 * xy) / energy
    # Doubled angles: an orientation has no sign. Hair lies at right angles to the gradient.
    cosine, sine = (yy - xx) / energy, -2 * xy / energy
    y, x = np.mgrid[: len(hair), : len(hair)].astype(np.float32)
    left, top = crown(hair)
    x, y = x - np.float32(left), y - np.float32(top)
    height = max(float(np.ptp(np.flatnonzero(hair.any(1)))), 1.0)
    y += np.float32(FALL / height) * (x * x + y * y)
    length = np.maximum(np.hypot(x, y), np.float32(1))
    x, y = x / length, y / length
    known = np.clip(coherence / PRIOR, 0, 1)
    cosine += (1 - known) * (x * x - y * y)
    sine += (1 - known) * 2 * x * y
    angle = np.arctan2(sine, cosine) / 2
    along, below = np.cos(angle), np.sin(angle)
    sign = np.where(along * x + below * y < 0, np.float32(-1), np.float32(1))
    return np.asarray(along * sign, np.float32), np.asarray(below * sign, np.float32)
