"""Dyed hair: its light and colour beside the skin, its strands, its edge, and what is refused."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline.core.colours import to_lab
from pipeline.core.types import Image
from pipeline.world.samples import samples
from postprocess.labels import CelebAMask, Labels
from postprocess.own_pixels.dyeing import DYES, Dye, dyed, turned
from postprocess.own_pixels.hair import WIDE, hair_of, strand_matte

SIDE = 128
SKIN, WALL = (200, 160, 140), (120, 130, 150)
HAIR = {"dark": (40, 30, 24), "fair": (190, 160, 110)}


def head() -> Labels:
    labels = np.zeros((SIDE, SIDE), np.uint8)
    labels[16:112, 24:104] = CelebAMask.HAIR
    labels[40:112, 40:88] = CelebAMask.SKIN
    return labels


def photograph(hair: tuple[int, int, int], wall: tuple[int, int, int] = WALL) -> Image:
    """A head with strands, a little blurred, before a wall."""
    labels = head()
    image = np.full((SIDE, SIDE, 3), wall, np.float32)
    image[labels == CelebAMask.SKIN] = SKIN
    strands = np.random.default_rng(1).normal(1, 0.2, (1, SIDE // 4, 1)).repeat(4, 1)
    image[labels == CelebAMask.HAIR] = (np.array(hair) * np.broadcast_to(strands, image.shape))[labels == 17]
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.8), 0, 255).astype(np.uint8)


def colour(image: Image, labels: Labels, dye: Dye, amount: float) -> tuple[Image, np.ndarray] | None:
    hair = hair_of(image, labels)
    return None if hair is None else dyed(image, hair, dye, amount)


def lightness(image: Image, part: CelebAMask) -> np.ndarray:
    return to_lab(image)[cv2.erode((head() == part).astype(np.uint8), np.ones((11, 11))) > 0]


@pytest.mark.parametrize("hair", HAIR)
def test_colours_keep_their_order_and_the_skin_its_own(hair: str) -> None:
    image = photograph(HAIR[hair])
    found = {}
    for name, dye in DYES.items():
        result = colour(image, head(), dye, 1.0)
        assert result is not None
        found[name] = lightness(result[0], CelebAMask.HAIR).mean(0)
        assert np.abs(lightness(result[0], CelebAMask.SKIN) - lightness(image, CelebAMask.SKIN)).max() < 1
    black, blond, brown, grey = (found[name] for name in DYES)
    assert black[0] < brown[0] < blond[0] < grey[0]
    assert blond[2] > brown[2] > max(grey[2], black[2])
    assert np.hypot(*grey[1:]) < 4


def test_nothing_else_changes_and_the_strength_grades_it() -> None:
    image = photograph(HAIR["dark"])
    steps = []
    for amount in (0.0, 0.5, 1.0):
        result = colour(image, head(), DYES["Hc_1"], amount)
        assert result is not None
        assert np.array_equal(result[0][result[1] == 0], image[result[1] == 0])
        steps.append(lightness(result[0], CelebAMask.HAIR)[:, 0].mean())
    assert (result[1] > 0).mean() < 0.75
    assert lightness(image, CelebAMask.HAIR)[:, 0].mean() == pytest.approx(steps[0], abs=0.5)
    assert steps[1] - steps[0] == pytest.approx(steps[2] - steps[1], rel=0.35)


def test_strands_in_the_colour_of_the_skin_count_inside_solid_hair() -> None:
    image, strand = photograph(HAIR["dark"]), (slice(60, 90), slice(33, 36))
    image[strand] = SKIN
    hair = head() == CelebAMask.HAIR
    solid, open_ = (strand_matte(hair, image, head(), WIDE._replace(solid=each))[strand] for each in (True, False))
    assert open_.mean() < 0.5 < solid.mean()


def test_strands_stay_where_they_are() -> None:
    image = photograph(HAIR["dark"])
    result = colour(image, head(), DYES["Hc_1"], 1.0)
    assert result is not None
    before, after = (lightness(one, CelebAMask.HAIR)[:, 0] for one in (image, result[0]))
    assert np.corrcoef(before, after)[0, 1] > 0.6
    assert after.std() > before.std()


def test_hair_without_strands_gets_some() -> None:
    image = np.full((SIDE, SIDE, 3), WALL, np.uint8)
    image[head() == CelebAMask.SKIN], image[head() == CelebAMask.HAIR] = SKIN, HAIR["dark"]
    result = colour(image, head(), DYES["Hc_3"], 1.0)
    assert result is not None
    assert lightness(image, CelebAMask.HAIR)[:, 0].std() < 0.1
    assert 2 < lightness(result[0], CelebAMask.HAIR)[:, 0].std() < 12


def test_hair_is_darker_in_the_shade_alone() -> None:
    image, dye = photograph(HAIR["dark"]), DYES["Hc_1"]
    hair = hair_of(image, head())
    assert hair is not None
    shaded, even = (dyed(image, one, dye, 1.0)[0] for one in (hair, replace(hair, shade=0 * hair.shade)))
    darker = to_lab(even)[..., 0] - to_lab(shaded)[..., 0]
    inside = head() == CelebAMask.HAIR
    assert np.corrcoef(darker[inside], (hair.shade * hair.weight)[inside])[0, 1] > 0.9
    assert darker[36:39, 44:84].mean() > 4


def test_no_strand_and_no_outline_is_much_brighter_than_the_dye() -> None:
    image = photograph(HAIR["dark"])
    image[18:38, 40] = image[16:18, 28:100] = 250
    result = colour(image, head(), DYES["Hc_1"], 1.0)
    assert result is not None
    light = lightness(result[0], CelebAMask.HAIR)[:, 0]
    assert np.quantile(light, 0.99) < np.median(light) + 3.2 * DYES["Hc_1"].spread


def test_hair_of_one_colour_in_light_and_shade_has_one_hue() -> None:
    image = photograph((215, 150, 40))
    result = colour(image, head(), DYES["Hc_1"], 1.0)
    assert result is not None
    lab = lightness(result[0], CelebAMask.HAIR)
    dark, bright = (np.arctan2(part[:, 2], part[:, 1]).mean() for part in (lab[lab[:, 0] < 50], lab[lab[:, 0] > 65]))
    assert abs(dark - bright) < 0.12


def test_bright_hair_stays_as_bright_in_blond_and_skin_is_partly_dark_by_itself() -> None:
    dark, fair = (colour(photograph(HAIR[each]), head(), DYES["Hc_1"], 1.0) for each in HAIR)
    assert dark is not None and fair is not None
    assert lightness(fair[0], CelebAMask.HAIR)[:, 0].mean() > lightness(dark[0], CelebAMask.HAIR)[:, 0].mean() + 3
    image = photograph(HAIR["dark"])
    image[head() == CelebAMask.SKIN] = np.array(SKIN) / 3
    darker = colour(image, head(), DYES["Hc_1"], 1.0)
    assert darker is not None
    hair, skin = (lightness(darker[0], part)[:, 0].mean() for part in (CelebAMask.HAIR, CelebAMask.SKIN))
    assert hair > 0.8 * skin


def test_pale_skin_has_no_duller_hair_and_a_toned_picture_stays_toned() -> None:
    found = []
    for skin in (SKIN, (200, 174, 162), (200, 193, 190)):  # chroma 20, 12 and 3
        image = photograph(HAIR["dark"])
        image[head() == CelebAMask.SKIN] = skin
        result = colour(image, head(), DYES["Hc_1"], 1.0)
        assert result is not None
        found.append(np.hypot(*lightness(result[0], CelebAMask.HAIR)[:, 1:].mean(0)))
    usual, pale, toned = found
    assert pale > 0.72 * usual
    assert toned < 0.3 * usual


def test_black_never_brightens() -> None:
    image = photograph((8, 6, 5))
    result = colour(image, head(), DYES["Hc_0"], 1.0)
    brown = colour(image, head(), DYES["Hc_2"], 1.0)
    assert result is not None and brown is not None
    before = np.median(lightness(image, CelebAMask.HAIR)[:, 0])
    assert np.median(lightness(result[0], CelebAMask.HAIR)[:, 0]) < before + 1.5
    assert np.median(lightness(brown[0], CelebAMask.HAIR)[:, 0]) > before + 5


def test_a_single_strand_outside_the_parsed_hair_is_dyed_and_the_wall_between_is_not() -> None:
    image, labels = photograph(HAIR["dark"]), head()
    row = 60
    image[row : row + 2, 104:108] = HAIR["dark"]
    result = colour(image, labels, DYES["Hc_3"], 1.0)
    assert result is not None
    change = np.abs(result[0].astype(int) - image).max(2)
    assert change[row, 105:107].min() > 3 * change[row + 8, 106:108].max()


def test_a_dye_is_as_much_redder_as_the_skin_is_in_red_light() -> None:
    tone = np.array([5.0, 20.0])
    white, red, yellow, grey = ((11.0, 17.0), (20.0, 18.0), (8.0, 20.0), (1.0, 0.0))
    assert np.allclose(turned(tone, white), tone, atol=0.3)
    assert turned(tone, red)[0] > tone[0] + 2
    assert np.hypot(*turned(tone, red)) == pytest.approx(np.hypot(*tone), abs=1e-3)
    for skin in (yellow, grey):  # greenish hair is nobody's, and grey skin has no hue
        assert np.allclose(turned(tone, skin), tone, atol=1e-5)


def test_a_grey_photograph_stays_grey() -> None:
    image = np.repeat(photograph(HAIR["dark"])[:, :, :1], 3, axis=2)
    result = colour(image, head(), DYES["Hc_1"], 1.0)
    assert result is not None
    assert np.ptp(result[0].astype(int), axis=2).max() <= 2


def test_a_second_piece_of_hair_is_dyed_and_a_crumb_is_not() -> None:
    labels = head()
    labels[2:4, 2:4] = CelebAMask.HAIR
    labels[116:126, 60:110] = CelebAMask.HAIR
    image = photograph(HAIR["dark"])
    image[labels == CelebAMask.HAIR] = HAIR["dark"]
    result = colour(image, labels, DYES["Hc_1"], 1.0)
    assert result is not None
    assert result[1][120, 80] > 0.9
    assert result[1][2, 2] < 0.1


def test_no_hair_no_dye() -> None:
    labels = head()
    labels[labels == CelebAMask.HAIR] = CelebAMask.HAT
    assert colour(photograph(HAIR["dark"]), labels, DYES["Hc_1"], 1.0) is None


def test_blond_is_as_bright_beside_the_skin_as_in_rendered_people() -> None:
    """The middle of the eight shipped people and not their scatter: the constants come from 870 others."""
    found: dict[int, list[float]] = {}
    for sample in samples():
        labels, lab = sample.portrait.labels, to_lab(sample.portrait.rgb)
        hair, skin = labels == CelebAMask.HAIR, labels == CelebAMask.SKIN
        if sample.attributes["Hc"] < 4 and hair.mean() > 0.03:
            ratio = np.log(((lab[hair, 0] + 16) / 116) ** 3).mean() - np.log(((lab[skin, 0] + 16) / 116) ** 3).mean()
            found.setdefault(int(sample.attributes["Hc"]), []).append(float(ratio))
    assert len(found) > 1
    for colour, ratios in found.items():
        assert np.median(ratios) == pytest.approx(np.log(DYES[f"Hc_{colour}"].light[1]), abs=1.2)
