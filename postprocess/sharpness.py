"""Sharpness of a face, and the share of a restoration that it takes: no restoration may soften a sharp face."""

import numpy as np

from pipeline.core.types import Floats, Image

SHARP = 0.5
"""Median sharpness of sharp photographs, at 256 and at 512 pixels, which the public restorers were trained to reach;
rendered people are at least as sharp."""

RESTORED, LEFT_ALONE = 0.5 * SHARP, 0.7 * SHARP
"""Sharpness up to which a face is restored fully, and from which it is left alone."""

GRAINY, NOISY = 4.0, 7.0
"""Noise, in grey levels of the finest octave, from which a sharp face is restored too, and from which fully."""

_OCTAVE, _WINDOW = 0.7, 2.0  # Gaussian sigmas in pixels: of the finest octave, and of the mean of its energy
_STRONG, _WEAK = 0.8, 0.25  # quantiles of energy: from here on it is of structures, and up to here of noise alone
_NOISE = 1.4  # energy of noise relative to that quantile: 1.2 where it is white, and a margin


def restoration_share(face: Image) -> float:
    """Share of the restored picture in the result, 0 for a sharp face to 1 for a soft or a noisy one, in hundredths.

    Args:
        face: uint8 (S, S, 3), aligned to `FFHQ_512`, at the resolution in which it is delivered: one that is enlarged
            for a net would seem soft.
    """
    sharpness, noise = sharpness_and_noise(face)
    soft = (LEFT_ALONE - sharpness) / (LEFT_ALONE - RESTORED)
    noisy = (noise - GRAINY) / (NOISY - GRAINY)
    return round(float(np.clip(max(soft, noisy), 0, 1)), 2)


def softness(face: Image) -> float:
    """Lack of sharpness of an aligned face, uint8 (S, S, 3), from 0 for one as sharp as `SHARP` to 1."""
    return float(np.clip(1 - sharpness_and_noise(face)[0] / SHARP, 0, 1))


def sharpness_and_noise(face: Image) -> tuple[float, float]:
    """Sharpness of an aligned face, uint8 (S, S, 3), about 0..1, and its noise in grey levels of the finest octave.

    Sharpness is the amplitude of the finest octave relative to the next one where structures are strongest: blur lowers
    it, the contrast of the picture does not change it. Noise raises the energy everywhere alike, and that of places
    without structures is subtracted.
    """
    import cv2

    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY).astype(np.float32)
    narrow, middle, wide = (cv2.GaussianBlur(grey, (0, 0), _OCTAVE * factor) for factor in (1, 2, 4))
    inside = _oval(len(face))
    fine, coarse = (cv2.GaussianBlur(band**2, (0, 0), _WINDOW)[inside] for band in (grey - narrow, middle - wide))
    strong = coarse >= np.quantile(coarse, _STRONG)
    noise, floor = np.quantile(fine, _WEAK), np.quantile(coarse, _WEAK)
    ratio = max(fine[strong].mean() - _NOISE * noise, 0.0) / max(coarse[strong].mean() - floor, 1e-6)
    return float(np.sqrt(ratio)), float(np.sqrt(noise))


def _oval(size: int) -> Floats:
    """Mask (size, size) of the face with its hairline, in a picture aligned to `FFHQ_512`."""
    places = (np.arange(size) + 0.5) / size
    return np.asarray(((places - 0.5) / 0.33) ** 2 + ((places[:, None] - 0.55) / 0.42) ** 2 <= 1)
