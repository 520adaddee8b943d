"""The model set of a training: declared, opened by Models, replaced by its own continuation alone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import BadInput
from pipeline.core.model_sets import HOME_VARIABLE, model_set
from pipeline.models import Models
from pipeline.training.gan import samples
from pipeline.training.gan.distances import Distances
from pipeline.training.gan.loop import Schedule
from pipeline.training.gan.result import Origin, require_free, write_set
from pipeline.training.gan.settings import INCEPTION
from pipeline.training.gan.start import open_start
from tests.pipeline.training.gan.gan import TINY, training

FRESH, TUNED = TINY, replace(TINY, warm_up=0.004, discriminator_width=0.1)


def origin(folder: Path, name: str = "mine", tuned: str | None = None) -> Origin:
    return Origin(name, model_set("demo"), tuned, f"{folder} {tuned}", folder)


@pytest.fixture(autouse=True)
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))


def test_a_fresh_generator_becomes_a_set(tmp_path: Path) -> None:
    trained = training(tmp_path / "run", FRESH)
    trained.run(Schedule(kimg=0.012, measured=0))
    made = write_set(trained, origin(tmp_path / "run"), Distances(1.5, 2.5))
    assert (made.resolution, made.n_style, made.dim, made.elastic) == (32, 8, 8, True)
    assert not {"encoder", "translations", "motions"} & made.files.keys()
    assert {"predictor", "parser", "discriminator"} <= made.files.keys()
    models = Models("mine", "cpu")
    w = models.generator.map(torch.randn(2, 8))
    expected = trained.nets.mean_generator(w)
    assert torch.allclose(models.generator.synthesize(w), expected, atol=1e-4)
    assert models.generator.synthesize(w, ratio=0.5, resolution=16).shape == (2, 3, 16, 16)
    card = (tmp_path / "run" / "model_card.md").read_text()
    assert "| images | 60, resized to 32 px |" in card
    assert "| FID | 1.500 (to the images at 32 px, features predictor-416, not Inception's) |" in card
    assert (tmp_path / "run" / "generator.safetensors").is_file()
    write_set(trained, origin(tmp_path / "run"), Distances(1.5, 2.5, INCEPTION))
    card = (tmp_path / "run" / "model_card.md").read_text()
    assert "| FID | 1.500 (to the images at 32 px, features inception-2048) |" in card


def test_a_tuned_generator_keeps_encoder_translations_and_discriminator(
    tmp_path: Path, demo_models: Models, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "ROWS", 1)
    trained = training(tmp_path / "run", TUNED, "demo")
    trained.run(Schedule(kimg=0.012, measured=0))
    made = write_set(trained, origin(tmp_path / "run", tuned="demo"), None)
    assert made.resolution == 256
    assert made.elastic
    assert made.tuning_steps == model_set("demo").tuning_steps
    models = Models("mine", "cpu")
    assert models.translations.keys() == demo_models.translations.keys()
    assert {each.space for each in models.translations.values()} == {made.space} != {"people-256"}
    np.testing.assert_allclose(models.translations["Bp_max"].path, demo_models.translations["Bp_max"].path, atol=1e-3)
    assert models.gains == demo_models.gains
    assert models.encoder_or_none is not None
    card = (tmp_path / "run" / "model_card.md").read_text()
    assert "| finer levels | above 32 px they are those of demo |" in card

    # And it can be tuned on, with its discriminator.
    start = open_start(TUNED, "mine")
    assert not start.warm_up
    theirs = trained.nets.discriminator.state_dict()
    assert all(torch.equal(value, theirs[key]) for key, value in start.discriminator.state_dict().items())
    assert open_start(replace(TUNED, elastic=False), "mine").warm_up  # which has another discriminator


def test_a_set_is_replaced_by_its_own_continuation_alone(tmp_path: Path) -> None:
    trained = training(tmp_path / "run", FRESH)
    trained.run(Schedule(kimg=0.004, measured=0))
    mine = origin(tmp_path / "run")
    require_free(mine)
    first = write_set(trained, mine, None)
    require_free(mine)
    trained.run(Schedule(kimg=0.012, measured=0))
    assert write_set(trained, mine, None).space != first.space
    with pytest.raises(BadInput, match="There is a model set mine already"):
        require_free(origin(tmp_path / "other"))
    with pytest.raises(BadInput, match="There is a model set demo already"):
        require_free(origin(tmp_path / "run", "demo"))
