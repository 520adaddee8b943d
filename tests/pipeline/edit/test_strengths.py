"""How strongly a portrait is moved: the rule on curves, and the search on a toy generator."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.types import Portrait, Translation
from pipeline.edit.strengths import TRIED, choose, strengths
from tests.support.toy_models import DIM, N_STYLE, SPACE, ToyModels, portrait_image

S = np.array(TRIED)


@given(st.floats(-0.6, 0.6), st.floats(0.5, 1.5))
def test_a_cursor_goes_to_its_canonical_value(start: float, gain: float) -> None:
    found = choose("Bp_max", start + gain * S, TRIED)
    assert start + gain * found == pytest.approx(np.clip(0.9, start, start + gain * S[-1]), abs=0.02)
    assert choose("Bp_min", start + gain * S, TRIED) == found  # agreement is signed already


def test_an_inner_class_is_met_in_its_middle() -> None:
    curve = np.exp(-(((S - 0.85) / 0.3) ** 2))
    assert choose("Sk_1", curve, TRIED) == pytest.approx(0.85, abs=0.06)
    assert choose("Sk_1_fr_0", curve, TRIED) == choose("Sk_1", curve, TRIED)


def test_other_classes_keep_what_is_enough_and_go_on_where_it_is_not() -> None:
    assert choose("Gl_1", np.where(S >= 0.85, 0.95, 0.1), TRIED) == 1.0
    assert 1.25 < choose("Gl_1", np.where(S >= 1.6, 1.0, 0.1), TRIED) <= 1.6


def test_the_end_of_a_scale_is_where_it_begins() -> None:
    assert choose("Sk_2", S / 1.2, TRIED) == pytest.approx(1.08, abs=0.02)
    assert choose("Sk_2", np.minimum(S, 1.0), TRIED) == pytest.approx(0.9, abs=0.02)
    assert choose("Sk_2", 0.7 * S / (S + 0.1), TRIED) == pytest.approx(0.6, abs=0.04)  # doubt is no reason to go on
    assert choose("Sk_2", 0.1 * S, TRIED) == pytest.approx(1.4, abs=0.02)
    assert choose("Gl_1", 0.5 - np.abs(S - 0.7), TRIED) == pytest.approx(0.7, abs=0.02)


def brightening(gain: float) -> Translation:
    return Translation("Bp_max", SPACE, np.full((1, N_STYLE, DIM), gain, np.float32))


def test_the_search_looks_at_what_the_generator_makes() -> None:
    models = ToyModels()
    move = brightening(1.0)
    models.translations["Bp_max"] = move
    models.gains = {"Bp_max": 1.0}
    for level in (0.0, 0.35):
        latent = np.full((N_STYLE, DIM), level, np.float32)
        image = models.generator.render(latent[None], size=64)[0]
        (found,) = strengths(Portrait("a", image, latent, SPACE), [move], models)
        assert level + found == pytest.approx(0.9, abs=0.03)


def test_what_the_generator_lacks_is_part_of_the_reading() -> None:
    models = ToyModels()
    models.translations["Bp_max"] = brightening(1.0)
    models.gains = {"Bp_max": 1.0}
    latent = np.zeros((N_STYLE, DIM), np.float32)
    brighter = models.generator.render(latent[None] + np.float32(0.3), size=64)[0]
    (found,) = strengths(Portrait("a", brighter, latent, SPACE), [models.translations["Bp_max"]], models)
    assert 0.3 + found == pytest.approx(0.9, abs=0.03)


def test_without_an_elastic_generator_the_reading_and_the_gain_decide() -> None:
    models = ToyModels()
    models.generator.elastic = False
    models.translations["Bp_max"] = brightening(1.0)
    models.gains = {"Bp_max": 1.0}
    portrait = Portrait("a", portrait_image(0), np.zeros((N_STYLE, DIM), np.float32), SPACE)
    value = float(models.predictor.predict([portrait.image])["Bp"][0])
    (found,) = strengths(portrait, [models.translations["Bp_max"]], models)
    assert found == pytest.approx(np.clip(0.9 - value, 0, 2))


def test_translations_of_the_user_keep_their_strength() -> None:
    models = ToyModels()
    models.gains = {"Bp_max": 1.0}
    portrait = Portrait("a", portrait_image(0), np.zeros((N_STYLE, DIM), np.float32), SPACE)
    assert strengths(portrait, [brightening(0.1)], models) == [1.0]
