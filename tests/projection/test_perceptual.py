"""Perceptual distances: LPIPS as the lpips package computes it, and the parser's features."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from projection.perceptual import LpipsVgg, ParserFeatures, distance


def test_parser_features(perceptual: ParserFeatures) -> None:
    a, b = torch.randn(2, 3, 3, 16, 16)
    gap = distance(perceptual.features(a), perceptual.features(b))
    assert gap.shape == (3,) and (gap > 0).all()
    assert distance(perceptual.features(a), perceptual.features(a)).max() == 0
    one = distance(perceptual.features(a[1:2]), perceptual.features(b[1:2]))
    torch.testing.assert_close(one, gap[1:2])


def test_large_pictures_are_shrunk() -> None:
    sizes = []

    def maps(x: torch.Tensor) -> list[torch.Tensor]:
        sizes.append(x.shape[-1])
        return [x]

    ParserFeatures(maps).features(torch.zeros(1, 3, 512, 512))
    ParserFeatures(maps).features(torch.zeros(1, 3, 64, 64))
    assert sizes == [256, 64]


@pytest.mark.full
def test_lpips(tmp_path: Path) -> None:
    import lpips
    import torchvision

    torch.manual_seed(0)
    torch.save(torchvision.models.vgg16().state_dict(), tmp_path / "vgg16.pth")
    ours = LpipsVgg.open(tmp_path / "vgg16.pth", {}, torch.device("cpu"))
    assert isinstance(ours.net, lpips.LPIPS)
    a, b = torch.rand(2, 2, 3, 64, 64) * 2 - 1
    with torch.no_grad():
        found = distance(ours.features(a), ours.features(b))
        torch.testing.assert_close(found, ours.net(a, b).flatten(), rtol=1e-4, atol=1e-7)
    trunk = torch.load(tmp_path / "vgg16.pth", weights_only=True)
    torch.testing.assert_close(ours.net.net.slice5[-2].weight, trunk["features.28.weight"])
