"""Least change that reaches a target: how far that is, and the search on a toy generator."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import Budget, RunConfig
from pipeline.core.attributes import attributes, head_slices
from pipeline.core.types import Portrait, Translation
from pipeline.edit import readings
from pipeline.edit.search import STEP, STEPS_OF_COLOURS, responses, search
from pipeline.edit.select_edits import choose_edits
from tests.support.toy_models import DIM, N_STYLE, SPACE, ToyModels, portrait_image

GENEROUS = Budget(identity=2, leak=2)
OUTPUTS = max(place.stop for place in head_slices().values())


@pytest.fixture(autouse=True)
def _whole_pictures(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The toy predictor looks at the whole picture, of which an edit may only change a part."""
    monkeypatch.setattr(readings, "BLENDED", ())
    monkeypatch.setattr(readings, "PARSED", ())
    yield


class TwoColours:
    """Lips are the mean of red, cheeks that of green; every class is the first."""

    input_size = 16

    def predict(self, images: Any) -> dict[str, np.ndarray]:
        means = np.stack([np.asarray(image, np.float32).mean((0, 1)) for image in images]) / 127.5 - 1
        found = {}
        for code, attribute in attributes().items():
            values = np.zeros((len(images), attribute.n_outputs), np.float32)
            values[:, 0] = float(attribute.kind == "class")
            found[code] = values if attribute.n_classes else values[:, 0]
        return found | {"Bp": means[:, 0], "Ch": means[:, 1]}


