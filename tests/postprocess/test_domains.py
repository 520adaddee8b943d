from dataclasses import replace

import numpy as np
import pytest

from pipeline.core.attributes import Shape, attributes, canonical
from pipeline.world import person as world
from pipeline.world.attributes import shows
from pipeline.world.extra import renderer
from postprocess.domains import domain_distance, draw
from postprocess.masks import scaled


@pytest.mark.parametrize("code", sorted(attributes()))
def test_a_domain_is_the_same_at_any_size(code: str) -> None:
    large = domain_distance((code,), 512, 512) == 0
    small = domain_distance((code,), 128, 128) == 0
    assert abs(large.mean() - small.mean()) < 0.005
    assert (small != small[:, ::-1]).mean() < 0.002, "faces are symmetric, and so are the domains"


def test_several_codes_unite_and_unknown_ones_may_change_everything() -> None:
    nose, mouth = domain_distance(("Bn",), 64, 64), domain_distance(("Bp",), 64, 64)
    both = domain_distance(("Bn", "Bp"), 64, 64)
    np.testing.assert_allclose(both, np.minimum(nose, mouth), atol=1e-5)
    assert not domain_distance(("Bn", "elsewhere"), 64, 64).any()
    assert not domain_distance((), 64, 64).any()


def test_shapes_are_drawn_where_they_say() -> None:
    ellipse = draw(Shape(ellipse=(0.5, -0.5, 0.25, 0.25)), 64, 64)
    assert ellipse[16, 48]
    assert not ellipse[48, 16]
    assert abs(ellipse.mean() - np.pi * 0.25**2 / 4) < 0.005
    triangle = draw(Shape(polygon=((-1, -1), (1, -1), (-1, 1)), mirror=False), 64, 64)
    assert abs(triangle.mean() - 0.5) < 0.02
    assert triangle[0, 0]
    assert not triangle[63, 63]
    assert draw(Shape(polygon=((-1, -1), (1, -1), (-1, 1)), mirror=True), 64, 64)[0, 63]


UNSEEN = 4
"""Of 255 a channel: skin and things throw that little light on all that is around them."""
PEOPLE = [world.draw(seed) for seed in range(world.HELD_OUT_SEED, world.HELD_OUT_SEED + 5)]
PEOPLE[1] = replace(PEOPLE[1], beard=0.0)


@pytest.fixture(scope="module")
def originals() -> list[np.ndarray]:
    pytest.importorskip("numba", reason="needs the extra `world`")
    pytest.importorskip("embreex", reason="needs the extra `world`")
    return [renderer()(person, 128).rgb for person in PEOPLE]


IDENTIFIERS = [
    "Sk_2",
    "A_2",
    "D_1",
    "Be_max",
    "N_min",
    "Pn_max",
    "Bn_max",
    "Bp_max",
    "Ch_min",
    "Sm_1",
    "Gl_1",
    "Bd_1",
]


@pytest.mark.parametrize("identifier", IDENTIFIERS)
def test_domains_cover_what_a_true_change_changes(identifier: str, originals: list[np.ndarray]) -> None:
    """Nearly all of the change that the ground truth asks for must pass the step at more than half its strength."""
    shown = [(person, image) for person, image in zip(PEOPLE, originals, strict=True) if shows(person, identifier)]
    after = [renderer()(world.counterfactual(person, **canonical(identifier)), 128).rgb for person, _ in shown]
    change = np.stack([np.abs(b - a.astype(int)).sum(-1) for b, (_, a) in zip(after, shown, strict=True)])
    change[change <= 3 * UNSEEN] = 0
    passed = domain_distance((identifier.partition("_")[0],), 128, 128) < scaled(21, (128, 128))
    assert change[:, passed].sum() > 0.97 * change.sum()
