"""Edits of photographs by their own pixels."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from pipeline.core.attributes import attributes
from pipeline.core.types import Edit, Portrait, Translation
from postprocess.labels import CelebAMask
from postprocess.own_pixels.edited import divided, edited, is_drawn
from postprocess.own_pixels.motions import Motion
from tests.postprocess.own_pixels.test_ageing import ageing
from tests.postprocess.own_pixels.test_beards import face, picture
from tests.postprocess.own_pixels.test_dyeing import HAIR, head
from tests.postprocess.own_pixels.test_dyeing import photograph as photograph_of_hair
from tests.postprocess.own_pixels.test_face_frame import whole_face

FIELD = np.full((8, 8, 2), 0.02, np.float32)
MODELS = SimpleNamespace(
    motions={"Bp_max": Motion(FIELD)},
    beard=np.full((16, 16), 0.9, np.float32),
    ageing=ageing(),
    coarse=True,
)


def edit(*names: str) -> Edit:
    return Edit("edit", tuple((Translation(name, "space", np.ones((1, 2, 4), np.float32)), 0.5) for name in names))


def names(found: Edit) -> list[str]:
    return [move.name for move, _ in found.moves]


@pytest.fixture
def photograph() -> Portrait:
    return Portrait("photo", picture(face()), None, "space", crop=object())


def test_a_photograph_takes_known_motions_beards_glasses_and_dyes(photograph: Portrait) -> None:
    own, others = divided(edit("Bp_max", "Hc_0", "Hc_4", "Bd_1", "Gl_1"), photograph, MODELS, face)  # type: ignore[arg-type]
    assert names(own) == ["Bp_max", "Hc_0", "Bd_1", "Gl_1"] and names(others) == ["Hc_4"]


def test_what_is_drawn_is_told_by_its_name(photograph: Portrait) -> None:
    plain = SimpleNamespace(motions={}, beard=None, ageing=None, coarse=False)
    for models, strength in itertools.product((MODELS, plain), (0.5, -0.5)):
        for name in (each for one in attributes().values() for each in one.identifiers):
            one = Edit(name, ((Translation(name, "space", np.ones((1, 2, 2), np.float32)), strength),))
            own = divided(one, photograph, models, face)[0].moves  # type: ignore[arg-type]
            assert is_drawn(name, strength, models) == bool(own), name  # type: ignore[arg-type]


def test_a_portrait_that_is_no_photograph_takes_none(photograph: Portrait) -> None:
    own, others = divided(edit("Bp_max", "Hc_0", "Gl_1"), replace(photograph, crop=None), MODELS, face)  # type: ignore[arg-type]
    assert not own.moves and len(others.moves) == 3


@pytest.mark.parametrize("name", ["Hs_1", "Hs_1_fr_0"])
def test_the_straight_hair_of_other_portraits_curls(photograph: Portrait, name: str) -> None:
    portrait = Portrait("p", photograph_of_hair(HAIR["fair"]), None, "space")
    own, others = divided(edit(name, "Hs_0"), portrait, MODELS, head)  # type: ignore[arg-type]
    assert names(own) == [name] and names(others) == ["Hs_0"]
    fine = SimpleNamespace(**{**vars(MODELS), "coarse": False})
    assert not divided(edit(name), portrait, fine, head)[0].moves  # type: ignore[arg-type]
    assert not divided(edit(name), photograph, MODELS, head)[0].moves  # type: ignore[arg-type]


def test_on_a_bald_head_the_generator_draws_the_curls() -> None:
    labels = head()
    labels[labels == CelebAMask.HAIR] = CelebAMask.BACKGROUND
    bald = Portrait("bald", photograph_of_hair(HAIR["fair"]), None, "space")
    assert names(divided(edit("Hs_1"), bald, MODELS, lambda: labels)[1]) == ["Hs_1"]  # type: ignore[arg-type]


def test_curls_are_looked_for_once() -> None:
    labels = head()
    portrait = Portrait("p", photograph_of_hair(HAIR["fair"]), None, "space")
    image, new, came = edited(portrait.image, labels, edit("Hs_1"), portrait, MODELS, 1.0)  # type: ignore[arg-type]
    assert (image != portrait.image).any() and new.max() > 0.9 and came is None
    assert portrait.maps.get(f"curls {len(labels)}", lambda: None) is not None


def test_a_set_without_a_beard_leaves_it_to_the_generator(photograph: Portrait) -> None:
    models = SimpleNamespace(motions={}, beard=None, ageing=None, coarse=False)
    own, others = divided(edit("Bp_max", "Bd_1"), photograph, models, face)  # type: ignore[arg-type]
    assert not own.moves and len(others.moves) == 2


def test_pixels_that_are_not_new_stay(photograph: Portrait) -> None:
    for chosen in (edit("Bd_1"), edit("Bp_max", "Bd_1")):
        image, new, _ = edited(photograph.image, face(), chosen, photograph, MODELS, 1.0)  # type: ignore[arg-type]
        assert new.any() and (image != photograph.image).any()
        assert np.array_equal(image[new == 0], photograph.image[new == 0])


def test_a_motion_is_as_long_as_its_strength_and_factor(photograph: Portrait) -> None:
    spot = np.zeros_like(photograph.image)
    spot[60:64, 60:64] = 255

    def place(factor: float) -> float:
        image = edited(spot, face(), edit("Bp_max"), photograph, MODELS, factor)[0]  # type: ignore[arg-type]
        return float(np.argwhere(image[..., 0] > 127)[:, 1].mean())

    assert place(4.0) - 61.5 == pytest.approx(4.0 * 0.5 * 0.02 * 128, abs=0.6)
    assert place(0.0) == pytest.approx(61.5)


def older(strength: float) -> Edit:
    """An edit along the axis of age of `ageing`."""
    return Edit("A_2", ((Translation("A_2", "space", np.tile(np.float32([1, 0]), (1, 2, 1))), strength),))


@pytest.mark.parametrize("strength", [1.0, -1.0])
def test_everybody_ages_without_the_generator(photograph: Portrait, strength: float) -> None:
    for portrait in (photograph, replace(photograph, crop=None, latent=np.zeros((2, 2), np.float32))):
        own, others = divided(older(strength), portrait, MODELS, face)  # type: ignore[arg-type]
        assert (len(own.moves), len(others.moves)) == (1, 0)


def test_a_younger_photograph_loses_its_own_lines_and_gets_no_others(photograph: Portrait) -> None:
    labels, line = whole_face(), np.s_[98:100, 54:74]
    image = np.full((*labels.shape, 3), 150, np.uint8)
    image[line] = 130
    younger, new, _ = edited(image, labels, older(-1.0), replace(photograph, image=image), MODELS, 1.0)  # type: ignore[arg-type]
    assert younger[line].mean() > 140
    around = younger[104:108, 54:74]
    assert np.abs(around.astype(int) - 150).max() <= 1
    assert np.array_equal(younger[new == 0], image[new == 0])


def test_only_rendered_people_take_the_shape_of_age(photograph: Portrait) -> None:
    labels = whole_face()
    image = np.random.default_rng(0).integers(60, 200, (*labels.shape, 3), dtype=np.uint8)
    rendered = Portrait("p", image, np.zeros((2, 2), np.float32), "space")
    changed = {}
    for name, portrait in (("photograph", replace(photograph, image=image)), ("rendered", rendered)):
        found, new, _ = edited(image, labels, older(1.0), portrait, MODELS, 1.0)  # type: ignore[arg-type]
        assert np.array_equal(found[new == 0], image[new == 0])
        changed[name] = (found != image).any(2)
    assert 0 < changed["photograph"].sum() < changed["rendered"].sum()
    assert not changed["photograph"][:4].any() and not changed["photograph"][:, :16].any()


def test_hair_is_looked_for_in_the_portrait_not_in_another_edit_of_it(photograph: Portrait) -> None:
    other = np.full_like(photograph.image, 90)
    images = [edited(one, face(), edit("Hc_1"), photograph, MODELS, 1.0)[1] for one in (other, photograph.image)]  # type: ignore[arg-type]
    fresh = replace(photograph, maps=type(photograph.maps)())
    images.append(edited(fresh.image, face(), edit("Hc_1"), fresh, MODELS, 1.0)[1])  # type: ignore[arg-type]
    assert images[2].any()
    assert all(np.array_equal(each, images[2]) for each in images)
