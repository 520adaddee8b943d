"""Encoders and the attribute predictor read pictures as the published nets do, from files nested like theirs."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from projection.attributes.celeba import RESNET_50, CelebaScorer
from projection.encoder import LatentEncoder
from projection.generator import LatentGenerator
from projection.nets.e4e import E4e
from projection.nets.generator import config_f_channels
from projection.nets.resnet import Encoder, Predictor
from tests.parity.recipe import Fixture, manifest, seeded, stats

CPU = torch.device("cpu")
ENCODER: dict[str, Any] = {**RESNET_50, "n_style": 18, "style_dim": 512}


def shapes(net: torch.nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in net.state_dict().items()}


def test_same_keys_and_shapes_as_the_checkpoints() -> None:
    with torch.device("meta"):
        assert shapes(Encoder(**ENCODER)) == manifest("anycost_encoder")
        assert shapes(Predictor(**RESNET_50, n_outputs=80)) == manifest("anycost_attribute_predictor")
        e4e = manifest("e4e_ffhq")
        kept = {key.removeprefix("encoder."): shape for key, shape in e4e.items() if not key.startswith("decoder.")}
        assert shapes(E4e()) == kept


def test_the_generator_in_the_e4e_file_is_laid_out_like_the_others() -> None:
    found = {key: shape for key, shape in manifest("e4e_ffhq").items() if key.startswith("decoder.")}
    assert {key.removeprefix("decoder."): shape for key, shape in found.items()} == manifest("anycost_generator_1024")


@pytest.mark.full
def test_anycost_encoder(tmp_path: Path) -> None:
    fixture = Fixture("anycost_encoder")
    torch.save({"state_dict": seeded("anycost_encoder", fixture.salt), "epoch": 3}, tmp_path / "encoder.pt")
    config = {"inside": ["state_dict"], "input_size": 256, **ENCODER}
    encoder = LatentEncoder.open(tmp_path / "encoder.pt", config, CPU)
    fixture.check("encode", {"w": encoder.encode([fixture.input("encode", "image")])})


@pytest.mark.full
def test_attribute_predictor(tmp_path: Path) -> None:
    fixture = Fixture("anycost_attribute_predictor")
    path = tmp_path / "attribute_predictor.pt"
    torch.save({"state_dict": seeded("anycost_attribute_predictor", fixture.salt)}, path)
    scorer = CelebaScorer.open(path, {"architecture": "anycost", "inside": ["state_dict"], "input_size": 256}, CPU)
    with torch.inference_mode():
        fixture.check("logits", {"logits": scorer.net(fixture.picture("logits") * 2 - 1)})
    odds = scorer.logits(fixture.input("logits", "image")[None])
    pairs = torch.from_numpy(fixture.expected("logits", "logits")).view(-1, 40, 2)
    np.testing.assert_allclose(torch.from_numpy(odds).sigmoid(), pairs.softmax(2)[..., 1], rtol=0, atol=fixture.atol)


@pytest.mark.full
def test_e4e_encodes_and_its_generator_draws(tmp_path: Path) -> None:
    fixture, case = Fixture("e4e_ffhq"), "encode_decode"
    state = seeded("e4e_ffhq", fixture.salt)
    mean = state.pop("latent_avg")
    opts = Namespace(encoder_type="Encoder4Editing", stylegan_size=1024, start_from_latent_avg=True, device="cuda:0")
    path = tmp_path / "e4e_ffhq_encode.pt"
    torch.save({"state_dict": state, "latent_avg": mean, "opts": opts}, path)
    del state
    inside = {"inside": ["state_dict"]}
    encoder = LatentEncoder.open(path, {"architecture": "e4e", **inside, "prefix": "encoder.", "input_size": 256}, CPU)
    sizes = {"resolution": 1024, "style_dim": 512, "n_mlp": 8, "channels": config_f_channels(1024)}
    generator = LatentGenerator.open(path, {**inside, "prefix": "decoder.", **sizes}, CPU, "e4e-test")
    with torch.inference_mode():
        codes = encoder.net.codes(fixture.picture(case) * 2 - 1)
        out = generator.synthesize(torch.from_numpy(encoder.encode([fixture.input(case, "image")])))
    pooled = torch.nn.functional.adaptive_avg_pool2d(out, 256)
    found = {
        "codes": codes,
        "s32": out[:, :, ::32, ::32],
        "s31": out[:, :, 5::31, 3::31],
        "stats": stats(out),
        "pooled_s8": pooled[:, :, 3::8, 5::8],
    }
    fixture.check(case, found)
