"""Every part can be trained from nothing: two steps on samples, weights that the program itself can open."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from apps.train import cli
from pipeline.core import half
from pipeline.core.attributes import head_slices
from pipeline.core.errors import BadInput
from pipeline.core.model_sets import model_set
from pipeline.core.weights import expected_path, load_state, read_metadata
from pipeline.training import face_detector, parts
from pipeline.training.context import PAIRS_SEED, STUDIO_SEED, WILD_SEED
from pipeline.training.depth import gradient_loss
from pipeline.training.identity import info_nce, verification
from pipeline.training.loop import Budget
from pipeline.training.parser import class_weights
from pipeline.training.parts import PARTS, maker, train_part
from pipeline.training.predictor import balanced
from pipeline.training.recipe import Moment, PartRecipe
from pipeline.training.restorer import degrade
from pipeline.world.extra import renderer_version
from pipeline.world.latents import from_seen
from tests.support.sample_sets import SampleTraining, sample_training

CPU = torch.device("cpu")
NETS = [part for part in PARTS if isinstance(maker(part), type)]


@pytest.fixture(scope="module")
def context(tmp_path_factory) -> SampleTraining:
    return sample_training(tmp_path_factory.mktemp("work"))


@pytest.fixture(scope="module")
def generator():
    from projection.generator import LatentGenerator
    from projection.nets.generator import Generator

    torch.manual_seed(0)
    config = {
        "resolution": 256,
        "style_dim": 256,
        "n_mlp": 3,
        "channels": dict.fromkeys((4, 8, 16, 32, 64, 128, 256), 8),
    }
    return LatentGenerator(Generator(**config), CPU, "people-256")


def train(part: str, context: SampleTraining, monkeypatch) -> dict[str, float]:
    monkeypatch.setattr(maker(part), "batch_size", 2)
    return train_part(part, context, Budget(steps=2), log=lambda _: None)


@pytest.mark.parametrize("part", [part for part in NETS if part not in ("generator", "encoder", "occluder")])
def test_two_steps_of_each_part_give_weights_that_open(part, context, monkeypatch):
    monkeypatch.setattr(face_detector, "MEASURED", 20)
    metrics = train(part, context, monkeypatch)
    assert metrics
    path = context.target(part)
    opened = _open(part, path, context)
    assert len(opened(list(context.held_out.rgb[:2]))) == 2
    described = read_metadata(path)
    assert json.loads(described["metrics"]).keys() == metrics.keys()
    sets = {
        "restorer": "6 studio people",
        "identity": "3 studio people on two occasions",
    }
    of_both_looks = "6 studio people, 3 studio people with and without an edit, 4 wild people"
    even = "5 studio people of even attributes, " if part in ("predictor", "judge") else ""
    assert described["data"] == f"{even}{sets.get(part, of_both_looks)}; renderer {renderer_version()}"


def _open(part: str, path: Path, context: SampleTraining):
    from pipeline.photo.embedded_net import _batch
    from pipeline.photo.pyramid_net import PyramidNet
    from postprocess.depth import DepthEstimator
    from postprocess.identity import IdentityNet
    from postprocess.parsing import FaceParser
    from postprocess.restoration import FaceRestorer
    from projection.attributes.predictor import AttributePredictor

    config = context.config(part)
    if part in ("predictor", "judge"):
        return lambda images: AttributePredictor.open(path, config, CPU).predict(images)["Sk"]
    if part in ("detector", "points"):
        net = PyramidNet(**config).eval()
        net.load_state_dict(load_state(path))
        return lambda images: [net(_batch(np.asarray(image))) for image in images]
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
    mean = from_seen(context.renders.seen, 256).mean(0)
    assert np.allclose(state["mean_latent"], mean, atol=1e-2)


def test_parts_read_the_generators_pictures_once_there_is_one(context, generator, monkeypatch):
    from pipeline.training.generated_images import generated_images

    assert generated_images(context, context.held_out, 32) is None
    context.target("generator").write_bytes(b"weights")
    monkeypatch.setitem(context.__dict__, "models", SimpleNamespace(generator=generator))
    drawn = generated_images(context, context.held_out, 32)
    context.target("generator").unlink()
    assert drawn.shape == (4, 32, 32, 3)
    expected = generator.render(torch.from_numpy(from_seen(context.held_out.seen[1:2], 256)), size=32)[0]
    assert np.abs(drawn[1].astype(int) - expected).max() <= 1


class Drawn(PartRecipe):
    """A recipe that is nothing but its data."""

    batch_size, photographs = 64, True

    def build(self):
        raise NotImplementedError

    batch = loss = metrics = build


def test_generated_pictures_show_the_people_of_their_rows(context):
    recipe = Drawn("depth", context)
    recipe.generated = np.arange(4, dtype=np.uint8).repeat(12).reshape(4, 2, 2, 3)  # of the first four
    rows = recipe.draw(np.random.default_rng(0))
    before = rows.copy()
    chosen, generated = recipe.draw_generated(rows, np.random.default_rng(1))
    assert 10 < len(chosen) < 40
    assert (generated[:, 0, 0, 0] == rows[chosen]).all()
    assert np.array_equal(np.delete(rows, chosen), np.delete(before, chosen))
    for row in range(4):  # who are the first of all that the net is trained on
        assert np.array_equal(recipe.data.rgb[row], context.renders.rgb[row])


def test_what_reads_attributes_is_trained_on_even_people_first(context):
    recipe = maker("judge")("judge", context)
    assert recipe.data.sets == [context.even_renders, *context.everybody.sets]
    assert [each.plan.even for each in recipe.data.sets] == [True, False, False, False]


def test_nets_for_photographs_are_trained_on_both_looks(context):
    for part in NETS:
        recipe = maker(part)
        assert recipe.photographs == (part not in ("generator", "encoder", "restorer", "identity")), part


def test_pairs_for_the_identity_net_are_people_on_two_occasions(context):
    recipe = maker("identity")("identity", context)
    assert recipe.data is context.occasions
    first, second = recipe.batch(np.random.default_rng(0), Moment())
    assert len(first) == len(second) == 3
    assert (first.mean((1, 2, 3)) > second.mean((1, 2, 3))).all()  # the second ones are darker


def test_a_tuned_predictor_is_mixed_with_the_weights_that_it_began_with(tmp_path, monkeypatch):
    context, mixed = sample_training(tmp_path), []
    train("predictor", context, monkeypatch)
    began = load_state(context.target("predictor"))
    monkeypatch.setattr(parts, "mix", lambda net, others, share: mixed.append((others, share)))
    context.checkpoint("predictor").unlink()
    train("predictor", replace(context, tune=True), monkeypatch)
    ((others, share),) = mixed
    assert share == 0.5
    assert all(torch.equal(others[name], value) for name, value in began.items())


def test_cursors_spread_in_the_readings_as_in_truth(tmp_path):
    recipe = maker("judge")("judge", sample_training(tmp_path))
    net, held = recipe.build().eval(), recipe.held_out[""]
    net.load_state_dict(load_state(expected_path(model_set("demo").files["judge"])))
    with torch.inference_mode():
        before = recipe.outputs(net, held.small(recipe.input_size))
        recipe.finish(net)
        after = recipe.outputs(net, held.small(recipe.input_size))
    for code, head in recipe.heads.items():
        if code == "Bd":
            assert not np.array_equal(before[:, head], after[:, head])
        elif head.stop - head.start > 1:
            assert np.array_equal(before[:, head], after[:, head])
        else:
            truth = held.attributes[code]
            assert after[:, head].std() == pytest.approx(truth.std(), rel=0.05)
            assert after[:, head].mean() == pytest.approx(truth.mean(), abs=0.02)


class Bearded(nn.Module):
    """Features of two numbers: what tells a beard, and what tells a man."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(2, max(head.stop for head in head_slices().values()))

    def forward_features(self, x: torch.Tensor) -> torch.Tensor:
        return x

    def forward_head(self, x: torch.Tensor, pre_logits: bool) -> torch.Tensor:
        assert pre_logits
        return x

    def get_classifier(self) -> nn.Linear:
        return self.last


