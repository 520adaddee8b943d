"""Wide colours become sRGB and come back; what needs no conversion is not touched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from pipeline.core.colours import from_srgb, luma, to_srgb
from tests.support.icc_profiles import wide_gamut

WIDE = wide_gamut()
COLOURS = np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8)


def test_a_red_of_srgb_is_paler_in_display_p3() -> None:
    """The values are those of Apple's profile, whose curve is that of sRGB; here it is a plain power."""
    red = np.array([[[255, 0, 0]]], np.uint8)
    assert np.abs(from_srgb(red, WIDE)[0, 0].astype(int) - (234, 51, 35)).max() <= 5
    assert to_srgb(red, WIDE).tolist() == [[[255, 0, 0]]]  # beyond sRGB: clipped


@given(st.integers(0, 2**32 - 1))
def test_srgb_comes_back(seed: int) -> None:
    colours = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), np.uint8)
    there = from_srgb(colours, WIDE)
    assert (there != colours).any()
    assert np.abs(to_srgb(there, WIDE).astype(int) - colours).max() <= 8  # in the dark, where eight bits are coarse
    assert np.abs(to_srgb(there, WIDE).astype(int) - colours).mean() <= 1
    greys = np.repeat(colours[:, :, :1], 3, axis=2)
    assert (np.ptp(from_srgb(greys, WIDE).astype(int), axis=2) <= 1).all()


@pytest.mark.parametrize(
    "icc",
    [
        None,
        b"",
        b"no profile",
        WIDE[:200],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
    ],
    ids=["none", "empty", "nonsense", "torn", "sRGB", "LAB"],
)
def test_what_needs_no_conversion_stays(icc: bytes | None) -> None:
    assert to_srgb(COLOURS, icc) is COLOURS
    assert from_srgb(COLOURS, icc) is COLOURS


def test_luma_of_primaries_and_greys() -> None:
    primaries = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [80, 80, 80]]], np.uint8)
    assert luma(primaries)[0].tolist() == pytest.approx([0.299 * 255, 0.587 * 255, 0.114 * 255, 80])
    assert luma(primaries.astype(np.float32) / 255).dtype == np.float32
