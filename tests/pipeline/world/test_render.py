"""The renderer: colour, labels and depth agree, sizes agree, features stand where FFHQ has them."""

import numpy as np
import pytest
import torch

from pipeline.world.parameters import HELD_OUT_SEED, Parameters, sample_z
from pipeline.world.render import Render, render

BACKGROUND, SKIN, LEFT_EYE, RIGHT_EYE, NOSE, UPPER_LIP, LOWER_LIP, NECK, CLOTHES, HAIR = (
    0,
    1,
    4,
    5,
    10,
    12,
    13,
    14,
    16,
    17,
)


@pytest.fixture(scope="module")
def people() -> Parameters:
    return Parameters.from_z(sample_z(12, HELD_OUT_SEED + 77)).with_values(glasses=0.0)


@pytest.fixture(scope="module")
def drawn(people: Parameters) -> Render:
    return render(people, 128)


def _centre(mask: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    size = mask.shape[-1]
    return (columns.mean() + 0.5) * 2 / size - 1, (rows.mean() + 0.5) * 2 / size - 1


def test_types_and_shapes(drawn: Render) -> None:
    assert drawn.rgb.shape == (12, 128, 128, 3)
    assert drawn.rgb.dtype == np.uint8
    assert drawn.labels.shape == drawn.depth.shape == (12, 128, 128)
    assert drawn.labels.max() < 19
    assert 0 <= drawn.depth.min() < drawn.depth.max() <= 1


def test_same_parameters_same_pixels_whatever_the_batch(people: Parameters, drawn: Render) -> None:
    alone = render(people[[3]], 128)
    assert np.array_equal(alone.labels[0], drawn.labels[3])
    assert np.abs(alone.rgb[0].astype(int) - drawn.rgb[3]).max() <= 1


def test_every_size_shows_the_same_portrait(people: Parameters, drawn: Render) -> None:
    big = render(people, 256).rgb.reshape(12, 128, 2, 128, 2, 3).mean((2, 4))
    assert np.abs(big - drawn.rgb).mean() < 3


def test_features_stand_where_ffhq_has_them(drawn: Render) -> None:
    for labels in drawn.labels:
        left, right = _centre(labels == LEFT_EYE), _centre(labels == RIGHT_EYE)
        mouth = _centre(np.isin(labels, (11, UPPER_LIP, LOWER_LIP)))
        assert left == pytest.approx((-0.246, -0.06), abs=0.05)
        assert right == pytest.approx((0.246, -0.06), abs=0.05)
        assert mouth == pytest.approx((0.0, 0.45), abs=0.07)


def test_labels_and_depth_agree(drawn: Render) -> None:
    depth, labels = drawn.depth, drawn.labels
    assert depth[labels == BACKGROUND].max() < 0.1
    assert depth[labels == NOSE].mean() > depth[labels == SKIN].mean() > depth[labels == NECK].mean()
    assert depth[labels == CLOTHES].mean() > 0.2


def test_labels_and_colour_agree() -> None:
    # One tone, one light: what is labelled skin must look like it, and hair must not.
    p = Parameters.from_z(sample_z(6, 4)).with_values(tone=0.1, blond=0.0, grey=0.0, bald=0.0, beard=0.0)
    drawn = render(p, 128)
    assert drawn.rgb[drawn.labels == SKIN].mean() > drawn.rgb[drawn.labels == HAIR].mean() + 60


def test_a_switch_is_off_or_on_in_the_labels() -> None:
    p = Parameters.from_z(sample_z(6, 8))
    assert not (render(p.with_values(bald=1.0), 64).labels == HAIR).any()
    assert (render(p.with_values(bald=0.0), 64).labels == HAIR).mean((1, 2)).min() > 0.03
    assert not (render(p.with_values(glasses=0.0), 64).labels == 6).any()
    assert (render(p.with_values(glasses=1.0), 64).labels == 6).mean((1, 2)).min() > 0.01


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_undefined_at_the_corners_of_the_world(seed: int) -> None:
    from pipeline.world.parameters import LAWS
    from pipeline.world.render import paint

    rng = np.random.default_rng(seed)
    extremes = {
        name: torch.tensor(
            [(0.0, 1.0)[i] if law.kind == "switch" else (law.low, law.high)[i] for i in rng.integers(0, 2, 16)]
        )
        for name, law in LAWS.items()
    }
    rgb, _, depth = paint(Parameters(**extremes), 64)
    assert torch.isfinite(rgb).all()
    assert torch.isfinite(depth).all()
