"""CelebA's attributes in our words, from a net whose answer is known."""

import numpy as np
import torch

from pipeline.core.attributes import attributes
from projection.attributes.celeba import CELEBA_NAMES, CelebaScorer, meanings, moves
from projection.attributes.population import PopulationPredictor


class Fixed(torch.nn.Module):
    """Says of every picture that the named attributes are present, with these log odds, and the others undecided."""

    def __init__(self, **odds: float) -> None:
        super().__init__()
        self.logits = torch.zeros(40, 2)
        for name, value in odds.items():
            self.logits[CELEBA_NAMES.index(name)] = torch.tensor([1.0, 1.0 + value])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.logits.reshape(1, 80).repeat(len(x), 1)


def read(**odds: float) -> dict[str, np.ndarray]:
    scorer = CelebaScorer(Fixed(**odds), 8, "cpu")
    images = np.zeros((2, 16, 16, 3), np.uint8)
    rest = {code: np.zeros((2, attributes()[code].n_outputs)) for code in attributes() if code not in scorer.codes}

    class Rest:
        name, input_size, shares, codes = "rest", 8, {}, tuple(rest)

        def raw(self, _: np.ndarray) -> dict[str, np.ndarray]:
            return rest

    return PopulationPredictor([scorer, Rest()]).predict(images)


def test_the_table_speaks_of_celeba_and_of_us() -> None:
    assert len(set(CELEBA_NAMES)) == 40
    for code, values in meanings().items():
        assert set(values) <= set(attributes()[code].values)
        assert {name for name, _ in values.values()} <= set(CELEBA_NAMES)
    assert all(len(values) >= 2 for values in meanings().values())


def test_two_ends_do_not_tell_where_the_middle_is() -> None:
    assert set(attributes()) - set(CelebaScorer(Fixed(), 8, "cpu").codes) == {"Sk", "A"}


def test_probabilities_are_the_nets() -> None:
    found = read(Male=2.0, No_Beard=-1.0, Big_Lips=3.0)
    np.testing.assert_allclose(found["Se"], [[1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))]] * 2, rtol=1e-5)
    np.testing.assert_allclose(found["Bd"][:, 1], 1 / (1 + np.exp(-1)), rtol=1e-5)
    np.testing.assert_allclose(found["Bp"], 3, rtol=1e-5)
    np.testing.assert_allclose(found["N"], 0, atol=1e-6)


def test_hair_has_one_colour() -> None:
    found = read(Gray_Hair=2.0, Black_Hair=-3.0, Blond_Hair=-3.0, Brown_Hair=-3.0, Bald=-5.0)["Hc"]
    assert (found.argmax(axis=1) == 3).all()
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)


def test_directions_become_translations() -> None:
    direction = np.ones((1, 2, 3), np.float32)
    found = moves({"Male": direction, "Bald": 2 * direction, "Blurry": direction})
    assert set(found) == {"Se_0", "Se_1", "Hc_4"}
    assert (found["Se_0"] == direction).all() and (found["Se_1"] == -direction).all() and (found["Hc_4"] == 2).all()
