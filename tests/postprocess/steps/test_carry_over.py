from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.core.errors import BadInput
from pipeline.core.types import Edit, Frame, Portrait, Translation
from postprocess.own_pixels.motions import Motion
from postprocess.steps.carry_over import Settings, difference
from tests.support.labelled_scene import CPU, edit, labels, picture


class ScenesParser:
    """Sees the same classes in every image."""

    def __init__(self, found: np.ndarray) -> None:
        self.found = found

    def labels(self, images: Any) -> np.ndarray:
        return np.stack([self.found] * len(images))


class BlurringModels:
    """A generator that loses fine detail and shifts the colours, and a parser that knows the scene."""

    def __init__(self, portrait: np.ndarray) -> None:
        self.portrait, self.calls = portrait, 0
        self.motions: dict[str, Motion] = {}
        self.ageing, self.beard, self.coarse = None, None, False
        self.found = labels(64)

    @property
    def parser(self) -> ScenesParser:
        return ScenesParser(self.found)

    @property
    def generator(self) -> BlurringModels:
        return self

    def render(self, latents: Any, *, size: int) -> np.ndarray:
        assert latents.shape == (1, 2, 2)
        assert size == len(self.portrait)
        self.calls += 1
        return self.seen(self.portrait)[None]

    @staticmethod
    def seen(image: np.ndarray) -> np.ndarray:
        return np.clip(cv2.GaussianBlur(image, (0, 0), 1.5).astype(int) + 7, 0, 255).astype(np.uint8)


def case() -> tuple[Frame, np.ndarray, BlurringModels]:
    """A frame whose edit reddens the nose and removes the hair, the true result, and the generator."""
    classes = labels(64)
    before = picture(classes, 3)
    true = before.copy()
    true[classes == 10] = np.clip(true[classes == 10] + np.array([12, -8, -8]), 0, 255)
    true[classes == 17] = (200, 60, 90)
    models = BlurringModels(before)
    portrait = Portrait("p", before, np.zeros((2, 2), np.float32), "toy")
    return Frame(portrait, edit("Bn_max"), models.seen(true), np.ones((64, 64), np.float32)), true, models


def error(frame: Frame, true: np.ndarray, where: np.ndarray) -> float:
    return float(np.square(frame.image[where].astype(float) - true[where]).mean())


def test_the_result_is_nearer_to_the_true_change_everywhere() -> None:
    frame, true, models = case()
    (result,) = Settings().open(models, CPU)([frame])
    for label, better in ((0, 0.5), (1, 0.5), (10, 0.5), (17, 1.05)):
        where = labels(64) == label
        assert error(result, true, where) < better * error(frame, true, where), label


def hair_case(colour: tuple[int, int, int]) -> tuple[Frame, np.ndarray, BlurringModels]:
    """A frame whose edit gives striped hair another colour and shifts the skin, the hair, and the generator."""
    classes = labels(64)
    before = picture(classes, 3)
    hair = classes == 17
    stripes = np.where(np.arange(64) % 4 < 2, 20, -20)[None, :, None]
    before[hair] = np.clip(np.int16([90, 70, 50]) + np.broadcast_to(stripes, before.shape)[hair], 0, 255)
    models = BlurringModels(before)
    after = models.seen(before)
    after[hair] = colour
    after[classes == 1] = np.clip(after[classes == 1].astype(int) + 15, 0, 255)
    portrait = Portrait("p", before, np.zeros((2, 2), np.float32), "toy")
    return Frame(portrait, edit("Hc_1"), after, np.ones((64, 64), np.float32)), hair, models


def test_another_hair_colour_keeps_the_strands_and_leaves_the_skin() -> None:
    frame, hair, models = hair_case((200, 170, 90))
    inner = cv2.erode(hair.astype(np.uint8), np.ones((7, 7))) > 0
    (result,) = Settings().open(models, CPU)([frame])
    (pasted,) = Settings(recolour=False).open(models, CPU)([frame])
    before = frame.portrait.image
    assert np.abs(result.image[inner].mean(0) - (200, 170, 90)).max() < 25
    assert np.abs(before[inner].mean(0) - (200, 170, 90)).max() > 90

    def stripes(image: np.ndarray) -> float:
        grey = image.mean(2) - cv2.blur(image.mean(2), (5, 5))
        return float(grey[inner].std())

    assert stripes(result.image) > 0.6 * stripes(before)
    assert stripes(pasted.image) < 0.3 * stripes(before)
    skin = (labels(64) == 1) & (cv2.dilate(hair.astype(np.uint8), np.ones((9, 9))) == 0)
    assert np.abs(result.image[skin].astype(int) - before[skin]).mean() < 2
    assert np.abs(pasted.image[skin].astype(int) - before[skin]).mean() > 5


