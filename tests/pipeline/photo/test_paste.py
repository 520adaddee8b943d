"""Edits put back into photographs: which pixels belong to a face, and which move."""

import cv2
import numpy as np
import pytest

from pipeline.core.crop import Crop, apply, corners, cut
from pipeline.photo.paste import own_part, paste_back
from postprocess.own_pixels.motions import moved, moving


def test_faces_that_overlap_share_the_photo_between_them() -> None:
    crops = [
        Crop(corners(np.array([[x, 0], [x, s], [x + s, s], [x + s, 0]], float)), 300, 300, 64)
        for x, s in ((0, 200), (100, 160))
    ]
    parts = [own_part(crop, crops) for crop in crops]
    for crop, part, other in zip(crops, parts, crops[::-1], strict=True):
        assert part is not None
        assert part[32, 32] == 1
        assert 0.4 < part.mean() < 1
        owned = apply(crop.to_photo(), np.argwhere(part > 0)[:, ::-1])
        centres = [np.mean(one.quad, axis=0) for one in (crop, other)]
        own, others = (
            np.hypot(*(owned - centre).T) / one.side for centre, one in zip(centres, (crop, other), strict=True)
        )
        assert (own <= others).all()
    assert own_part(crops[0], crops[:1]) is None
    assert own_part(crops[0], [crops[0], None]) is None


SIZE, SIDE = 64, 400
"""Sides of the crop and of its square in the photo, pixels."""


def square(turn: float) -> Crop:
    """A crop in the middle of a photo of 600 x 600, turned by degrees."""
    angle = np.deg2rad(turn)
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    places = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, 0.5], [0.5, -0.5]]) * SIDE
    return Crop(corners(300 + places @ axes), 600, 600, SIZE)


def bump() -> np.ndarray:
    """A motion of up to 4 pixels of the crop, which ends well before its edge."""
    y, x = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE - 0.5
    strength = 4 * np.clip(1 - (x**2 + y**2) / 0.09, 0, 1) ** 2
    return np.stack([strength, -0.5 * strength], -1).astype(np.float16)


def texture(channels: int, most: int) -> np.ndarray:
    """A photo whose detail, of two pixels, is gone in the crop."""
    noise = np.random.default_rng(0).random((600, 600, channels or 1)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 1.0).reshape(noise.shape)
    fine = np.clip((fine - fine.mean()) / fine.std() * 0.15 + 0.5, 0, 1)
    photo = (fine * most).astype(np.uint8 if most == 255 else np.uint16)
    return photo if channels else photo[..., 0]


@pytest.mark.parametrize("turn", [0.0, 30.0, 90.0])
@pytest.mark.parametrize(("channels", "most"), [(3, 255), (4, 255), (0, 255), (2, 255), (3, 65535)])
def test_detail_that_the_crop_lacks_moves_along(turn: float, channels: int, most: int) -> None:
    photo, crop, motion = texture(channels, most), square(turn), bump()
    seen = photo if photo.ndim == 3 and photo.shape[2] > 2 else np.repeat(np.atleast_3d(photo)[..., :1], 3, 2)
    original = cut((seen[..., :3] // (1 if most == 255 else 257)).astype(np.uint8), crop)
    support = moving(motion.astype(np.float32))
    result = paste_back(photo, crop, original, moved(original, motion.astype(np.float32)), support, motion)

    places = np.stack(np.meshgrid(*[np.arange(600.0)] * 2), -1).reshape(-1, 2)
    inside = apply(crop.to_crop(), places).astype(np.float32).reshape(600, 600, 2)
    field = cv2.remap(motion.astype(np.float32), *np.moveaxis(inside, -1, 0), cv2.INTER_LINEAR)
    came = (places - field.reshape(-1, 2) @ crop.to_photo()[:, :2].T).astype(np.float32).reshape(600, 600, 2)
    ideal = cv2.remap(photo, *np.moveaxis(came, -1, 0), cv2.INTER_CUBIC)
    full = cv2.remap(support, *np.moveaxis(inside, -1, 0), cv2.INTER_LINEAR) > 0.999
    full = cv2.erode(full.astype(np.uint8), np.ones((41, 41))).astype(bool)
    assert full.sum() > 4000
    colours = slice(0, 1 if channels in (0, 2) else 3)
    found, wanted, stayed = (np.atleast_3d(each)[..., colours].astype(float)[full] for each in (result, ideal, photo))
    left_behind = paste_back(photo, crop, original, moved(original, motion.astype(np.float32)), support)
    before = np.atleast_3d(left_behind)[..., colours].astype(float)[full]
    assert np.sqrt(np.mean((found - wanted) ** 2)) < 0.1 * np.sqrt(np.mean((before - wanted) ** 2))
    assert np.corrcoef(before.ravel(), stayed.ravel())[0, 1] > 0.8  # the defect: it stays where it was
    if channels in (2, 4):
        assert np.array_equal(result[..., -1], photo[..., -1])


def test_outside_of_the_support_no_bit_changes() -> None:
    photo, crop, motion = texture(3, 255), square(12), bump()
    original = cut(photo, crop)
    support = moving(motion.astype(np.float32))
    support[:, : SIZE // 2] = 0
    result = paste_back(photo, crop, original, moved(original, motion.astype(np.float32)), support, motion)
    places = np.stack(np.meshgrid(*[np.arange(600.0)] * 2), -1).reshape(-1, 2)
    x, y = np.rint(apply(crop.to_crop(), places)).astype(int).T.reshape(2, 600, 600)
    within = (np.minimum(x, y) >= 0) & (np.maximum(x, y) < SIZE)
    allowed = within & (support[np.clip(y, 0, SIZE - 1), np.clip(x, 0, SIZE - 1)] > 0)
    changed = (result != photo).any(axis=2)
    assert changed.any() and not (changed & ~allowed).any()


def test_no_motion_is_none() -> None:
    photo, crop, original = texture(3, 255), square(12), cut(texture(3, 255), square(12))
    everywhere, still = np.ones((SIZE, SIZE), np.float32), np.zeros((SIZE, SIZE, 2), np.float16)
    lighter = np.clip(original.astype(int) + 20, 0, 255).astype(np.uint8)
    still_pasted = paste_back(photo, crop, original, lighter, everywhere, still)
    assert np.array_equal(still_pasted, paste_back(photo, crop, original, lighter, everywhere))
