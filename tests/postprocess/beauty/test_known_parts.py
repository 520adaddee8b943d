"""Effects on parts whose place is known: irises as circles, lips within a few pixels, skin by its colour."""

import numpy as np

from postprocess.beauty import regions
from postprocess.beauty.eyes import Iris, colour_iris, eye_around, whiten_eyes
from postprocess.beauty.mouth import colour_lips, lips_within
from postprocess.beauty.skin import like_skin
from postprocess.labels import Lapa
from tests.support.drawn_face import EYES, GAP, HAIR, IRIS, LIPS, OVAL, SIZE, drawn, paint

BLUE = (40, 90, 230)
IRISES = {label: Iris(*place[:2], IRIS) for label, place in zip(regions.EYES, EYES.values(), strict=True)}


def area(place: tuple[float, float, float, float]) -> np.ndarray:
    canvas = np.zeros((SIZE, SIZE), np.uint8)
    paint(canvas, place, 1)
    return canvas > 0


def test_known_irises_are_coloured_and_no_other() -> None:
    image, labels = drawn()
    both = colour_iris(image, labels, 1.0, BLUE, IRISES)
    changed = (both != image).any(axis=2)
    for x, y, *_ in EYES.values():
        assert changed[area((x, y, IRIS - 1, IRIS - 1))].mean() > 0.95
    y, x = np.mgrid[:SIZE, :SIZE]
    far = np.min([np.hypot(x - iris.x, y - iris.y) for iris in IRISES.values()], axis=0) > IRIS + 2
    assert not changed[far].any()
    one = colour_iris(image, labels, 1.0, BLUE, {Lapa.LEFT_EYE: IRISES[Lapa.LEFT_EYE]})
    assert (one != image).any(axis=2)[:, :256].any() and (one == image)[:, 256:].all()
    assert (colour_iris(image, labels, 1.0, BLUE, {}) == image).all()


def test_the_white_ends_at_a_known_iris() -> None:
    image, labels = drawn()
    image[labels == Lapa.LEFT_EYE] = (image[labels == Lapa.LEFT_EYE] * [1.0, 0.9, 0.7]).astype(np.uint8)
    changed = (whiten_eyes(image, labels, 1.0, IRISES) != image).any(axis=2)
    assert changed[labels == Lapa.LEFT_EYE].any() and not changed[~np.isin(labels, regions.EYES)].any()
    assert not changed[area((193.0, 240.0, IRIS, IRIS))].any()


def test_an_eye_that_shows_no_iris_is_none() -> None:
    image, labels = drawn()
    iris, region = IRISES[Lapa.LEFT_EYE], labels == Lapa.LEFT_EYE
    eye = eye_around(image, region, iris)
    assert eye is not None and eye.dark < 70 and eye.bright > 200
    assert eye_around(np.full_like(image, 90), region, iris) is None
    assert eye_around(image, region, Iris(193.0, 240.0, 80.0)) is None
    assert eye_around(image, region, Iris(20.0, 20.0, IRIS)) is None
    assert eye_around(image, np.zeros_like(region), iris) is None


def test_lips_are_found_between_wrong_outlines() -> None:
    """The outline is too small, the gap too low: teeth stay, lips in the gap are lips, and skin is not."""
    image, _ = drawn()
    x, y, wide, high = LIPS
    mouth, gap = area((x, y, wide - 2, high - 2)), area((GAP[0], GAP[1] + 3, GAP[2], GAP[3]))
    lips, true = lips_within(image, mouth, gap), area(LIPS) & ~area(GAP)
    assert lips[true].mean() > 0.9
    assert lips[area(GAP)].mean() < 0.05
    assert lips[~area((x, y, wide + 1, high + 1))].sum() == 0
    assert not lips_within(image, np.zeros_like(mouth), gap).any()


def test_a_dark_gap_is_no_lip() -> None:
    image, _ = drawn()
    paint(image, GAP, (30, 10, 10))
    lips = lips_within(image, area(LIPS), area((GAP[0], GAP[1], GAP[2], GAP[3] + 3)))
    assert not lips[area((GAP[0], GAP[1], GAP[2] - 2, GAP[3] - 2))].any()
    assert lips[area(LIPS) & ~area((GAP[0], GAP[1], GAP[2] + 2, GAP[3] + 2))].mean() > 0.95


def test_exact_labels_keep_lips_off_what_looks_like_lips() -> None:
    image, labels = drawn()
    image[labels == Lapa.MOUTH] = image[labels == Lapa.LOWER_LIP][0]
    gap = labels == Lapa.MOUTH
    assert (colour_lips(image, labels, 1.0, BLUE, exact=True) == image)[gap].all()
    assert (colour_lips(image, labels, 1.0, BLUE) != image).any(axis=2)[gap].any()


def test_skin_has_the_colour_of_the_cheeks() -> None:
    image, labels = drawn()
    image[150:180, 200:300] = HAIR
    image[:40, :40] = image[320, 200]  # as a hand in the corner
    seen, cheeks = np.ones((SIZE, SIZE), bool), np.zeros((SIZE, SIZE), bool)
    cheeks[270:340, 200:312] = True
    skin = like_skin(image, seen, cheeks)
    assert not skin[155:175, 205:295].any() and not skin[:40, :40].any()
    assert skin[270:340, 200:312].mean() > 0.99
    assert not like_skin(image, ~seen, cheeks, area(OVAL))[~area(OVAL)].any()
    assert like_skin(image, ~seen, cheeks, area(OVAL))[area(OVAL) & (labels == Lapa.SKIN)].mean() > 0.85
    assert (like_skin(image, seen, ~seen) == seen).all()
