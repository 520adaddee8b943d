"""Nets made quicker for inference: fewer passes over the feature maps, and the memory layout that convolutions want."""

from __future__ import annotations

from itertools import pairwise
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Net = TypeVar("Net", bound=nn.Module)


def fold_norms(net: nn.Module) -> None:
    """Make every batch normalisation part of the convolution declared just before it, in place.

    For nets in evaluation mode whose modules declare the two in the order in which they are applied. Jacob et al.,
    *Quantization and Training of Neural Networks* (CVPR 2018), section 3.2, has the formula.
    """
    for module in net.modules():
        for (name, before), (following, norm) in pairwise(list(module.named_children())):
            if isinstance(before, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                setattr(module, name, fuse_conv_bn_eval(before, norm))
                setattr(module, following, nn.Identity())


def channels_last(net: Net) -> Net:
    """The net, its kernels now channels-last, as the pictures of `batches` are: nothing is copied between."""
    moved: Net = net.to(memory_format=torch.channels_last)
    return moved
