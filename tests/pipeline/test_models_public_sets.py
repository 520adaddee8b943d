"""Models opens files that are nested and laid out like the published ones, small ones and one set of full size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.core import user_model_sets
from pipeline.core.errors import MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.models import Models
from postprocess.nets.bisenet import BiSeNet
from postprocess.nets.dpt import DPT
from postprocess.restoration import build_restorer
from projection.nets.e4e import E4e
from projection.nets.generator import Generator
from projection.nets.resnet import Encoder

SIZES: dict[str, dict[str, Any]] = {
    "generator": {
        "resolution": 32,
        "style_dim": 16,
        "n_mlp": 2,
        "channels": {4: 8, 8: 8, 16: 8, 32: 4},
    },
    "e4e": {"n_style": 8, "style_dim": 16, "channels": [16, 16, 16, 16], "layers": [1, 1, 1, 1], "size": 32},
    "encoder": {"channels": [8, 8, 8, 8], "layers": [1, 1, 1, 1], "n_style": 8, "style_dim": 16},
    "parser": {"width": 4, "n_classes": 19},
    "depth": {"dim": 16, "depth": 4, "heads": 2, "hooks": [0, 1, 2, 3], "features": 8, "image": 32},
    "hybrid": {
        "dim": 16,
        "depth": 2,
        "heads": 2,
        "hooks": [0, 1],
        "features": 8,
        "image": 32,
        "resnet": [1, 1, 1],
        "channels": [128, 128, 128],
    },
}
IMAGE = np.random.default_rng(0).integers(0, 256, (1, 48, 48, 3), np.uint8)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    return tmp_path


def declare(folder: Path, **files: dict[str, Any]) -> Models:
    """A set of the user; by role the file and the config of its net."""
    listed = {
        role.replace("_", "-"): {"file": config.pop("file"), "licence": "MIT", "config": config}
        for role, config in files.items()
    }
    sizes = {"space": "toy", "resolution": 32, "n_style": 8, "dim": 16}
    user_model_sets.write(folder, {"toy": {"title": "Toy", **sizes, "files": listed}})
    return Models("toy", "cpu")


def test_generator_and_encoder_of_one_file(folder: Path) -> None:
    generator, encoder = Generator(**SIZES["generator"]), E4e(**SIZES["e4e"]).eval()
    mean = torch.randn(8, 16)
    state = {f"decoder.{key}": value for key, value in generator.state_dict().items()}
    state |= {f"encoder.{key}": value for key, value in encoder.state_dict().items() if key != "latent_avg"}
    torch.save({"state_dict": state, "latent_avg": mean, "opts": {"device": "cuda"}}, folder / "e4e.pt")
    inside = {"file": "e4e.pt", "inside": ["state_dict"]}
    models = declare(
        folder,
        generator={**inside, "prefix": "decoder.", **SIZES["generator"]},
        encoder={**inside, "prefix": "encoder.", "architecture": "e4e", "input_size": 32, **SIZES["e4e"]},
    )
    latents = models.encoder.encode(IMAGE)
    assert latents.shape == (1, 8, 16)
    assert models.generator.space == "toy" and not models.generator.elastic
    assert models.generator.render(latents).shape == (1, 32, 32, 3)
    for key, value in models.generator.net.state_dict().items():
        torch.testing.assert_close(value, generator.state_dict()[key], rtol=0, atol=0)
    torch.testing.assert_close(models.encoder.net.latent_avg, mean)


def test_files_of_anycost_and_of_the_steps(folder: Path) -> None:
    generator, encoder = Generator(**SIZES["generator"]), Encoder(**SIZES["encoder"])
    torch.save({"g_ema": generator.state_dict(), "d": {"x": torch.ones(1)}}, folder / "generator.pt")
    torch.save({"state_dict": encoder.state_dict()}, folder / "encoder.pt")
    torch.save(BiSeNet(**SIZES["parser"]).state_dict(), folder / "parser.pth", _use_new_zipfile_serialization=False)
    torch.save({"model": DPT(**SIZES["depth"]).state_dict(), "optimizer": {}}, folder / "depth.pt")
    torch.save({"params_ema": build_restorer().state_dict()}, folder / "restorer.pth")
    models = declare(
        folder,
        generator={"file": "generator.pt", "inside": ["g_ema"], **SIZES["generator"]},
        encoder={"file": "encoder.pt", "inside": ["state_dict"], "input_size": 32, **SIZES["encoder"]},
        parser={"file": "parser.pth", "input_size": 32, **SIZES["parser"]},
        depth={"file": "depth.pt", "input_size": 32, **SIZES["depth"]},
        restorer={"file": "restorer.pth"},
    )
    assert models.generator.render(models.encoder.encode(IMAGE)).shape == (1, 32, 32, 3)
    assert models.parser.labels(list(IMAGE)).shape == (1, 48, 48)
    assert models.depth.inverse_depth(list(IMAGE)).shape == (1, 48, 48)
    assert models.restorer.restore(list(IMAGE)).shape == (1, 48, 48, 3)


def test_the_smaller_depth_net_serves_where_the_larger_is_not_here(folder: Path) -> None:
    hybrid = {"file": "hybrid.pt", "input_size": 32, **SIZES["hybrid"]}
    torch.save(DPT(**SIZES["hybrid"]).state_dict(), folder / "hybrid.pt")
    models = declare(folder, depth={"file": "depth.pt", "input_size": 32, **SIZES["depth"]}, depth_hybrid=hybrid)
    assert models.depth.inverse_depth(list(IMAGE)).shape == (1, 48, 48)
    assert models.depth.net.first_hook == 2


@pytest.mark.parametrize("change", ["extra", "missing", "shape", "nothing"])
def test_a_file_of_another_net_is_one_sentence(folder: Path, change: str) -> None:
    state = dict(Generator(**SIZES["generator"]).state_dict())
    if change == "extra":
        state["more"] = torch.ones(1)
    elif change == "missing":
        del state["conv1.conv.weight"]
    elif change == "shape":
        state["conv1.conv.weight"] = state["conv1.conv.weight"][:, :4]
    torch.save({"g_ema": state} if change != "nothing" else {"g": state}, folder / "generator.pt")
    models = declare(folder, generator={"file": "generator.pt", "inside": ["g_ema"], **SIZES["generator"]})
    with pytest.raises(MissingWeights) as caught:
        _ = models.generator
    assert "generator.pt" in str(caught.value) and "\n" not in str(caught.value)


RUN = """
import json, resource, sys
import numpy as np
from pipeline.models import Models

models = Models(sys.argv[1], "cpu")
photo = np.random.default_rng(0).integers(0, 256, (1, 512, 512, 3), np.uint8)
latents = models.encoder.encode(photo)
picture = models.generator.render(np.repeat(latents, 4, axis=0), size=512)
labels = models.parser.labels(list(picture))
depth = models.depth.inverse_depth(list(picture))
restored = models.restorer.restore(list(picture))
print(json.dumps({
    "latents": latents.shape, "picture": picture.shape, "labels": labels.shape, "depth": depth.shape,
    "restored": restored.shape, "spread": float(picture.std()),
    "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""


@pytest.mark.full
def test_a_full_size_set_opens_and_renders_in_8_gigabytes(seeded_set: tuple[Path, str]) -> None:
    folder, name = seeded_set
    environment = {**os.environ, HOME_VARIABLE: str(folder)}
    run = subprocess.run(
        [sys.executable, "-c", RUN, name], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["latents"] == [1, 18, 512]
    assert found["picture"] == found["restored"] == [4, 512, 512, 3]
    assert found["labels"] == found["depth"] == [4, 512, 512]
    assert found["spread"] > 1
    assert found["gigabytes"] < 8
