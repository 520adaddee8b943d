"""The comparison with public code runs both with the same weights, and leaves no module behind."""

import sys
from pathlib import Path

import pytest
import torch

from pipeline.core.errors import BadInput
from pipeline.core.types import BackendName
from pipeline.quality import public_generator
from pipeline.quality.public_generator import compare, pair_table

GENERATOR = """
from projection.nets.generator import Generator as Net, config_f_channels

class Generator(Net):
    def __init__(self, resolution, channel_multiplier):
        super().__init__(resolution, channels=config_f_channels(resolution, channel_multiplier))
        self.ratio = 1.0

    def forward(self, latent, input_is_style, randomize_noise, target_res):
        assert input_is_style and not randomize_noise
        return super().forward(latent, ratio=self.ratio, target_res=target_res), None
"""
CHANNELS = """
def reset_generator(net):
    net.ratio = 1.0

def set_uniform_channel_ratio(net, ratio):
    net.ratio = ratio
"""


@pytest.mark.parametrize("backend", ["torch", "onnxruntime"])
def test_both_draw_the_same(backend: BackendName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public_generator, "FULL_SIZE", 16)
    monkeypatch.setattr(public_generator, "SIZES", ((16, 1.0), (8, 0.5)))
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "anycost_gan.py").write_text(GENERATOR)
    (tmp_path / "models" / "dynamic_channel.py").write_text(CHANNELS)
    path = list(sys.path)
    pairs = list(compare(tmp_path, torch.device("cpu"), backend=backend))
    assert [(pair.resolution, pair.ratio) for pair in pairs] == [(16, 1.0), (8, 0.5)]
    assert all(pair.psnr > 90 and pair.public > 0 and pair.ours > 0 for pair in pairs)
    assert pair_table(pairs, "float32").rows[1][0] == "8 px, 50% of the channels"
    assert sys.path == path
    assert "models" not in sys.modules


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no checkout of the Anycost GAN's code: it has no models/anycost_gan\.py"):
        list(compare(tmp_path, torch.device("cpu")))
