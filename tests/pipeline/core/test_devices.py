"""Devices are checked before a net is opened."""

import pytest
import torch

from pipeline.core.devices import choose_device
from pipeline.core.errors import BadConfig


@pytest.mark.parametrize("name", ["cpu", "auto"])
def test_a_device_that_is_here(name: str) -> None:
    device = choose_device(name)
    assert float(torch.ones(2, device=device).sum()) == 2


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "cuda:99", ""])
def test_a_device_that_is_not(name: str) -> None:
    with pytest.raises(BadConfig, match="choose auto"):
        choose_device(name)
