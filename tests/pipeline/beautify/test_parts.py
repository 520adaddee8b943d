"""Parts by five points and by labels alone: what a parser sees elsewhere is left out."""

import numpy as np
import pytest

from pipeline.beautify import open_parser
from pipeline.beautify.parts import parts_by_labels, parts_by_points, points_of
from postprocess.beauty import regions
from postprocess.labels import Labels, Lapa, to_lapa
from postprocess.masks import dilate
from tests.support.drawn_face import EYES, POINTS, drawn
from tests.support.photos import bare_faces

MOUTH = (*regions.LIPS, Lapa.MOUTH)


def without(labels: Labels, *classes: int) -> Labels:
    return np.where(np.isin(labels, classes), Lapa.SKIN, labels).astype(np.uint8)


def test_good_labels_are_taken() -> None:
    image, labels = drawn()
    for parts in (parts_by_points(image, labels, POINTS), parts_by_labels(image, labels)):
        assert not parts.left_out
        for label, (x, y, *_) in zip(regions.EYES, EYES.values(), strict=True):
            assert (parts.irises[label].x, parts.irises[label].y) == pytest.approx((x, y), abs=3)
            assert ((parts.labels == label) == (labels == label)).all()
        for classes in (regions.LIPS, (Lapa.MOUTH,)):
            own, true = regions.part(parts.labels, *classes), regions.part(labels, *classes)
            assert (own != true).sum() < 0.1 * true.sum()


def test_specks_elsewhere_are_no_parts() -> None:
    image, labels = drawn()
    labels[420:450, 200:300] = Lapa.LOWER_LIP  # a chin
    labels[270:290, 170:220] = Lapa.LEFT_EYE  # a cheek
    parts = parts_by_points(image, labels, POINTS)
    assert not parts.left_out
    assert not regions.part(parts.labels, *MOUTH)[415:].any()
    assert not regions.part(parts.labels, *regions.EYES)[265:].any()


@pytest.mark.parametrize("missing", [(Lapa.LEFT_EYE,), (Lapa.RIGHT_EYE,), regions.EYES])
def test_one_eye_is_none(missing: tuple[int, ...]) -> None:
    image, labels = drawn()
    seen = without(labels, *missing)
    parts = parts_by_points(image, seen, POINTS)
    assert set(parts.left_out) == {"under_eyes", "eyes", "iris"} and not parts.irises
    assert not regions.part(parts.labels, *regions.EYES).any()
    assert {"under_eyes", "eyes", "iris"} <= set(parts_by_labels(image, seen).left_out)


def test_a_smear_below_the_eye_is_no_eye() -> None:
    image, labels = drawn()
    seen = without(labels, *regions.EYES)
    seen[258:290, 170:220], seen[258:290, 295:345] = Lapa.LEFT_EYE, Lapa.RIGHT_EYE
    assert "iris" in parts_by_points(image, seen, POINTS).left_out


def test_eyes_that_are_closed_or_look_different_ways_have_no_irises() -> None:
    image, labels = drawn()
    closed, _ = drawn(closed=True)
    assert set(parts_by_points(closed, labels, POINTS).left_out) == {"iris"}
    squint = image.copy()
    left = labels == Lapa.LEFT_EYE
    squint[left] = np.roll(image, 14, axis=1)[left]
    squint[227:253, 170:190] = np.where(left[227:253, 170:190, None], (225, 220, 215), image[227:253, 170:190])
    assert set(parts_by_points(squint, labels, POINTS).left_out) == {"iris"}


def test_lips_on_the_chin_or_on_one_side_are_none() -> None:
    image, labels = drawn()
    chin = without(labels, *MOUTH)
    chin[425:455, 200:312] = Lapa.LOWER_LIP
    side = labels.copy()
    side[:, :256] = without(labels, *MOUTH)[:, :256]
    for seen in (chin, side):
        parts = parts_by_points(image, seen, POINTS)
        assert set(parts.left_out) == {"lips", "teeth"}
        assert not regions.part(parts.labels, *MOUTH).any()


def test_labels_that_lie_as_no_face_give_no_points() -> None:
    _, labels = drawn()
    np.testing.assert_allclose(points_of(labels), POINTS, atol=3)
    assert points_of(labels[::-1]) is None
    assert points_of(without(labels, Lapa.NOSE)) is None
    tilted = without(labels, Lapa.RIGHT_EYE)
    tilted[np.roll(labels, 60, axis=0) == Lapa.RIGHT_EYE] = Lapa.RIGHT_EYE
    assert points_of(tilted) is None


def test_irises_and_lips_of_rendered_faces_lie_where_they_are() -> None:
    """As the embedded parser sees them, around the middles and ends of the true parts."""
    parse, taken, people, within = open_parser("demo", "cpu"), 0, bare_faces(), []
    for sample in people:
        image, truth = sample.portrait.rgb, to_lapa(sample.portrait.labels)
        points = points_of(truth)
        assert points is not None
        parts = parts_by_points(image, parse(image), points)
        assert len(parts.irises) in (0, 2)
        for label, iris in parts.irises.items():
            assert dilate(truth == label, 2)[round(iris.y), round(iris.x)]  # a lid may lie over its middle
        taken += not parts.left_out
        lips = regions.part(parts.labels, *regions.LIPS)
        within.append(lips[dilate(regions.part(truth, *MOUTH), 1)].sum() / lips.sum())
    print(f"{taken} of {len(people)} with all parts, lips {np.round(within, 2)} within the mouth")
    assert min(within) >= 0.75  # a thin upper lip under a moustache
    assert np.mean(within) >= 0.95
    assert taken >= 0.75 * len(people)
