import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.models import Models
from postprocess.labels import CelebAMask
from postprocess.own_pixels.motions import LIP_NAMES, Motion, combined, moved, moving, origins, place, shut, towards_us

SIDE = 128


def bump(x: float, y: float, motion: tuple[float, float]) -> Motion:
    """A motion around a place, that of a part around it."""
    rows, columns = (np.mgrid[:64, :64] + 0.5) / 64
    weight = np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * 0.06**2))
    return Motion(np.float32(weight[:, :, None] * motion), ("nose",), (x, y, 0.05, 0.04))


def nose(x: float, y: float, half: float) -> np.ndarray:
    """Classes with a square nose."""
    labels = np.ones((SIDE, SIDE), np.uint8)
    top, left, reach = round(SIDE * y), round(SIDE * x), round(SIDE * half)
    labels[top - reach : top + reach, left - reach : left + reach] = CelebAMask.NOSE
    return labels


def peak(field: np.ndarray) -> tuple[float, float]:
    y, x = np.unravel_index(np.hypot(*np.moveaxis(field, -1, 0)).argmax(), field.shape[:2])
    return x / SIDE, y / SIDE


def lips(opening: int) -> np.ndarray:
    """Classes with lips 6 pixels high and a mouth that is this far open."""
    labels = np.ones((SIDE, SIDE), np.uint8)
    top = 96 - opening // 2
    labels[top - 6 : top, 44:84], labels[top : top + opening, 48:80] = CelebAMask.UPPER_LIP, CelebAMask.MOUTH
    labels[top + opening : top + opening + 6, 44:84] = CelebAMask.LOWER_LIP
    return labels


def test_the_far_cheek_of_a_turned_head_moves_less() -> None:
    def turned(x: int) -> np.ndarray:
        labels = np.zeros((SIDE, SIDE), np.uint8)
        labels[20:110, 24:104] = CelebAMask.SKIN
        labels[50:64, x - 5 : x + 5] = CelebAMask.NOSE
        return towards_us(labels, ("skin", "nose"))

    assert turned(64).min() > 0.99
    right, left = turned(84), turned(44)
    assert (right[:84] == 1).all() and right[103] < 0.3
    np.testing.assert_allclose(right, left[::-1], atol=0.12)
    assert (np.diff(right[84:104]) < 0).all()
    assert (towards_us(np.zeros((SIDE, SIDE), np.uint8), ("skin",)) == 1).all()
    covered = np.zeros((SIDE, SIDE), np.uint8)
    covered[20:110, 24:104], covered[20:110, 80:112] = CelebAMask.SKIN, CelebAMask.HAIR
    covered[50:64, 59:69] = CelebAMask.NOSE
    assert (towards_us(covered, ("skin", "nose")) == 1).all()  # seen from the front, with hair over one cheek


@pytest.mark.parametrize("opening", [4, 16, 30])
@pytest.mark.parametrize("name", ["Bp_max", "Bp_min", "Sm_1"])
def test_strong_motions_of_an_open_mouth_do_not_fold_the_skin(demo_models: Models, name: str, opening: int) -> None:
    motion = demo_models.motions[name]
    labels = np.kron(lips(opening), np.ones((4, 4), np.uint8))
    for strength in (0.5, 1, 2):
        field = combined([(motion, strength * motion.photographs)], labels, photograph=True)
        assert all(np.diff(field[..., axis], axis=1 - axis).min() > -0.9 for axis in range(2))
    mild, strong = (combined([(motion, factor)], labels, photograph=True) for factor in (0.1, 0.2))
    np.testing.assert_allclose(strong, 2 * mild, atol=1e-3)


def test_a_speck_of_mouth_elsewhere_shuts_nothing() -> None:
    labels = lips(16)
    labels[20:24, 40:44] = CelebAMask.MOUTH
    np.testing.assert_allclose(shut(labels), shut(lips(16)))


def test_lips_of_an_open_mouth_move_more(demo_models: Models) -> None:
    motion = demo_models.motions["Bp_max"]
    closed, opened = (np.abs(motion.on(lips(opening), photograph=True)).max() for opening in (0, 16))
    assert 1.1 * closed < opened < 2 * closed


