from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from pipeline.core.model_sets import model_set
from pipeline.core.types import Edit, Portrait, Translation
from pipeline.edit.refusals import refusals, strange, suitable
from pipeline.edit.select_edits import present_classes
from pipeline.models import Models
from postprocess.labels import CelebAMask
from postprocess.own_pixels.beards import grown
from tests.postprocess.own_pixels.test_ageing import ageing
from tests.postprocess.own_pixels.test_beards import face, picture
from tests.postprocess.own_pixels.test_face_frame import whole_face

REFUSED = {"Bd_1": "beards come out as smears"}


def models(smiling: bool, name: str = "demo") -> Any:
    """Opened models whose predictor sees a smile or not."""
    scores = {"Sm": np.array([[not smiling, smiling]], float), **dict.fromkeys(("Gl", "Bd"), np.array([[0.8, 0.2]]))}
    return SimpleNamespace(
        set=replace(model_set(name), not_on_photographs=REFUSED),
        predictor=SimpleNamespace(predict=lambda _: scores),
        parser=SimpleNamespace(labels=lambda images: np.stack([whole_face()] * len(images))),
        beard=None,
    )


def portrait(crop: object | None) -> Portrait:
    return Portrait("anna", np.zeros((8, 8, 3), np.uint8), None, "toy", crop)


def edit(*names: str) -> Edit:
    return Edit(
        "+".join(names), tuple((Translation(name, "toy", np.ones((1, 2, 2), np.float32)), 1.0) for name in names)
    )


def test_photographs_are_spared_what_they_do_not_suit() -> None:
    found = refusals(portrait(object()), ["Sm_1", "Sm_0", "Gl_1", "Bd_1", "Bp_max"], models(smiling=True))
    assert found == {"Sm_1": "seen already: smile, smiling", **REFUSED}
    assert refusals(portrait(object()), ["Sm_1", "Gl_1"], models(smiling=False)) == {}


def test_the_embedded_set_refuses_what_it_draws_as_a_blur() -> None:
    one = models(smiling=True)
    one.set = model_set("demo")
    found = refusals(portrait(object()), ["Sm_0", "Gl_0", "D_1", "D_0", "Bp_max"], one)
    assert found.keys() == {"Sm_0", "Gl_0", "D_1", "D_0"}


def test_crops_and_sets_for_photographs_are_not_refused_anything() -> None:
    names = ["Sm_1", "Bd_1"]
    assert refusals(portrait(None), names, models(smiling=True)) == {}
    assert refusals(portrait(object()), names, models(True, "ffhq-stylegan2")) == {}


STRANGER = {"inversion_psnr": 21.4, "tuned_psnr": 22.0}


def test_a_face_that_the_generator_does_not_know_is_refused_what_it_draws() -> None:
    one = models(smiling=False)
    one.motions, one.ageing, one.coarse = {"Bp_max": object()}, None, True
    names = ["Bp_max", "Be_max", "Gl_1"]
    assert refusals(portrait(object()), names, one, STRANGER) == {"Be_max": "the generator does not know this face"}
    assert refusals(portrait(object()), names, one, {"inversion_psnr": 25.0}) == {}
    photograph, crop = portrait(object()), portrait(None)
    assert strange(photograph, [edit("Bp_max", "Gl_1"), edit()], one, STRANGER, True) is None
    assert strange(photograph, [edit("Bp_max")], one, STRANGER, False) is not None
    assert refusals(photograph, names, one, STRANGER, False).keys() == set(names)
    for shown, asked in ((photograph, edit("Bp_max", "Be_max")), (crop, edit("Bp_max"))):
        assert "reaches only 22.0 dB" in str(strange(shown, [asked], one, STRANGER, True))
    assert strange(crop, [edit()], one, STRANGER, True) is None
    away = replace(edit("Gl_1"), moves=((edit("Gl_1").moves[0][0], -1.0),))
    kept, sentence = suitable(photograph, [away, edit("Bp_max")], one, STRANGER)
    assert [each.name for each in kept] == ["Bp_max"]
    assert sentence == "Not made of anna: Gl_1 (the generator does not know this face)."


def test_the_other_edits_go_on() -> None:
    kept, sentence = suitable(portrait(object()), [edit("Bp_max"), edit("Bn_max", "Bd_1")], models(smiling=False))
    assert [one.name for one in kept] == ["Bp_max"]
    assert sentence == "Not made of anna: Bn_max+Bd_1 (beards come out as smears)."


def test_all_edits_may_be_refused() -> None:
    kept, sentence = suitable(portrait(object()), [edit("Bd_1")], models(smiling=False))
    assert (kept, sentence) == ([], "Not made of anna: Bd_1 (beards come out as smears).")
    assert suitable(portrait(object()), [], models(smiling=False)) == ([], "")


