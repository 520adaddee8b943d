"""The mapping network that is set instead of trained: W is straight in the parameters."""

import torch

from pipeline.training.mapping_init import set_mapping
from pipeline.world.parameters import INDEX, LAWS, NAMES, Parameters, sample_z
from projection.nets.generator import Generator


def test_w_holds_the_parameters_on_its_first_axes_and_nothing_else() -> None:
    torch.manual_seed(0)
    net = Generator(resolution=8, style_dim=128, n_mlp=3, channels={4: 8, 8: 8})
    set_mapping(net)
    z = sample_z(2000, 5)
    w = net.get_style(z).detach()
    truth = Parameters.from_z(z).stack()
    for name in NAMES:
        axis = INDEX[name]
        related = torch.corrcoef(torch.stack([w[:, axis], truth[:, axis]]))[0, 1].abs()
        assert related > 0.9, name
    spread = w[:, : len(LAWS)].std(0)
    assert torch.allclose(spread / spread.mean(), torch.ones(len(LAWS)), atol=0.1)
    assert (w[:, len(LAWS) :].std(0) < 1e-4).all()
