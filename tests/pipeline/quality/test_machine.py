"""Operations are counted exactly, memory is the peak of the work alone."""

import sys
from mmap import mmap

import numpy as np
import pytest
import torch

from pipeline.quality.machine import convolution_peak, count_operations, describe_machine, memory_peak

CPU = torch.device("cpu")


def test_a_convolution_counts_two_operations_for_each_product():
    layer, maps = torch.nn.Conv2d(3, 5, 3, padding=1, bias=False), torch.randn(2, 3, 8, 8)
    expected = 2 * 9 * 3 * 5 * 64 * 2
    assert count_operations(lambda: layer(maps)) == expected
    with torch.inference_mode():
        assert count_operations(lambda: layer(maps)) == expected
    assert count_operations(lambda: layer(maps).sum().backward()) == 2 * expected  # the input needs no gradient


def test_the_generator_of_a_set_can_be_counted(demo_models):
    latents = np.zeros((2, demo_models.generator.n_style, demo_models.generator.dim), np.float32)
    demo_models.generator.render(latents[:1])  # transforms the kernels once
    one = count_operations(lambda: demo_models.generator.render(latents[:1]))
    assert one > 0
    assert count_operations(lambda: demo_models.generator.render(latents)) == 2 * one


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of a part of a process")
def test_memory_is_that_of_the_work():
    def work() -> None:
        with mmap(-1, 64 * 2**20) as block:  # of its own: malloc has freed memory left for it
            block.write(bytes(1) * len(block))

    idle, busy = memory_peak(lambda: None, CPU), memory_peak(work, CPU)
    assert idle is not None
    assert busy is not None
    assert 60 * 2**20 < busy - idle < 140 * 2**20
    again = memory_peak(lambda: None, CPU)
    assert again is not None
    assert again < busy


def test_a_machine_is_described_with_its_peak():
    facts = describe_machine(CPU)
    assert facts["threads"] == torch.get_num_threads()
    assert facts["processor"]
    assert convolution_peak(CPU) > 1e8
