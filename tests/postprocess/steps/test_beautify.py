"""The beautifier as a step: found by its name, and within the support only."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config import RunConfig, load_config, step_names
from pipeline.core.errors import BadConfig
from postprocess.beauty.eyes import colour_iris
from postprocess.beauty.mouth import colour_lips
from postprocess.labels import to_lapa
from postprocess.steps.beautify import EFFECTS, Settings, retouch
from tests.postprocess.beauty.test_effects import face
from tests.postprocess.steps.test_steps import check_invariants
from tests.support.labelled_scene import CPU, labels, scene

ALL = Settings(**dict.fromkeys(EFFECTS, 1.0))


def test_changes_the_edit_in_proportion_to_its_support_and_nothing_outside() -> None:
    frame, models = scene("A_2")
    support = np.tile(np.linspace(-1, 1, 64, dtype=np.float32), (64, 1)).clip(0)
    image = np.where(support[..., None] > 0, frame.image, frame.portrait.image)
    frame = replace(frame, image=image, support=support)
    (result,) = ALL.open(models, CPU)([frame])
    check_invariants(frame, result)
    assert np.array_equal(result.support, support)
    whole = retouch(image, to_lapa(models.labels([image])[0]), ALL).astype(float)
    expected = image + support[..., None] * (whole - image)
    assert np.abs(result.image - expected).max() <= 0.5 + 1e-4
    assert (result.image != image).any()


def test_irises_and_lips_have_each_their_own_colour() -> None:
    image, seen = face(256)
    eyes, lips = "#102030", "crimson"
    for effect, colour, wanted in (("iris", colour_iris, (0x10, 0x20, 0x30)), ("lips", colour_lips, (220, 20, 60))):
        chosen = Settings(**dict.fromkeys(EFFECTS, 0.0) | {effect: 1.0}, eye_colour=eyes, lip_colour=lips)
        painted = retouch(image, seen, chosen)
        assert np.array_equal(painted, colour(image, seen, 1.0, wanted)) and (painted != image).any()


def test_looks_at_the_edited_face() -> None:
    """An edit moves the parts of a face: those of the portrait would be the wrong ones."""
    frame, models = scene("A_2")
    (result,) = Settings(smooth=1).open(models, CPU)([frame])
    changed = (result.image != frame.image).any(axis=2)
    assert changed.any()
    assert not changed[~np.isin(labels(64, wide_hair=True), (1, 10))].any()


def test_a_batch_is_its_frames_and_no_support_no_work() -> None:
    frame, models = scene("A_2")
    other = replace(frame, image=np.ascontiguousarray(frame.image[:, ::-1]))
    nothing = replace(frame, image=frame.portrait.image, support=np.zeros_like(frame.support))
    step = ALL.open(models, CPU)
    together = step([frame, other, nothing])
    for alone, one in zip((step([each])[0] for each in (frame, other, nothing)), together, strict=True):
        assert np.array_equal(alone.image, one.image)
    assert together[2] is nothing
    assert step([]) == []


def test_is_found_by_name_but_nobody_s_default() -> None:
    assert "beautify" in step_names()
    assert "beautify" not in load_config().step_settings()
    chosen = load_config(None, ["steps=[carry_over, {beautify: {smooth: 0.2}}]"]).step_settings()["beautify"]
    assert chosen == Settings(smooth=0.2)


@pytest.mark.parametrize("wrong", [{"smooth": 1.5}, {"lip_colour": "blurple"}, {"smoth": 1}])
def test_wrong_settings_are_said(wrong: dict[str, object]) -> None:
    with pytest.raises(BadConfig, match=r"smooth|lip_colour"):
        RunConfig.model_validate({"steps": [{"beautify": wrong}]})


def test_the_whole_face_is_retouched_where_it_is_asked_for() -> None:
    frame, models = scene("A_2")
    everything = ALL.model_copy(update={"whole_face": True})
    nothing = replace(frame, image=frame.portrait.image, support=np.zeros_like(frame.support))
    for given in (frame, nothing):
        (result,) = everything.open(models, CPU)([given])
        assert np.array_equal(result.image, retouch(given.image, to_lapa(models.labels([given.image])[0]), ALL))
        changed = (result.image != given.image).any(axis=2)
        assert changed.any() and (result.support[changed] == 1).all()
        assert (result.support >= given.support).all()
    assert result.support.min() == 0  # a face ends somewhere


def test_nothing_to_retouch_leaves_a_frame_its_support() -> None:
    frame, models = scene("A_2")
    off = Settings(**dict.fromkeys(EFFECTS, 0.0), whole_face=True)
    (result,) = off.open(models, CPU)([frame])
    assert np.array_equal(result.image, frame.image) and np.array_equal(result.support, frame.support)
