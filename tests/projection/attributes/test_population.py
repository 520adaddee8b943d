"""Raw scores on the scale of a population: percentiles of cursors, shares of classes, whatever the net's own units."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.attributes import attributes
from pipeline.core.errors import BadInput, MissingWeights
from projection.attributes.population import (
    PopulationPredictor,
    Scale,
    dump_scales,
    fit_classes,
    fit_cursor,
    fit_population,
    load_scales,
)
from projection.attributes.scoring import TAIL
from tests.support.linear_world import ToyGenerator, ToyPredictor
from tests.support.recorder import Recorder

SHARES = {code: (1.0,) * attribute.n_classes for code, attribute in attributes().items() if attribute.n_classes}


class ToyScorer:
    """What the toy predictor sees, in odd units, for some of the codes."""

    input_size = 8

    def __init__(self, name: str, codes: Sequence[str], shares: Mapping[str, Sequence[float]] = SHARES) -> None:
        self.name, self.codes, self.shares = name, codes, {code: shares[code] for code in codes if code in shares}

    def raw(self, images: np.ndarray) -> dict[str, np.ndarray]:
        seen = ToyPredictor().predict(images)
        return {
            code: 7 * seen[code] + 3 if attributes()[code].kind == "cursor" else 0.01 * seen[code]
            for code in self.codes
        }


@pytest.fixture(scope="module")
def factors() -> np.ndarray:
    generator = ToyGenerator()
    latents = np.random.default_rng(0).standard_normal((500, generator.dim)) @ generator.mixing.T
    return generator.render(np.repeat(latents[:, None], 3, axis=1))


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_a_cursor_has_the_tails_of_its_population(unit: float, shift: float) -> None:
    raw = (unit * np.random.default_rng(1).standard_normal(300) + shift).astype(np.float32)
    scaled = fit_cursor("a net", raw, "Bp")(raw)
    np.testing.assert_allclose(np.quantile(scaled, (0.1, 0.9)), (-TAIL, TAIL), atol=1e-3)
    assert (np.diff(scaled[np.argsort(raw)]) >= 0).all()


@settings(max_examples=20)
@given(st.lists(st.floats(0.05, 1), min_size=2, max_size=5), st.floats(1e-3, 10), st.integers(0, 99))
def test_classes_have_their_shares(shares: list[float], unit: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal((400, len(shares))) + 5 * rng.standard_normal(len(shares))
    raw = (unit * logits).astype(np.float32)
    scaled = fit_classes("a net", raw, shares, "Hc")(raw)
    found = np.bincount(scaled.argmax(axis=1), minlength=len(shares)) / len(raw)
    np.testing.assert_allclose(found, np.array(shares) / sum(shares), atol=0.02)


def test_every_class_of_a_fitted_population_is_somebodys(factors: np.ndarray) -> None:
    predictor = PopulationPredictor([ToyScorer("toy", list(attributes()))]).fitted(factors)
    for code, scores in predictor.predict(factors).items():
        attribute = attributes()[code]
        if attribute.n_classes:
            np.testing.assert_allclose(scores.sum(axis=1), 1, atol=1e-5)
            assert set(scores.argmax(axis=1)) == set(range(attribute.n_classes))


def test_the_first_scorer_that_knows_an_attribute_reads_it(factors: np.ndarray) -> None:
    first, second = ToyScorer("first", ["Se", "Bp"], {}), ToyScorer("second", list(attributes()))
    predictor = PopulationPredictor([first, second])
    assert [name for name, (scorer, _) in predictor.raw(factors).items() if scorer is first] == ["Se", "Bp"]
    fitted = predictor.fitted(factors)
    assert "Se" not in fitted.scales  # trusted as it is
    assert {fitted.scales["Bp"].by, fitted.scales["Hc"].by} == {"first", "second"}
    assert list(fitted.predict(factors)) == list(attributes())


def test_the_scale_of_another_scorer_is_not_taken(factors: np.ndarray) -> None:
    codes = list(attributes())
    scales = PopulationPredictor([ToyScorer("one", codes)]).fitted(factors).scales
    plain = PopulationPredictor([ToyScorer("other", codes)]).predict(factors)
    mixed = PopulationPredictor([ToyScorer("other", codes)], scales).predict(factors)
    for code in codes:
        np.testing.assert_array_equal(plain[code], mixed[code])


def test_an_attribute_that_nobody_reads_is_an_error() -> None:
    with pytest.raises(MissingWeights, match="toy cannot tell Sk, A"):
        PopulationPredictor([ToyScorer("toy", [code for code in attributes() if code not in ("Sk", "A")])])


def test_a_population_of_twins_is_an_error(factors: np.ndarray) -> None:
    with pytest.raises(BadInput, match="alike in Sk"):
        PopulationPredictor([ToyScorer("toy", list(attributes()))]).fitted(factors[:1].repeat(9, axis=0))


def test_scales_come_back_from_their_text() -> None:
    scales = {"Bp": Scale("CLIP", 2.5, (0.1,)), "Se": Scale("CLIP", 1.0, (0.25, -0.25))}
    assert load_scales(dump_scales(scales)) == scales


def test_the_population_is_the_generators_own() -> None:
    predictor = PopulationPredictor([ToyScorer("toy", list(attributes()))])
    progress = Recorder()
    fitted = fit_population(predictor, ToyGenerator(), 0, 64, progress, count=300)
    assert progress.steps[-1][1:] == (300, 300)
    again = fit_population(predictor, ToyGenerator(), 0, 100, count=300)
    assert fitted.scales == again.scales