@given(st.integers(2, 10).map(lambda half: 2 * half))
def test_an_open_mouth_is_shut(opening: int) -> None:
    rows = shut(lips(opening))
    assert np.ptp(rows[96 - opening // 2 + 1 : 96 + opening // 2 - 1, 64]) < 1
    above, below = rows[: 96 - opening // 2, 64], rows[96 + opening // 2 :, 64]
    np.testing.assert_allclose(np.diff(above), 1, atol=1e-3)
    np.testing.assert_allclose(np.diff(below), 1, atol=1e-3)
    assert below[0] - above[-1] == pytest.approx(1, abs=0.2)
    assert (np.diff(rows, axis=0) >= -1e-4).all()
    np.testing.assert_allclose(rows[:, 10], np.arange(SIDE))
    assert np.array_equal(shut(lips(0)), np.mgrid[:SIDE, :SIDE][0])


def test_fuller_lips_do_not_open_a_mouth_further() -> None:
    rows, columns = (np.mgrid[:64, :64] + 0.5) / 64
    height = (rows - 0.75) * np.exp(-((rows - 0.75) ** 2 + (columns - 0.5) ** 2) / (2 * 0.06**2))
    fuller = Motion(np.float32(np.stack([0 * height, height], -1)), LIP_NAMES, (0.5, 0.75, 0.09, 0.027))
    rendered, field = (fuller.on(lips(16), photograph)[..., 1] for photograph in (False, True))
    assert np.abs(field[90:102, 64]).max() < 0.3 < np.abs(rendered[90:102, 64]).max()
    assert field[82, 64] < -1
    assert field[110, 64] > 1


@given(st.integers(0, 2**32 - 1))
def test_no_motion_changes_nothing(seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    still = np.zeros((32, 32, 2), np.float32)
    assert np.array_equal(moved(image, still), image)
    assert not moving(still).any()


def test_pixels_follow_the_motion() -> None:
    image = np.zeros((SIDE, SIDE, 3), np.uint8)
    image[60:64, 60:64] = 255
    right = np.zeros((SIDE, SIDE, 2), np.float32)
    right[..., 0] = 5
    assert np.argwhere(moved(image, right)[..., 0] == 255).min(0).tolist() == [60, 65]
    assert moving(right).min() == 1


@pytest.mark.parametrize("way", [1, -1])
def test_origins_lead_back(way: int) -> None:
    """A ring that widens or narrows by a motion is found again from where its pixels came from."""
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32) - SIDE / 2
    radius = np.maximum(np.hypot(columns, rows), 1e-3)
    swell = way * 8 * np.exp(-(((radius - 24) / 12) ** 2))
    field = np.stack([columns / radius * swell, rows / radius * swell], axis=2)
    came = origins(field)
    here = np.stack(np.meshgrid(*[np.arange(SIDE, dtype=np.float32)] * 2), axis=2)
    start = here - came
    import cv2

    again = start + cv2.remap(field, start[..., 0], start[..., 1], cv2.INTER_LINEAR)
    inside = radius < SIDE / 2 - 8
    assert np.abs(again - here)[inside].max() < 0.3
    assert np.abs(field - came)[inside].max() > 2  # which the motion itself is not


def test_a_motion_goes_to_the_parts_of_the_face() -> None:
    motion = bump(0.5, 0.58, (0.02, 0))
    field = motion.on(nose(0.53, 0.56, 0.07))
    assert peak(field) == pytest.approx((0.53, 0.56), abs=0.02)
    assert field[..., 0].max() == pytest.approx(0.02 * SIDE * 0.07 * 2 / 12**0.5 / 0.05, rel=0.05)  # it is as large


def test_where_no_part_is_seen_it_stays() -> None:
    motion = bump(0.5, 0.58, (0.02, 0))
    field = motion.on(np.ones((SIDE, SIDE), np.uint8))
    assert peak(field) == pytest.approx((0.5, 0.58), abs=0.01)
    assert np.isnan(place(np.ones((SIDE, SIDE), np.uint8), ["nose"])).all()


def test_a_wrong_parser_moves_it_a_little_only() -> None:
    field = bump(0.5, 0.58, (0.02, 0)).on(nose(0.2, 0.2, 0.02))
    assert peak(field) == pytest.approx((0.46, 0.54), abs=0.02)


def test_the_motions_of_the_demo_set_go_where_they_say(demo_models: Models) -> None:
    motions = demo_models.motions
    wide, thin = motions["Bn_max"].field[..., 0], motions["Bn_min"].field[..., 0]
    left, right = (slice(34, 42), slice(26, 31)), (slice(34, 42), slice(33, 38))  # wings of the nose
    assert wide[left].mean() < 0 < wide[right].mean()
    assert thin[right].mean() < 0 < thin[left].mean()
    lips = motions["Bp_max"].field[..., 1]
    assert lips[44:47, 29:35].mean() < 0 < lips[49:52, 29:35].mean()
    assert all(np.abs(motion.photographs * motion.field).max() < 0.05 for motion in motions.values())
    corners = motions["Sm_1"].field[..., 0]
    assert corners[48:52, 26:30].mean() < 0 < corners[48:52, 34:38].mean()
    assert Models("ffhq-stylegan2", "cpu").motions == {}


def test_fuller_cheeks_follow_a_face_that_is_turned(demo_models: Models) -> None:
    fuller, field = demo_models.motions["Ch_max"], {}
    for shift in (0, -6):
        labels = np.zeros((128, 128), np.uint8)
        labels[26:106, 36 + shift : 92 + shift] = CelebAMask.SKIN
        labels[64:84, 60:68] = CelebAMask.NOSE  # eyes and nose are aligned, the rest turns
        field[shift] = fuller.on(labels)[..., 0]
    straight, turned = (np.abs(field[shift]).sum(0) for shift in (0, -6))
    near = np.arange(60)  # the far cheek hardly moves
    centres = [float((near * each[:60]).sum() / each[:60].sum()) for each in (straight, turned)]
    assert centres[1] - centres[0] == pytest.approx(-6, abs=2.5)
    assert turned[68:].sum() < straight[68:].sum()
