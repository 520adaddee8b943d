"""The path that the editor and the batch command share."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.errors import BadConfig, BadInput, SpaceMismatch
from pipeline.core.types import Edit, Frame, Portrait, Translation
from pipeline.edit.render import OpenStep, Quality, open_steps, render
from pipeline.run.scores import edit_scores
from tests.support.toy_models import DIM, N_STYLE, SPACE, ToyEncoder, ToyModels, portrait_image
from tests.support.toy_run import toy_config


def portrait(size: int = 64, **changes: Any) -> Portrait:
    image = portrait_image(3, size)
    latent = ToyEncoder().encode([image])[0]
    return Portrait(**({"name": "anna", "image": image, "latent": latent, "space": SPACE} | changes))


def edit(amount: float, strength: float = 1.0, space: str = SPACE) -> Edit:
    path = np.full((1, N_STYLE, DIM), amount, np.float32)
    return Edit("Bp_max", ((Translation("Bp_max", space, path), strength),))


def test_no_change_gives_the_portrait() -> None:
    (frame,) = render(portrait(), [edit(0.0)], ToyModels())
    assert (frame.image == frame.portrait.image).all()
    assert frame.support.max() == 0


@given(st.floats(-0.2, 0.2), st.floats(0, 2))
def test_edits_move_the_latent_by_their_strength(amount: float, strength: float) -> None:
    (frame,) = render(portrait(), [edit(amount, strength)], ToyModels())
    wanted = np.clip(frame.portrait.image + amount * strength * 127.5, 0, 255)
    assert np.abs(frame.image - wanted).max() <= 1.5


def test_frames_have_the_portraits_size_and_order() -> None:
    frames = render(portrait(200), [edit(0.1), edit(0.2)], ToyModels())
    assert [frame.image.shape for frame in frames] == [(200, 200, 3)] * 2
    assert frames[0].image.mean() < frames[1].image.mean()
    assert render(portrait(), [], ToyModels()) == []


def test_steps_run_in_order_and_are_watched() -> None:
    models = ToyModels()
    steps = open_steps(toy_config().step_settings(), models)
    seen: list[tuple[str, float]] = []

    def watch(name: str, now: list[Frame]) -> None:
        seen.append((name, float(now[0].support.sum())))

    frames = render(portrait(), [edit(0.2)], models, steps, watch=watch)
    assert [name for name, _ in seen] == ["translation", "toy_square", "toy_invert"]
    assert seen[0][1] > seen[1][1]
    outside = frames[0].support == 0
    assert (frames[0].image[outside] == frames[0].portrait.image[outside]).all()
    bare = render(portrait(), [edit(0.2)], models, steps, Quality(steps=False))
    assert bare[0].support.min() == 1


def test_what_the_first_step_draws_is_not_rendered() -> None:
    models, wanted = ToyModels(), [edit(0.1), edit(0.2), edit(0.3)]
    rendered: list[int] = []
    render_all = models.generator.render
    models.generator.render = lambda latents, **how: (rendered.append(len(latents)), render_all(latents, **how))[1]
    before = render(portrait(), wanted, models)
    for drawn, left in ({0.2}, 2), ({0.1, 0.2, 0.3}, 0), (set(), 3):
        rendered.clear()
        amounts = {np.float32(amount) for amount in drawn}
        step = OpenStep("", "", lambda frames: frames, lambda _, one, own=amounts: one.displacement().max() in own)
        frames = render(portrait(), wanted, models, [step])
        assert sum(rendered) == left
        for frame, whole in zip(frames, before, strict=True):
            own = frame.edit.displacement().max() in amounts
            np.testing.assert_array_equal(frame.image, frame.portrait.image if own else whole.image)
            assert frame.support.min() == 1
        render(portrait(), wanted, models, [step], Quality(steps=False))
        assert sum(rendered) == left + 3


def test_preview_is_cheaper_but_as_large() -> None:
    (frame,) = render(portrait(), [edit(0.001)], ToyModels(), quality=Quality(ratio=0.5, resolution=32))
    assert frame.image.shape == (64, 64, 3)
    assert frame.image.std() < frame.portrait.image.std()


def test_what_does_not_fit_is_refused() -> None:
    models = ToyModels()
    with pytest.raises(SpaceMismatch, match="anna was projected to another"):
        render(portrait(space="another"), [edit(0)], models)
    with pytest.raises(SpaceMismatch, match="Bp_max belongs to another"):
        render(portrait(), [edit(0, space="another")], models)
    with pytest.raises(BadInput, match="no latent"):
        render(portrait(latent=None), [edit(0)], models)
    with pytest.raises(BadInput, match="square"):
        render(portrait(image=np.zeros((64, 32, 3), np.uint8)), [edit(0)], models)
    with pytest.raises(BadConfig, match="forgetful returned 0 frames for 1"):
        render(portrait(), [edit(0)], models, [OpenStep("forgetful", "nowhere", lambda frames: [])])


def test_scores_weigh_by_support() -> None:
    origin = portrait()
    support = np.zeros((64, 64), np.float32)
    support[:, :32] = 1
    image = origin.image.copy()
    image[:, :32] ^= 8
    raw = origin.image ^ np.uint8(4)
    scores = edit_scores(Frame(origin, edit(0), image, support), raw)
    assert scores == {"support": 0.5, "change": 8.0, "leakage": 0.0, "raw_leakage": 4.0}
    everywhere = edit_scores(Frame(origin, edit(0), image, np.ones_like(support)), None)
    assert everywhere["leakage"] == 0
    assert "raw_leakage" not in everywhere
