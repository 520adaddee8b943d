"""The nets with their preprocessing: sizes, ranges, files and the errors that a user sees."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.core.errors import MissingWeights
from pipeline.core.weights import save_state
from postprocess import identity
from postprocess.depth import DepthEstimator
from postprocess.nets.bisenet import BiSeNet
from postprocess.nets.dpt import DPT
from postprocess.nets.identity import IdentityNet
from postprocess.parsing import FaceParser
from postprocess.restoration import CODEFORMER_KEYS, ChannelNorm, FaceRestorer, build_restorer, quicken
from tests.support.labelled_scene import CPU, labels, picture

DPT_TINY = {"patch": 8, "dim": 16, "depth": 4, "heads": 2, "hooks": [0, 1, 2, 3], "features": 8}
IMAGES = [picture(labels(48), seed) for seed in range(10)]


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def saved(net: torch.nn.Module, folder: Path) -> Path:
    save_state(folder / "net.safetensors", net.state_dict(), {})
    return folder / "net.safetensors"


def test_parser(tmp_path: Path) -> None:
    path = saved(BiSeNet(19, width=4), tmp_path)
    parser = FaceParser.open(path, {"input_size": 64, "width": 4, "n_classes": 19}, CPU)
    parsed = parser.labels(IMAGES)
    assert parsed.shape == (10, 48, 48)
    assert parsed.dtype == np.uint8
    assert parsed.max() < 19
    assert np.array_equal(parser.labels(IMAGES[3:4])[0], parsed[3])


def test_parser_features_carry_gradients_to_the_image(tmp_path: Path) -> None:
    parser = FaceParser.open(
        saved(BiSeNet(19, width=4), tmp_path), {"input_size": 64, "width": 4, "n_classes": 19}, CPU
    )
    x = torch.zeros(1, 3, 64, 64, requires_grad=True)
    maps = parser.features(x)
    assert [tuple(m.shape[2:]) for m in maps] == [(64 // s, 64 // s) for s in (2, 4, 8, 16, 32)]
    sum(m.square().sum() for m in maps).backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


def test_depth(tmp_path: Path) -> None:
    estimator = DepthEstimator.open(saved(DPT(**DPT_TINY), tmp_path), {"input_size": 32, **DPT_TINY}, CPU)
    depth = estimator.inverse_depth(IMAGES)
    assert depth.shape == (10, 48, 48)
    assert depth.dtype == np.float32
    assert np.isfinite(depth).all()


def test_depth_takes_other_sizes_than_its_own() -> None:
    net = DPT(**DPT_TINY, image=64).eval()
    with torch.inference_mode():
        assert net(torch.zeros(1, 3, 64, 32)).shape == (1, 64, 32)


def test_an_untrained_restorer_gives_back_what_it_gets(tmp_path: Path) -> None:
    net = build_restorer()
    torch.nn.init.zeros_(net.ending.weight)
    torch.nn.init.zeros_(net.ending.bias)
    restorer = FaceRestorer.open(saved(net, tmp_path), {}, CPU)
    assert np.array_equal(restorer.restore(IMAGES), np.stack(IMAGES))


def test_restorer_repaints_and_keeps_the_size(tmp_path: Path) -> None:
    restorer = FaceRestorer.open(saved(build_restorer(), tmp_path), {}, CPU)
    restored = restorer.restore([image[:45, :45] for image in IMAGES[:2]])
    assert restored.shape == (2, 45, 45, 3)
    assert restored.dtype == np.uint8
    assert (restored != np.stack([image[:45, :45] for image in IMAGES[:2]])).any()


@pytest.mark.parametrize("content", [b"", b"<html>quota exceeded</html>", b"PK\x03\x04 not a checkpoint"])
def test_a_broken_restorer_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    for suffix in (".pth", ".safetensors"):
        path = tmp_path / f"restorer{suffix}"
        path.write_bytes(content)
        with pytest.raises(MissingWeights, match=r"put a good copy in its place\.$") as caught:
            FaceRestorer.open(path, {}, CPU)
        assert "\n" not in str(caught.value)


def test_restoreformer_is_given_the_range_that_it_knows(tmp_path: Path) -> None:
    from spandrel.architectures.RestoreFormer import RestoreFormer

    sizes = {"n_embed": 16, "embed_dim": 16, "ch": 32, "ch_mult": (1, 1), "num_res_blocks": 1, "z_channels": 32}
    net = RestoreFormer(**sizes, head_size=4).eval()
    torch.save({"params": net.state_dict()}, tmp_path / "RestoreFormer.pth")
    restorer = FaceRestorer.open(tmp_path / "RestoreFormer.pth", {}, CPU)
    assert restorer.input_size == 512
    x = torch.randint(0, 257, (1, 3, 32, 32)) / 256  # exact in either range: the nearest code of the net may not flip
    with torch.inference_mode():
        expected = (restorer.descriptor.model(x * 2 - 1)[0] * 0.5 + 0.5).clamp(0, 1)
        torch.testing.assert_close(restorer.run(x), expected)


def test_codeformer_asks_for_its_plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spandrel_extra_arches", None)
    path = tmp_path / "codeformer.pth"
    torch.save({"params_ema": {key: torch.ones(1) for key in CODEFORMER_KEYS}}, path)
    with pytest.raises(MissingWeights, match=r"non-commercial.*`pip install spandrel_extra_arches`") as caught:
        FaceRestorer.open(path, {}, CPU)
    assert "\n" not in str(caught.value)


def test_another_net_is_no_restorer(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="no restoration net"):
        FaceRestorer.open(saved(BiSeNet(19, width=4), tmp_path), {}, CPU)


def test_identity(tmp_path: Path) -> None:
    config = {"channels": [8, 8, 8, 8], "layers": [1, 1, 1, 1], "embedding": 5}
    net = identity.IdentityNet.open(saved(IdentityNet(**config), tmp_path), {"input_size": 32, **config}, CPU)
    rows = net.embed(IMAGES)
    assert rows.shape == (10, 5)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(identity.distance(rows, rows), 0, atol=1e-5)
    np.testing.assert_allclose(identity.distance(rows, -rows), 2, atol=1e-5)


def test_quicker_norms_say_what_spandrels_say() -> None:
    torch.manual_seed(0)
    net = build_restorer().eval()
    with torch.inference_mode():
        for value in net.state_dict().values():
            value.add_(0.1 * torch.randn_like(value))
        x = torch.rand(2, 3, 32, 48)
        expected = net(x)
        quicken(net)
        assert any(isinstance(part, ChannelNorm) for part in net.modules())
        torch.testing.assert_close(net(x), expected, atol=1e-4, rtol=1e-4)