def test_strands_over_the_skin_are_dyed_too_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    frame, hair, models = hair_case((200, 170, 90))
    strand = (slice(40, 44), slice(20, 22))
    assert (labels(64)[strand] == 1).all()
    image = frame.portrait.image.copy()
    image[strand] = image[hair].mean(0).astype(np.uint8)
    frame = replace(frame, portrait=Portrait("p", image, np.zeros((2, 2), np.float32), "toy"))
    beard = np.zeros((64, 64), np.float32)
    beard[strand] = 1
    monkeypatch.setattr("postprocess.steps.carry_over.beard_of", lambda *_: beard)
    (alone,) = Settings().open(models, CPU)([frame])
    (both,) = Settings().open(models, CPU)([replace(frame, edit=edit("Hc_1", "Sk_2"))])
    before = frame.portrait.image[strand].mean()
    assert alone.image[strand].mean() > before + 50
    np.testing.assert_allclose(both.image[strand].mean((0, 1)), alone.image[strand].mean((0, 1)), atol=2)


def toned(*names: str) -> tuple[Frame, BlurringModels, dict[str, tuple[int, int, int]]]:
    """A frame whose edit gives skin, lips and hair flat colours and shifts everything, and those colours."""
    classes = labels(64)
    before = picture(classes, 3)
    models = BlurringModels(before)
    after = np.clip(models.seen(before).astype(int) + 12, 0, 255).astype(np.uint8)
    colours = {"skin": (95, 62, 48), "lips": (120, 60, 60), "hair": (200, 170, 90)}
    for colour, parts in zip(colours.values(), ((1, 10, 14), (12, 13), (17,)), strict=True):
        after[np.isin(classes, parts)] = colour
    portrait = Portrait("p", before, np.zeros((2, 2), np.float32), "toy")
    return Frame(portrait, edit(*names), after, np.ones((64, 64), np.float32)), models, colours


def test_another_skin_tone_keeps_the_skin_and_leaves_the_rest() -> None:
    frame, models, colours = toned("Sk_2")
    (result,) = Settings().open(models, CPU)([frame])
    (pasted,) = Settings(recolour=False).open(models, CPU)([frame])
    before, classes = frame.portrait.image, labels(64)
    skin = cv2.erode((classes == 1).astype(np.uint8), np.ones((7, 7))) > 0
    assert np.abs(result.image[skin].mean(0) - colours["skin"]).max() < 15

    def detail(image: np.ndarray) -> np.ndarray:
        return (image.mean(2) - cv2.GaussianBlur(image.mean(2), (0, 0), 1.5))[skin]

    assert np.corrcoef(detail(result.image), detail(before))[0, 1] > 0.8
    assert np.corrcoef(detail(pasted.image), detail(before))[0, 1] < 0.6
    far = cv2.dilate(np.isin(classes, (1, 2, 3, 10, 12, 13, 14)).astype(np.uint8), np.ones((11, 11))) == 0
    assert far.any() and not result.support[far].any()
    assert np.array_equal(result.image[far], before[far])


def test_two_colours_at_once_do_not_mix() -> None:
    frame, models, colours = toned("Sk_2", "Hc_1")
    (result,) = Settings().open(models, CPU)([frame])
    for label, name in ((1, "skin"), (17, "hair")):
        inner = cv2.erode((labels(64) == label).astype(np.uint8), np.ones((7, 7))) > 0
        assert np.abs(result.image[inner].mean(0) - colours[name]).max() < 25, name


@pytest.mark.parametrize("name", ["Sk_2", "Hc_1"])
def test_a_colour_of_no_change_changes_nothing(name: str) -> None:
    frame, models, _ = toned(name)
    (result,) = Settings().open(models, CPU)([replace(frame, image=models.seen(frame.portrait.image))])
    assert np.abs(result.image.astype(int) - frame.portrait.image).max() <= 1


@pytest.mark.parametrize("name", ["bald", "Hs_1", "mine", "Hc_9"])
def test_edits_that_are_no_hair_colour_recolour_nothing(name: str) -> None:
    frame, _, models = hair_case((200, 170, 90))
    frame = replace(frame, edit=edit(name))
    (result,) = Settings().open(models, CPU)([frame])
    (pasted,) = Settings(recolour=False).open(models, CPU)([frame])
    assert np.array_equal(result.image, pasted.image)


def test_a_bald_portrait_has_no_hair_to_recolour() -> None:
    frame, hair, models = hair_case((200, 170, 90))
    models.found = np.where(hair, 1, models.found)
    (result,) = Settings().open(models, CPU)([frame])
    (pasted,) = Settings(recolour=False).open(models, CPU)([frame])
    assert np.array_equal(result.image, pasted.image)


def test_an_unedited_render_becomes_the_portrait() -> None:
    frame, _, models = case()
    plain = replace(frame, image=models.seen(frame.portrait.image))
    (result,) = Settings().open(models, CPU)([plain])
    assert np.array_equal(result.image, frame.portrait.image)


def test_a_great_change_takes_nothing_of_the_old() -> None:
    frame, _, models = case()
    inverse = replace(frame, image=np.where(models.seen(frame.portrait.image) > 127, 0, 255).astype(np.uint8))
    (result,) = Settings(tolerance=10).open(models, CPU)([inverse])
    assert np.array_equal(result.image, inverse.image)


def test_the_reconstruction_is_rendered_once() -> None:
    frame, _, models = case()
    step = Settings().open(models, CPU)
    step([frame, frame])
    step([frame])
    assert models.calls == 1