def colour(name: str, red: float, green: float = 0.0) -> Translation:
    return Translation(name, SPACE, np.tile(np.float32([red, green, 0]), N_STYLE * DIM // 3).reshape(1, N_STYLE, DIM))


def models_of(*moves: tuple[Translation, float]) -> ToyModels:
    models = ToyModels()
    models.predictor = TwoColours()  # type: ignore[assignment]
    models.translations.clear()
    models.translations.update({move.name: move for move, _ in moves})
    models.gains = {move.name: gain for move, gain in moves}
    return models


def flat(models: ToyModels, level: float = 0.0, missing: float = 0.0) -> Portrait:
    """A portrait of one colour, red and green at `level`, and `missing` more in its picture than in its latent."""
    latent = np.full((N_STYLE, DIM), level, np.float32)
    latent[:, 2::3] = -0.5  # a portrait without any colour would keep its edits so
    shown = latent + np.float32(missing)
    return Portrait("a", models.generator.render(shown[None], size=64)[0], latent, SPACE)


def end(portrait: Portrait, move: Translation, strength: float) -> np.ndarray:
    """Red and green of the edited portrait."""
    assert portrait.latent is not None
    return (portrait.latent + move.displacement(strength)).reshape(-1, 3).mean(0)[:2]


@given(st.floats(0.1, 3), st.integers(1, 5))
def test_a_path_ends_at_its_reach(reach: float, count: int) -> None:
    path = np.random.default_rng(count).normal(size=(count, N_STYLE, DIM)).astype(np.float32)
    move = Translation("Bp_max", SPACE, path, reach)
    for k in range(count):
        assert move.displacement(reach * (k + 1) / count) == pytest.approx(path[k], abs=1e-4)
    assert move.displacement(0.0) == pytest.approx(0 * path[0])


@pytest.mark.parametrize("level", [-0.2, 0.0, 0.35])
def test_the_target_is_reached_and_hardly_passed(level: float) -> None:
    models = models_of((colour("Bp_max", 1.0), 1.0))
    portrait = flat(models, level)
    (found,) = search(portrait, [models.translations["Bp_max"]], models, GENEROUS)
    assert not found.missed
    assert end(portrait, found.move, found.strength)[0] == pytest.approx(0.9, abs=0.03)


def test_what_the_generator_lacks_is_part_of_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readings, "BLENDED", ("carry_over",))
    models = models_of((colour("Bp_max", 0.01), 1.0))
    portrait = flat(models, 0.85, missing=0.05)
    (found,) = search(portrait, [models.translations["Bp_max"]], models, GENEROUS)
    assert found.strength < 0.5 and not found.missed


@pytest.mark.parametrize(("along", "least", "most"), [(0.08, 0.0, 0.25), (0.3, 0.4, 0.8)])
def test_what_moves_along_is_taken_back_by_small_corrections(along: float, least: float, most: float) -> None:
    """All of a little, and a part of much: a correction moves other pixels too."""
    models = models_of((colour("Bp_max", 0.6, along), 0.6), (colour("Ch_max", 0.0, 0.5), 0.5))
    move, portrait = models.translations["Bp_max"], flat(models)
    (found,) = search(portrait, [move], models, GENEROUS)
    red, green = end(portrait, found.move, found.strength)
    assert red == pytest.approx(0.9, abs=0.05) and not found.missed
    assert least <= abs(green) / end(portrait, move, found.strength)[1] < most


def test_a_target_out_of_reach_is_said_so() -> None:
    models = models_of((colour("Bp_max", 0.1), 0.1))
    (found,) = search(flat(models), [models.translations["Bp_max"]], models, GENEROUS)
    assert found.strength == 2 and "no strength" in found.missed


@pytest.mark.parametrize(("slope", "strength"), [(2.4, STEP * STEPS_OF_COLOURS), (1.2, 2.0)])
def test_colours_that_are_seen_stop_before_other_edits(slope: float, strength: float) -> None:
    class Doubtful(TwoColours):
        def predict(self, images: Any) -> dict[str, np.ndarray]:
            found = super().predict(images)
            dark = np.clip(slope * found["Bp"], 0, 1)
            return found | {"Sk": np.stack([1 - dark, 0 * dark, dark], 1)}

    models = models_of((colour("Sk_2", 0.2), 0.2), (colour("Bp_max", 0.1), 0.1))
    models.predictor = Doubtful()  # type: ignore[assignment]
    skin, lips = search(flat(models), list(models.translations.values()), models, GENEROUS)
    assert lips.strength == 2
    assert (skin.strength, skin.missed == "") == (pytest.approx(strength), slope > 1.5)


@pytest.mark.parametrize(
    ("budget", "why"), [(Budget(leak=0.02), "other attributes"), (Budget(identity=0.01), "the person")]
)
def test_the_search_stops_within_its_budget(budget: Budget, why: str) -> None:
    models = models_of((colour("Bp_max", 0.9, 0.9), 0.9))
    portrait = flat(models, 0.1) if budget.identity == 0.01 else flat(models)
    move = models.translations["Bp_max"] if budget.identity != 0.01 else colour("Bp_max", 0.9)
    models.translations["Bp_max"] = move
    (found,) = search(portrait, [move], models, budget)
    (free,) = search(portrait, [move], models, GENEROUS)
    assert why in found.missed and not free.missed
    assert found.strength < free.strength


def test_a_colour_may_be_as_far_from_the_portrait_as_it_needs() -> None:
    class Skin(TwoColours):
        def predict(self, images: Any) -> dict[str, np.ndarray]:
            found = super().predict(images)
            dark = np.clip(found["Bp"], 0, 1)
            return found | {"Sk": np.stack([1 - dark, 0 * dark, dark], 1)}

    models = models_of((colour("Sk_2", 1.0), 1.0), (colour("Bp_max", 1.0), 1.0))
    models.predictor = Skin()  # type: ignore[assignment]
    skin, lips = search(flat(models, 0.1), list(models.translations.values()), models, Budget(identity=0.01))
    assert not skin.missed and "the person" in lips.missed
    sure, _ = search(flat(models, 0.1), list(models.translations.values()), models, GENEROUS)
    assert skin.strength < 0.85 * sure.strength  # clear is enough where another person is seen


def test_edits_of_hair_are_read_after_the_parser_and_others_without(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [readings.shapes_hair(name) for name in ("B_1", "Hs_0", "Hc_1", "Sk_0", "Bp_max")] == [1, 1, 0, 0, 0]
    monkeypatch.setattr(readings, "PARSED", ("segmentation",))
    models = models_of((colour("B_1", 1.0), 1.0), (colour("Bp_max", 1.0), 1.0))
    asked: list[int] = []

    def labels(images: Any) -> np.ndarray:
        asked.append(len(images))
        return np.zeros((len(images), *images[0].shape[:2]), np.uint8)

    models.parser = SimpleNamespace(labels=labels)  # type: ignore[attr-defined]
    read = readings.Readings(flat(models), models)
    offsets = np.zeros((2, N_STYLE, DIM), np.float32)
    read([(move, 1.0) for move in models.translations.values()], offsets)
    assert sum(asked) == 2  # the portrait and its bangs


def test_nothing_to_do_is_no_move() -> None:
    models = models_of((colour("Bp_max", 1.0), 1.0))
    (found,) = search(flat(models, 0.95), [models.translations["Bp_max"]], models, GENEROUS)
    assert found.strength == 0 and not found.missed and not found.move.displacement(found.strength).any()


def test_without_an_elastic_generator_the_reading_and_the_gain_decide() -> None:
    models = models_of((colour("Bp_max", 1.0), 1.0))
    models.generator.elastic = False
    portrait = Portrait("a", portrait_image(0), np.zeros((N_STYLE, DIM), np.float32), SPACE)
    value = float(models.predictor.predict([portrait.image])["Bp"][0])
    (found,) = search(portrait, [models.translations["Bp_max"]], models, GENEROUS)
    assert found.strength == pytest.approx(np.clip(0.9 - value, 0, 2))


def test_translations_of_the_user_and_edits_of_photographs_keep_their_strength() -> None:
    models = models_of((colour("Bp_max", 1.0), 1.0))
    (found,) = search(flat(models), [colour("Bp_max", 0.1)], models, GENEROUS)
    assert found.strength == 1.0 and not found.missed
    models.set.embedded = True
    photographed = Portrait("a", portrait_image(0), np.zeros((N_STYLE, DIM), np.float32), SPACE, crop=object())
    (found,) = search(photographed, [models.translations["Bp_max"]], models, GENEROUS)
    assert found.strength == 1.0


def test_responses_are_changes_per_unit() -> None:
    found = responses({"Ch_max": colour("Ch_max", 0, 0.5)}, {"Ch_max": 0.25})
    assert list(found) == [head_slices()["Ch"].start]
    assert found[head_slices()["Ch"].start].reshape(-1, 3)[0] == pytest.approx([0, 2, 0])
    assert responses({"Ch_max": colour("Ch_max", 0, 0.5)}, {"Ch_max": -0.25}) == {}  # moves the wrong way: no help


def test_the_configuration_decides_whether_there_is_a_search() -> None:
    models = models_of((colour("Bp_max", 1.0), 1.0))
    portrait = flat(models)
    assert RunConfig(strength="fixed").search_budget is None
    found = {}
    for strength in ("fixed", "adaptive"):
        budget = RunConfig.model_validate({"strength": strength, "budget": GENEROUS}).search_budget
        (edit,), _ = choose_edits(portrait, models, budget=budget)
        found[strength] = edit.moves[0][1]
    assert found["fixed"] == 1 and found["adaptive"] == pytest.approx(0.9, abs=0.03)