def test_a_beard_is_told_from_a_man(tmp_path, monkeypatch):
    recipe, net, rng = maker("judge")("judge", sample_training(tmp_path)), Bearded(), np.random.default_rng(0)
    columns = [list(recipe.heads).index(code) for code in ("Bd", "Se")]

    def batch(*_: object) -> tuple[torch.Tensor, torch.Tensor]:
        woman = rng.random(2000) < 0.5
        beard = rng.random(2000) < np.where(woman, 0.04, 0.5)
        targets = np.zeros((2000, len(recipe.heads)), np.float32)
        targets[:, columns] = np.stack([beard, woman], 1)
        seen = np.stack([beard + rng.normal(0, 0.4, 2000), woman + rng.normal(0, 0.1, 2000)], 1)
        return torch.from_numpy(seen.astype(np.float32)), torch.from_numpy(targets)

    monkeypatch.setattr(recipe, "batch", batch)
    with torch.inference_mode():
        recipe.fit_beards(net)
        bearded = net.last(torch.tensor([[1.0, 1.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]]))[:, recipe.heads["Bd"]]
    assert bearded.argmax(1).tolist() == [1, 0, 1, 0]


def test_people_for_training_begin_at_the_first_number(tmp_path):
    later = replace(sample_training(tmp_path), first=7)
    firsts = [later.renders.plan.first, later.wild.plan.first, later.edited_renders.plan.first]
    assert firsts == [STUDIO_SEED + 7, WILD_SEED + 7, PAIRS_SEED + 7]


