"""What can be asked of segmentation-models-pytorch, and what is answered when it cannot be had."""

from typing import Any

import pytest
import segmentation_models_pytorch as smp
import torch

from pipeline.core.errors import BadInput
from pipeline.core.tensors import IMAGENET
from pipeline.training.lapa.nets import Parser, build
from pipeline.training.lapa.settings import Settings


@pytest.mark.parametrize("architecture", ["deeplabv3plus", "unetplusplus"])
def test_a_parser_gives_eleven_logits_a_pixel(architecture: str) -> None:
    net = build(Settings(architecture=architecture, encoder_weights="none")).eval()
    assert net(torch.rand(1, 3, 64, 64)).shape == (1, 11, 64, 64)
    assert all(p.requires_grad for p in net.parameters())


def test_the_normalisation_is_part_of_the_net() -> None:
    seen = Parser(torch.nn.Identity())(torch.tensor(IMAGENET.mean).view(1, 3, 1, 1))
    assert seen.abs().max() < 1e-6


def test_an_unknown_encoder_names_the_nearest() -> None:
    with pytest.raises(BadInput, match="did you mean mobilenet_v2"):
        build(Settings(encoder="mobilenetv2", encoder_weights="none"))


def test_weights_that_cannot_be_fetched_name_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: Any, **__: Any) -> None:
        raise OSError("Could not connect\nto the hub")

    monkeypatch.setattr(smp, "create_model", unreachable)
    with pytest.raises(BadInput, match=r"Could not connect\).*--encoder-weights none"):
        build(Settings())


def test_a_checkpoint_needs_no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    real = smp.create_model
    monkeypatch.setattr(smp, "create_model", lambda a, e, w, **k: asked.append(w) or real(a, e, None, **k))
    build(Settings(), fresh=False)
    assert asked == [None]


def test_coarse_sizes_fit_the_nets() -> None:
    assert [Settings(size=size).coarse_size for size in (32, 64, 224, 256, 320)] == [32, 32, 128, 128, 160]
    settings = Settings(size=224, coarse_epochs=2)
    assert [settings.size_of(epoch) for epoch in range(3)] == [128, 128, 224]
