"""Beards on the lower half of a face."""

import numpy as np
import pytest

from pipeline.core.colours import to_lab
from pipeline.models import Models
from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.beards import (
    ACROSS,
    DOWN,
    HIGHEST,
    below_jaw,
    bristles,
    chart,
    grown,
    whole_jaw,
)

SIDE = 128


def face(chin: int = 110, mouth: int = 80, left: int = 30, right: int = 98) -> Labels:
    """Classes of a square face."""
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[:24, left:right] = CelebAMask.HAIR
    labels[24:chin, left:right] = CelebAMask.SKIN
    labels[50:64, 58:70] = CelebAMask.NOSE
    labels[mouth - 4 : mouth, 50:78] = CelebAMask.UPPER_LIP
    labels[mouth : mouth + 4, 50:78] = CelebAMask.LOWER_LIP
    return labels


def picture(labels: Labels) -> np.ndarray:
    """Pale skin, brown hair, red lips."""
    colours = np.full((19, 3), 200, np.uint8)
    colours[CelebAMask.HAIR] = 70, 45, 30
    colours[[CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP]] = 190, 90, 90
    return colours[labels]


def test_a_chart_is_anchored_at_mouth_nose_chin_and_cheeks() -> None:
    found = chart(face())
    assert found is not None
    across, down = found
    assert across[80, 30] == pytest.approx(-1, abs=0.05) and across[80, 97] == pytest.approx(1, abs=0.05)
    assert abs(across[80, 63]) < 0.05 and abs(down[80, 63]) < 0.05
    assert down[63, 63] == pytest.approx(-1, abs=0.1) and down[109, 63] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("gone", [(CelebAMask.NOSE,), (CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP), (CelebAMask.SKIN,)])
def test_a_face_without_its_parts_has_no_chart(gone: tuple[CelebAMask, ...]) -> None:
    labels = face()
    labels[np.isin(labels, gone)] = CelebAMask.BACKGROUND
    assert chart(labels) is None
    assert grown(picture(labels), labels, np.ones((8, 8), np.float32), 1.0) is None


def test_a_beard_covers_skin_in_the_colour_of_the_hair(density: np.ndarray) -> None:
    labels = face()
    before = picture(labels)
    found = grown(before, labels, density, 1.0)
    assert found is not None
    image, cover = found
    jaw = (slice(95, 106), slice(40, 88))
    assert cover[jaw].mean() > 0.5
    hair = before[labels == CelebAMask.HAIR].mean(0)
    assert np.abs(image[jaw].mean((0, 1)) - hair).max() < 0.6 * np.abs(before[jaw].mean((0, 1)) - hair).max()
    assert np.array_equal(image[cover == 0], before[cover == 0])


def test_lips_hair_and_eyes_stay(density: np.ndarray) -> None:
    labels = face()
    found = grown(picture(labels), labels, density, 1.0)
    assert found is not None
    inner = np.isin(labels, (CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP))
    assert found[1][inner].mean() < 0.1
    assert not found[1][:48].any()


def test_less_is_thinner_and_nothing_is_nothing(density: np.ndarray) -> None:
    labels = face()
    covers = [grown(picture(labels), labels, density, amount)[1].sum() for amount in (0.0, 0.5, 1.0)]  # type: ignore[index]
    assert covers[0] == 0 < covers[1] < covers[2]


def test_a_beard_on_blond_hair_is_darker_than_the_skin(density: np.ndarray) -> None:
    labels = face()
    before = picture(labels)
    before[labels == CelebAMask.HAIR] = 230
    found = grown(before, labels, density, 1.0)
    assert found is not None
    assert found[0][98:104, 50:80].mean() < before[98:104, 50:80].mean() - 10


def test_hairs_are_the_same_every_time_grow_down_and_softer_in_a_blurred_picture() -> None:
    labels = face()
    found = chart(labels)
    assert found is not None
    grain = bristles(found, labels, 0.0)
    assert np.array_equal(grain, bristles(found, labels, 0.0))
    chin = grain[90:108, 52:76]
    along, across = (np.abs(np.diff(chin, axis=axis)).mean() for axis in (0, 1))
    assert along < 0.7 * across
    assert bristles(found, labels, 1.0)[90:108, 52:76].std() < 0.7 * chin.std()


def test_a_beard_fades_on_the_neck_instead_of_ending_at_the_chin(density: np.ndarray) -> None:
    labels = face(chin=104)
    labels[104:, 40:88] = CelebAMask.NECK
    found = grown(picture(labels), labels, density, 1.0)
    assert found is not None
    chin, below, collar = (found[1][rows, 56:72].mean() for rows in (slice(98, 103), slice(106, 109), slice(120, 128)))
    assert chin > below > 3 * collar
    labels[104:] = CelebAMask.CLOTHES
    clothed = grown(picture(labels), labels, density, 1.0)
    assert clothed is not None
    assert clothed[1][110:].max() < 0.05