def test_weights_are_mixed_by_their_shares_and_counters_stay():
    ones, twos = (torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2)) for _ in range(2))
    for net, value in ((ones, 1.0), (twos, 2.0)):
        for each in net.state_dict().values():
            each.fill_(value)
    parts.mix(ones, twos.state_dict(), 0.25)
    found = ones.state_dict()
    assert all((each == 1.75).all() for each in found.values() if each.is_floating_point())
    assert found["1.num_batches_tracked"] == 1


@pytest.mark.parametrize("part", ["parser", "occluder", "predictor", "depth", "identity"])
def test_half_precision_gives_about_the_same_loss_and_whole_gradients(part, context, monkeypatch):
    monkeypatch.setattr(maker(part), "batch_size", 2)
    torch.manual_seed(0)
    recipe = maker(part)(part, context)
    net, batch, losses = recipe.network(), recipe.batch(np.random.default_rng(0), Moment()), {}
    for dtype in (torch.float32, torch.bfloat16):
        monkeypatch.setattr(half, "half_precision", lambda _, dtype=dtype: dtype)
        with half.autocast(CPU, recipe.autocast):
            losses[dtype] = recipe.loss(net, batch, Moment())
    losses[torch.bfloat16].backward()
    whole, rounded = (loss.detach() for loss in losses.values())
    assert whole.dtype == rounded.dtype == torch.float32
    assert torch.allclose(whole, rounded, rtol=0.02)
    assert not torch.equal(whole, rounded)
    assert all(p.grad is None or p.grad.dtype == torch.float32 for p in net.parameters())


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


def test_all_classes_of_an_attribute_count_alike_within_limits():
    classes = np.repeat([0.0, 1.0], [60, 40])
    weights = balanced(classes, 2).numpy()
    assert (weights * [60, 40]).tolist() == pytest.approx([50, 50])
    assert balanced(np.repeat([0.0, 1.0], [98, 2]), 2).tolist() == pytest.approx([0.5102, 2], abs=1e-3)
    assert balanced(np.zeros(60), 3).tolist() == [0.5, 2, 2]


def test_degrading_keeps_the_shape_and_loses_detail():
    rng = np.random.default_rng(0)
    clean = rng.integers(0, 256, (12, 64, 64, 3), dtype=np.uint8)
    poor = degrade(clean, np.random.default_rng(1))
    assert poor.shape == clean.shape
    assert poor.std() < clean.std()
    assert np.array_equal(poor, degrade(clean, np.random.default_rng(1)))
