"""Quicker nets are the same functions."""

import torch
from torch import nn

from postprocess.nets.bisenet import BiSeNet
from postprocess.nets.folding import channels_last, fold_norms


def lived_in(net: nn.Module) -> nn.Module:
    """With statistics and weights of its normalisations that are not those of a new one."""
    torch.manual_seed(0)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None and module.running_var is not None
            for tensor in (module.running_mean, module.bias.data):
                tensor.normal_(0, 0.3)
            for tensor in (module.running_var, module.weight.data):
                tensor.uniform_(0.5, 2)
    return net.eval()


def test_a_parser_without_norms_answers_the_same() -> None:
    net = lived_in(BiSeNet(width=8))
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        before = net(x)
    fold_norms(net)
    channels_last(net)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in net.modules())
    with torch.inference_mode():
        after = net(x.contiguous(memory_format=torch.channels_last))
    assert before.abs().max() > 0.1
    assert (after - before).abs().max() < 1e-4 * before.abs().max()


def test_a_norm_that_follows_no_convolution_stays() -> None:
    net = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4)).eval()
    before = [type(module) for module in net]
    fold_norms(net)
    assert [type(module) for module in net] == before
