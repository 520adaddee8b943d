"""Weights and translations are checked before a net is opened; nets are opened once."""

from pathlib import Path

import pytest
import torch

from pipeline.core.errors import MissingWeights, SpaceMismatch
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.weights import save_state
from pipeline.models import Models


def test_missing_weights_are_told_when_a_net_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    models = Models("ffhq-stylegan2", "cpu")
    assert not models.has("generator")
    for role in ("generator", "encoder", "predictor", "parser", "depth", "restorer", "perceptual", "judge"):
        with pytest.raises(MissingWeights, match="ffhq-stylegan2"):
            getattr(models, role)
    with pytest.raises(MissingWeights, match="`face-edit models fetch faces`"):
        _ = models.identity
    assert models.translations == {}


def test_translations_of_another_space_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "translations.safetensors"
    save_state(path, {"Hc_2_fr_1": torch.ones(2, 14, 128)}, {"space": "elsewhere"})
    monkeypatch.setattr("pipeline.models.locate", lambda *_: path)
    with pytest.raises(SpaceMismatch, match="belongs to elsewhere"):
        _ = Models("demo", "cpu").translations


def test_the_demo_set_opens_whole(demo_models: Models) -> None:
    for role in demo_models.set.files:
        assert getattr(demo_models, role) is getattr(demo_models, role)
    assert demo_models.generator.space == demo_models.space
    assert {translation.path.shape[1:] for translation in demo_models.translations.values()} == {
        (demo_models.set.n_style, demo_models.set.dim)
    }