def test_outside_the_support_the_portrait_stays() -> None:
    frame, _, models = case()
    support = np.zeros((64, 64), np.float32)
    support[20:40] = 0.5
    image = np.where(support[..., None] > 0, frame.image, frame.portrait.image)
    (result,) = Settings().open(models, CPU)([replace(frame, image=image, support=support)])
    assert (result.support <= support).all()
    assert np.array_equal(result.image[support == 0], frame.portrait.image[support == 0])


def test_without_a_latent_one_sentence_says_so() -> None:
    frame, _, models = case()
    bare = Portrait("p", frame.portrait.image, None, "toy")
    with pytest.raises(BadInput, match="p has no latent"):
        Settings().open(models, CPU)([replace(frame, portrait=bare)])


def test_the_support_shrinks_to_what_changes() -> None:
    frame, _, models = case()
    (result,) = Settings().open(models, CPU)([frame])
    assert (result.support <= frame.support).all()
    assert result.support[labels(64) == 17].mean() > 0.9  # the hair is gone
    assert result.support[labels(64) == 0].mean() < 0.5
    assert np.array_equal(result.image[result.support == 0], frame.portrait.image[result.support == 0])
    (same,) = Settings(faint=0).open(models, CPU)([frame])
    assert np.array_equal(same.support, frame.support)
    (less,) = Settings(faint=20).open(models, CPU)([frame])
    assert less.support.sum() < result.support.sum()


def test_of_a_subtle_attribute_nothing_is_held_back() -> None:
    frame, _, models = case()
    ((bald, strength),) = frame.edit.moves
    older = replace(frame, edit=replace(frame.edit, moves=((replace(bald, name="A_2"), strength),)))
    (result,) = Settings().open(models, CPU)([older])
    (all_of_it,) = Settings(faint=0).open(models, CPU)([frame])
    assert np.array_equal(result.support, frame.support)
    assert np.array_equal(result.image, all_of_it.image)


def test_difference_is_that_of_the_largest_channel() -> None:
    black = np.zeros((9, 9, 3), np.uint8)
    assert difference(black + np.uint8([3, 40, 7]), black, 2).tolist() == [[40] * 9] * 9


class MovingModels(BlurringModels):
    """A generator that darkens what latents beyond the portrait's ask for, and a motion to the right by two pixels."""

    def __init__(self, portrait: np.ndarray) -> None:
        super().__init__(portrait)
        self.motions = {"Bn_max": Motion(np.full((8, 8, 2), (2 / 64, 0), np.float32))}
        self.beard = None

    def render(self, latents: Any, *, size: int) -> np.ndarray:
        seen = super().render(latents, size=size)
        return np.asarray(np.clip(seen - 40.0 * np.abs(latents).max(), 0, 255), np.uint8)


def photograph(*names: str) -> tuple[Frame, MovingModels]:
    image = picture(labels(64), 3)
    portrait = Portrait("p", image, np.zeros((2, 2), np.float32), "toy", crop=object())
    moves = tuple((Translation(name, "toy", np.ones((1, 2, 2), np.float32)), 1.0) for name in names)
    models = MovingModels(image)
    latents = np.full((1, 2, 2), float(len(names)), np.float32)
    frame = Frame(portrait, Edit("+".join(names), moves), models.render(latents, size=64)[0], np.ones((64, 64)))
    models.calls = 0
    return frame, models


def test_the_pixels_of_a_photograph_move_without_the_generator() -> None:
    frame, models = photograph("Bn_max")
    (found,) = Settings().open(models, CPU)([frame])  # type: ignore[arg-type]
    assert np.array_equal(found.image[:, 4:], frame.portrait.image[:, 2:-2]) and models.calls == 0
    (still,) = Settings(motion=0).open(models, CPU)([frame])  # type: ignore[arg-type]
    assert models.calls == 1 and still.image.mean() < found.image.mean() - 10


def test_pictures_that_are_not_looked_at_are_named() -> None:
    for names, drawn in (("Bn_max",), True), (("Sk_1",), False), (("Sk_1", "Bn_max"), True):
        frame, models = photograph(*names)
        assert Settings().draws(models, frame.portrait, frame.edit) is drawn
        assert not Settings(motion=0).draws(models, frame.portrait, frame.edit)
        assert not Settings().draws(models, replace(frame.portrait, crop=None), frame.edit)
        unseen = replace(frame, image=frame.portrait.image)
        found, wanted = (Settings().open(models, CPU)([one])[0] for one in (unseen, frame))
        assert drawn is np.array_equal(found.image, wanted.image)


def test_the_rest_of_a_mixed_edit_is_rendered_first_and_moves_along() -> None:
    alone, models = photograph("Sk_1")
    (rest,) = Settings().open(models, CPU)([alone])  # type: ignore[arg-type]
    mixed, models = photograph("Sk_1", "Bn_max")
    (found,) = Settings().open(models, CPU)([mixed])  # type: ignore[arg-type]
    assert found.image.mean() < mixed.portrait.image.mean() - 10
    assert np.array_equal(found.image[:, 4:], rest.image[:, 2:-2])
    assert found.edit is mixed.edit