def test_blond_hair_is_not_dyed_blond() -> None:
    one, labels = models(smiling=False), whole_face()
    one.parser = SimpleNamespace(labels=lambda images: np.stack([labels] * len(images)))
    labels[: len(labels) // 5] = CelebAMask.HAIR
    for colour, refused in (((190, 150, 90), True), ((90, 60, 40), False)):
        image = np.full((*labels.shape, 3), (60, 90, 200), np.uint8)
        image[labels == CelebAMask.HAIR] = colour
        found = refusals(replace(portrait(object()), image=image), ["Hc_1", "Hc_3"], one)
        assert found == ({"Hc_1": "seen already: hair colour, blond"} if refused else {})


def test_hair_is_dyed_where_it_is_seen_and_told_from_the_background() -> None:
    one, labels = models(smiling=False), whole_face()
    one.parser = SimpleNamespace(labels=lambda images: np.stack([labels] * len(images)))
    height, width = labels.shape
    labels[: height // 5, width // 4 : -width // 4] = CelebAMask.HAIR
    before = np.full((*labels.shape, 3), 40, np.uint8)
    before[labels == CelebAMask.BACKGROUND] = 200
    alike = np.full((*labels.shape, 3), 40, np.uint8)
    shown = [replace(portrait(object()), image=image) for image in (before, alike)]
    found = [refusals(each, ["Hc_0", "Hc_1", "Bp_max"], one) for each in shown]
    assert found == [{}, dict.fromkeys(("Hc_0", "Hc_1"), "hair and background look alike")]
    labels[labels == CelebAMask.HAIR] = CelebAMask.HAT
    hat = replace(portrait(object()), image=before)
    assert refusals(hat, ["Hc_3"], one) == {"Hc_3": "too little hair is seen"}


def test_beards_are_refused_where_the_chin_is_hidden() -> None:
    hidden = face()
    hidden[hidden == CelebAMask.NOSE] = CelebAMask.SKIN
    for labels, refused in ((face(), {}), (hidden, {"Bd_1": "the lower half of the face is not seen"})):
        one = models(smiling=False)
        one.set = replace(model_set("demo"), not_on_photographs={})
        one.parser = SimpleNamespace(labels=lambda images, labels=labels: np.stack([labels] * len(images)))
        assert refusals(portrait(object()), ["Bd_1", "Bp_max"], one) == refused


def test_a_beard_is_refused_where_there_is_one(demo_models: Models) -> None:
    one = models(smiling=False)
    one.set, one.beard = replace(model_set("demo"), not_on_photographs={}), demo_models.beard
    one.parser = SimpleNamespace(labels=lambda images: np.stack([face()] * len(images)))
    shaven = picture(face())
    bearded = grown(shaven, face(), demo_models.beard, 1.0)
    for image, refused in ((shaven, {}), (bearded[0], {"Bd_1": "seen already: beard, with"})):
        assert refusals(replace(portrait(object()), image=image), ["Bd_1"], one) == refused


def test_nobody_ages_of_whom_too_little_is_seen() -> None:
    covered = whole_face()
    covered[covered == CelebAMask.NOSE] = CelebAMask.HAIR
    refused = dict.fromkeys(("A_0", "A_1", "A_2"), "too little of the face is seen")
    for labels, found in ((whole_face(), {}), (covered, refused)):
        one = models(smiling=False)
        one.ageing = ageing()
        one.parser = SimpleNamespace(labels=lambda images, labels=labels: np.stack([labels] * len(images)))
        assert refusals(portrait(object()), ["A_0", "A_1", "A_2"], one) == found


def test_glasses_are_refused_where_the_eyes_are_not_seen() -> None:
    one, hidden = models(smiling=False), whole_face()
    hidden[hidden == CelebAMask.LEFT_EYE] = CelebAMask.HAIR
    assert refusals(portrait(object()), ["Gl_1"], one) == {}
    one.parser = SimpleNamespace(labels=lambda images: np.stack([hidden] * len(images)))
    assert refusals(portrait(object()), ["Gl_1"], one) == {"Gl_1": "the eyes are not seen"}


def test_the_predictor_is_asked_once_for_a_portrait() -> None:
    asked = []
    one, anna = models(smiling=True), portrait(object())
    predict = one.predictor.predict
    one.predictor.predict = lambda images: (asked.append(len(images)), predict(images))[1]
    assert present_classes(anna, one)["Sm"] == 1
    assert refusals(anna, ["Sm_1"], one) == {"Sm_1": "seen already: smile, smiling"}
    assert asked == [1]


def test_a_photographs_beard_is_read_on_the_chin_and_a_crops_by_the_predictor(demo_models: Models) -> None:
    one = models(smiling=False)
    one.beard, one.parser = demo_models.beard, SimpleNamespace(labels=lambda images: np.stack([face()] * len(images)))
    bearded = grown(picture(face()), face(), demo_models.beard, 1.0)
    assert bearded is not None
    for crop, seen in ((object(), 1), (None, 0)):
        assert present_classes(replace(portrait(crop), image=bearded[0]), one)["Bd"] == seen