def test_below_the_jaw_no_density_is_lost() -> None:
    cover = np.zeros((64, 64), np.float32)
    cover[30:40, 20:44] = 1
    longer = below_jaw(cover)
    assert (longer >= cover).all()
    assert 1 > longer[42, 32] > longer[46, 32] > 0
    assert np.array_equal(longer[:28], cover[:28])


def test_a_beard_reaches_the_edge_of_the_jaw_and_not_that_of_the_cheeks() -> None:
    cover = np.zeros((64, 64), np.float32)
    cover[20:60, 24:40] = 0.8
    cover[20:60, 28:36] = 0.5
    wide = whole_jaw(cover)
    assert (wide[44:60, [0, 20, 43, 63]] == np.float32(0.8)).all()
    assert np.array_equal(wide[:42], cover[:42])
    assert np.array_equal(wide[50, 28:36], cover[50, 28:36])


def test_no_sideburns_stand_alone_above_the_nose() -> None:
    labels = face()
    found = chart(labels)
    image = grown(picture(labels), labels, np.ones((64, 64), np.float32), 1.0)
    assert found is not None and image is not None
    high, low = found[1] < HIGHEST[0] - 0.2, (found[1] > HIGHEST[1]) & (found[1] < 0.8)
    assert image[1][high].max() < 0.05
    assert image[1][low & (labels == CelebAMask.SKIN)].mean() > 0.5


def test_the_hairs_of_a_moustache_lie_more_to_the_sides_than_those_of_the_chin() -> None:
    labels = face()
    found = chart(labels)
    assert found is not None
    grain = bristles(found, labels, 0.0)

    def steepness(rows: slice, columns: slice) -> float:
        down, across = (np.abs(np.diff(grain, axis=axis))[rows, columns].mean() for axis in (0, 1))
        return float(across / down)

    assert steepness(slice(70, 76), slice(36, 54)) < 0.75 * steepness(slice(90, 106), slice(58, 70))


def test_beside_the_chin_the_neck_stays_bare(density: np.ndarray) -> None:
    labels = face(chin=104)
    labels[92:112, 14:30] = CelebAMask.NECK
    found = grown(picture(labels), labels, density, 1.0)
    assert found is not None
    assert found[1][96:108, 14:22].mean() < 0.1
    assert found[1][94:102, 34:44].mean() > 0.5


def test_skin_shines_through_a_beard(density: np.ndarray) -> None:
    labels = face()
    warm = picture(labels)
    warm[labels == CelebAMask.HAIR] = 40
    warm[labels == CelebAMask.SKIN] = 220, 170, 130
    found = grown(warm, labels, density, 1.0)
    assert found is not None
    red, _, blue = found[0][98:104, 52:76].reshape(-1, 3).mean(0)
    assert red > blue + 18


def test_a_beard_has_the_colour_of_red_hair_and_is_lighter_than_black_hair(density: np.ndarray) -> None:
    labels, found = face(), {}
    for name, hair in (("red", (150, 70, 30)), ("black", (12, 11, 10))):
        image = picture(labels)
        image[labels == CelebAMask.HAIR] = hair
        grew = grown(image, labels, density, 1.0)
        assert grew is not None
        found[name] = to_lab(grew[0])[98:104, 52:76].reshape(-1, 3).mean(0)
    assert np.hypot(*found["red"][1:]) > 15 > np.hypot(*found["black"][1:])
    assert 20 < found["black"][0] < found["red"][0]


def test_a_beard_dips_on_the_cheeks(density: np.ndarray) -> None:
    labels = face()
    found = grown(picture(labels), labels, np.full_like(density, 0.6), 1.0)
    assert found is not None
    moustache, cheek, below = (found[1][rows, columns].mean() for rows, columns in (
        (slice(70, 74), slice(56, 60)), (slice(70, 74), slice(38, 42)), (slice(88, 92), slice(38, 42)),
    ))  # fmt: skip
    assert cheek < 0.3 * moustache
    assert below > 0.9 * moustache


def test_a_beard_is_darker_in_the_shade(density: np.ndarray) -> None:
    labels = face()
    shade = np.linspace(1, 0.5, SIDE)[None, :, None]
    found = grown((picture(labels) * shade).astype(np.uint8), labels, density, 1.0)
    assert found is not None
    assert found[0][98:106, 44:56].mean() > 1.15 * found[0][98:106, 72:84].mean()


def test_the_beard_of_the_demo_set_leaves_the_mouth_free(density: np.ndarray) -> None:
    rows, columns = (
        int((place - low) / (high - low) * len(density)) for place, (low, high) in ((0.0, DOWN), (0.0, ACROSS))
    )
    below = int((0.6 - DOWN[0]) / (DOWN[1] - DOWN[0]) * len(density))
    assert density[below, columns] > 3 * density[rows, columns]
    assert np.allclose(density, density[:, ::-1], atol=1e-3)
    assert Models("ffhq-stylegan2", "cpu").beard is None
