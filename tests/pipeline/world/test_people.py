"""People: the same twice, what a counterfactual may change, and whether labels, depth and landmarks agree."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.core.attributes import canonical
from pipeline.world.person import TRAITS, Person, counterfactual, draw
from pipeline.world.portrait import Portrait
from pipeline.world.render import render
from postprocess.labels import CelebAMask

SIZE = 256
WOMAN = replace(draw(31), yaw=5.0, pitch=0.0, hair_length=0.45, bangs=0.0, bald=0.0, glasses=0.0, smile=0.2, curl=0.0)


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return render(WOMAN, SIZE)


@pytest.fixture(scope="module")
def people() -> list[tuple[Person, Portrait]]:
    drawn = [replace(draw(seed), glasses=0.0) for seed in range(60, 66)]
    return [(person, render(person, SIZE)) for person in drawn]


def test_types_and_shapes(portrait: Portrait) -> None:
    assert portrait.rgb.shape == (SIZE, SIZE, 3)
    assert portrait.rgb.dtype == portrait.labels.dtype == np.uint8
    assert portrait.labels.max() < len(CelebAMask)
    assert portrait.landmarks.shape == (70, 2)
    assert {"left_eye", "right_iris", "lips_outer", "oval"} <= set(portrait.outlines)


def test_every_size_shows_the_same_portrait(portrait: Portrait) -> None:
    small = render(WOMAN, SIZE // 2)
    shrunk = cv2.resize(portrait.rgb, (SIZE // 2, SIZE // 2), interpolation=cv2.INTER_AREA)
    coarse, other = (cv2.GaussianBlur(image.astype(np.float32), (0, 0), 2) for image in (shrunk, small.rgb))
    assert np.abs(coarse - other).mean() < 3  # fine hair is as sharp as the picture is large
    assert (portrait.labels[::2, ::2] == small.labels).mean() > 0.9
    assert np.abs(portrait.landmarks / 2 - small.landmarks).max() < 0.01


def test_same_person_same_bytes(portrait: Portrait) -> None:
    again = render(WOMAN, SIZE)
    assert np.array_equal(again.rgb, portrait.rgb)
    assert np.array_equal(again.labels, portrait.labels)
    assert np.array_equal(again.depth, portrait.depth)


@pytest.mark.parametrize("name", ["N_max", "Bp_max", "Bn_max", "Be_max", "Pn_max"])
def test_small_edits_leave_background_hair_and_clothes(portrait: Portrait, name: str) -> None:
    edited = render(counterfactual(WOMAN, **canonical(name)), SIZE)
    change = np.abs(edited.rgb.astype(int) - portrait.rgb).max(2)
    for part in (CelebAMask.BACKGROUND, CelebAMask.HAIR, CelebAMask.CLOTHES):
        where = (portrait.labels == part) & (edited.labels == part)
        assert change[where].mean() < 1.0
    assert change.max() > 12


def test_a_beard_is_seen_from_where_it_counts_as_one() -> None:
    man = replace(draw(11), female=0.0, tone=0.1, blond=0.1, grey=0.0, bald=0.0)
    shaved, shadow, short = (render(replace(man, beard=beard), 128) for beard in (0.0, 0.045, 0.055))
    chin = np.zeros((128, 128), bool)
    chin[92:112, 44:84] = True
    chin &= shaved.labels == CelebAMask.SKIN
    darker = [float(shaved.rgb[chin].mean() - each.rgb[chin].mean()) for each in (shadow, short)]
    assert darker[1] > darker[0] + 5


def test_hair_colour_keeps_the_background(portrait: Portrait) -> None:
    edited = render(counterfactual(WOMAN, **canonical("Hc_3")), SIZE)
    change = np.abs(edited.rgb.astype(int) - portrait.rgb).max(2)
    stray = cv2.dilate((portrait.labels == CelebAMask.HAIR).astype(np.uint8), np.ones((41, 41))) > 0
    assert change[(portrait.labels == CelebAMask.BACKGROUND) & ~stray].max() == 0
    assert change[portrait.labels == CelebAMask.LOWER_LIP].mean() < 2
    hair = (portrait.labels == CelebAMask.HAIR) & (edited.labels == CelebAMask.HAIR)
    assert edited.rgb[hair].mean() > portrait.rgb[hair].mean() + 25


def test_outlines_lie_around_their_labels(people: list[tuple[Person, Portrait]]) -> None:
    lips = (CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP, CelebAMask.MOUTH)
    parts = {"left_eye": (CelebAMask.LEFT_EYE,), "right_eye": (CelebAMask.RIGHT_EYE,), "lips_outer": lips}
    for _, portrait in people:
        for name, classes in parts.items():
            labelled = np.isin(portrait.labels, classes)
            outline = _filled(portrait.outlines[name])
            wide = cv2.dilate(outline.astype(np.uint8), np.ones((5, 5))) > 0
            assert (labelled & wide).sum() > 0.97 * labelled.sum()
            assert labelled.sum() > 0.55 * outline.sum()


def test_eyes_and_mouth_stand_where_ffhq_has_them(people: list[tuple[Person, Portrait]]) -> None:
    for _, portrait in people:
        left, right = (portrait.landmarks[rows].mean(0) / SIZE for rows in (slice(36, 42), slice(42, 48)))
        assert left[0] < right[0]
        assert abs(0.5 * (left[1] + right[1]) - 0.47) < 0.05


def test_depth_agrees_with_labels(people: list[tuple[Person, Portrait]]) -> None:
    for _, portrait in people:
        depth, labels = portrait.depth, portrait.labels
        assert np.isfinite(depth).all()
        assert (depth[labels == CelebAMask.BACKGROUND] == 0).all()
        assert 0 < depth[labels > 0].min() < depth.max() < 60
        assert depth[labels == CelebAMask.NOSE].mean() < depth[labels == CelebAMask.SKIN].mean()


def _filled(outline: np.ndarray) -> np.ndarray:
    image = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(image, [np.round(outline * 16).astype(np.int32) - 8], 1, cv2.LINE_8, 4)
    return image > 0


def test_a_studio_picture_follows_from_what_is_said(portrait: Portrait, monkeypatch: pytest.MonkeyPatch) -> None:
    traits = {topic: WOMAN.traits(topic) for topic in TRAITS}
    monkeypatch.setattr(Person, "traits", lambda self, topic: traits.get(topic, []))
    assert np.array_equal(render(replace(WOMAN, seed=77), SIZE).rgb, portrait.rgb)
