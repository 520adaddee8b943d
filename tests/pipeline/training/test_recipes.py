"""Every part can be trained from nothing: two steps on six portraits, weights that the program itself can open."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from apps.train import cli
from pipeline.core.errors import BadInput
from pipeline.core.weights import load_state, read_metadata
from pipeline.training.context import TrainingContext
from pipeline.training.depth import gradient_loss
from pipeline.training.identity import info_nce, verification
from pipeline.training.loop import Budget
from pipeline.training.parser import class_weights
from pipeline.training.parts import maker, train_part
from pipeline.training.restorer import degrade

CPU = torch.device("cpu")


class Small(TrainingContext):
    """A workcontext that writes beside its checkpoints instead of into the tree."""

    def target(self, part: str) -> Path:
        return self.work_dir / f"{part}.safetensors"


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> Small:
    return Small(tmp_path_factory.mktemp("work"), CPU, portraits=6, held_out_portraits=4, workers=0)


@pytest.fixture(scope="module")
def generator():
    from projection.generator import LatentGenerator
    from projection.nets.generator import Generator

    torch.manual_seed(0)
    config = {
        "resolution": 256,
        "style_dim": 128,
        "n_mlp": 2,
        "channels": dict.fromkeys((4, 8, 16, 32, 64, 128, 256), 8),
    }
    return LatentGenerator(Generator(**config), CPU, "demo-256")


def train(part: str, context: Small, monkeypatch) -> dict[str, float]:
    monkeypatch.setattr(maker(part), "batch_size", 2)
    return train_part(part, context, Budget(steps=2), log=lambda _: None)


@pytest.mark.parametrize("part", ["predictor", "judge", "parser", "depth", "restorer", "face_restorer", "identity"])
def test_two_steps_of_each_part_give_weights_that_open(part, context, monkeypatch):
    metrics = train(part, context, monkeypatch)
    assert metrics
    path = context.target(part)
    opened = _open(part, path, context)
    assert len(opened(list(context.held_out.rgb[:2]))) == 2
    described = read_metadata(path)
    assert json.loads(described["metrics"]).keys() == metrics.keys()
    assert "portrait world" in described["data"]


def _open(part: str, path: Path, context: Small):
    from postprocess.depth import DepthEstimator
    from postprocess.identity import IdentityNet
    from postprocess.parsing import FaceParser
    from postprocess.restoration import FaceRestorer
    from projection.attributes.predictor import AttributePredictor

    config = context.config(part)
    if part in ("predictor", "judge"):
        return lambda images: AttributePredictor.open(path, config, CPU).predict(images)["Sk"]
    kinds = {
        "parser": (FaceParser, "labels"),
        "depth": (DepthEstimator, "inverse_depth"),
        "restorer": (FaceRestorer, "restore"),
        "face_restorer": (FaceRestorer, "restore"),
        "identity": (IdentityNet, "embed"),
    }
    kind, method = kinds[part]
    return getattr(kind.open(path, config, CPU), method)


def test_encoder_learns_through_the_generator(context, generator, monkeypatch):
    monkeypatch.setitem(context.__dict__, "models", SimpleNamespace(generator=generator))
    metrics = train("encoder", context, monkeypatch)
    assert metrics["w_error"] < 3
    state = load_state(context.target("encoder"))
    mean = generator.map(torch.from_numpy(context.renders.z)).mean(0)
    assert torch.allclose(state["mean_latent"], mean, atol=1e-2)


def test_parts_read_the_generators_pictures_once_there_is_one(context, generator, monkeypatch):
    from pipeline.training.generated_images import generated_images

    assert generated_images(context, context.held_out, 32) is None
    context.target("generator").write_bytes(b"weights")
    monkeypatch.setitem(context.__dict__, "models", SimpleNamespace(generator=generator))
    drawn = generated_images(context, context.held_out, 32)
    context.target("generator").unlink()
    assert drawn.shape == (4, 32, 32, 3)
    expected = generator.render(generator.map(torch.from_numpy(context.held_out.z[1:2])), size=32)[0]
    assert np.abs(drawn[1].astype(int) - expected).max() <= 1


def test_an_unknown_part_is_named():
    with pytest.raises(BadInput, match="no part parsar"):
        cli.main(["demo", "parsar"])


def test_gradient_loss_ignores_an_offset_and_sees_a_slope():
    truth = torch.rand(2, 16, 16)
    assert float(gradient_loss(truth + 0.3, truth)) == pytest.approx(0, abs=1e-6)
    slope = torch.arange(16.0).expand(2, 16, 16) / 16
    assert float(gradient_loss(truth + slope, truth, levels=1)) == pytest.approx(1 / 16, rel=1e-4)


def test_info_nce_prefers_matching_rows():
    rows = torch.nn.functional.normalize(torch.randn(8, 16, generator=torch.Generator().manual_seed(0)), dim=1)
    assert float(info_nce(rows, rows)) < 0.1
    assert float(info_nce(rows, rows.roll(1, 0))) > 3


def test_verification_of_perfect_and_useless_embeddings():
    assert verification(np.eye(5))["verification_auc"] == 1
    assert verification(np.eye(5))["rank_1"] == 1
    assert verification(np.zeros((5, 5)))["verification_auc"] == 0.5


def test_rare_classes_weigh_more():
    labels = np.zeros((1, 100, 100), np.uint8)
    labels[0, :2, :2] = 4
    weights = class_weights(labels)
    assert weights[4] > weights[0]
    assert float(weights.max()) <= 3


def test_degrading_keeps_the_shape_and_loses_detail():
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    poor = degrade(clean, np.random.default_rng(1))
    assert poor.shape == clean.shape
    assert poor.std() < clean.std()
    assert np.array_equal(poor, degrade(clean, np.random.default_rng(1)))
