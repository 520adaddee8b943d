"""Restorers that spandrel loads compute what the published ones do, through our own calls of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from postprocess.restoration import FaceRestorer
from tests.parity.recipe import Fixture, left_out, seeded, stats

CPU = torch.device("cpu")


def opened(path: Path, name: str, fixture: Fixture, **config: float) -> FaceRestorer:
    """From a file nested like the published one."""
    torch.save({"params_ema": seeded(name, fixture.salt)}, path)
    restorer = FaceRestorer.open(path, config, CPU)
    assert restorer.input_size == 512
    return restorer


@pytest.mark.full
def test_gfpgan(tmp_path: Path) -> None:
    """Without the random noise that spandrel's own call leaves on."""
    fixture = Fixture("gfpgan_v1.4")
    restorer = opened(tmp_path / "GFPGANv1.4.pth", "gfpgan_v1.4", fixture)
    with torch.inference_mode():
        out = restorer.run(fixture.picture("restore")) * 2 - 1
        _, rgbs = restorer.descriptor.model(fixture.picture("restore") * 2 - 1, return_rgb=True, randomize_noise=False)
    fixture.check("restore", {"s16": out[:, :, 3::16, 5::16], "stats": stats(*rgbs, out)})
    image = fixture.input("restore", "image")
    assert restorer.restore([image, image]).shape == (2, *image.shape)


@pytest.mark.full
def test_codeformer(tmp_path: Path) -> None:
    if find_spec("spandrel_extra_arches") is None:
        left_out("spandrel_extra_arches is not installed")
    fixture, case = Fixture("codeformer"), "restore"
    restorer = opened(tmp_path / "codeformer.pth", "codeformer", fixture, fidelity=0.5)
    x = fixture.picture(case)
    found = {}
    with torch.inference_mode():
        found["w0.5_s16"] = (restorer.run(x) * 2 - 1)[:, :, 3::16, 5::16]
        restorer.fidelity = 0.0
        found["w0.0_s16"] = (restorer.run(x) * 2 - 1)[:, :, 3::16, 5::16]
        features, logits = look_inside(restorer.descriptor.model, lambda: restorer.run(x))
    best = logits[0].topk(2).values
    found |= {"lq_feat_s": features[:, ::5, ::3, ::3], "logits_s": logits[:, ::7, ::31], "gap": best[:, 0] - best[:, 1]}
    fixture.check(case, found, besides=("codes",))
    np.testing.assert_array_equal(logits[0].argmax(1), fixture.expected(case, "codes"))


def look_inside(model: torch.nn.Module, run: Callable[[], object]) -> tuple[torch.Tensor, torch.Tensor]:
    """What CodeFormer's encoder and its prediction of codes (B, tokens, codes) give in a run."""
    seen: dict[str, torch.Tensor] = {}
    last = model.encoder.blocks[-1]
    hooks = [
        last.register_forward_hook(lambda _, __, out: seen.update(features=out)),
        model.idx_pred_layer.register_forward_hook(lambda _, __, out: seen.update(logits=out.permute(1, 0, 2))),
    ]
    run()
    for hook in hooks:
        hook.remove()
    return seen["features"], seen["logits"]
