"""Half precision where it is faster."""

import pytest
import torch

from pipeline.core import half

CPU = torch.device("cpu")


@pytest.mark.parametrize("able", [True, False])
def test_half_precision_is_for_processors_that_have_it(able: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": able}, raising=False)
    net = torch.nn.Linear(4, 4)
    with half.autocast(CPU, True):
        assert net(torch.ones(1, 4)).dtype == (torch.bfloat16 if able else torch.float32)
    assert net.weight.dtype == torch.float32


def test_versions_of_torch_that_do_not_tell_use_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert half.half_precision(CPU) is torch.float32


@pytest.mark.parametrize("able", [True, False])
def test_it_is_for_gpus_that_have_it(able: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: able)
    assert half.half_precision(torch.device("cuda")) is (torch.bfloat16 if able else torch.float32)
