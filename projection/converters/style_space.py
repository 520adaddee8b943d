"""Directions in StyleGAN2's style space, in which StyleCLIP moves channels of the layers: to W+ and back.

A layer's styles are an affine function of its row of W+ (Karras et al., "Analyzing and Improving the Image Quality of
StyleGAN", CVPR 2020, section 2.2). Every second row steers two layers, a convolution and one to colours, so that W+
does not reach every direction of style space (Wu et al., "StyleSpace Analysis", CVPR 2021).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core.errors import SpaceMismatch
from pipeline.core.types import Floats

if TYPE_CHECKING:
    from projection.nets.generator import Generator, ModulatedConv

REACHED = 0.3
"""Share of a direction, by its squared length, that W+ has to reach."""


def to_styles(net: Generator, offset: Floats) -> Floats:
    """What an offset in W+ (n_style, dim) adds to all styles, colour layers included: float32 (C,).

    Raises:
        SpaceMismatch: An offset of another shape.
    """
    if offset.shape != (net.n_style, net.style_dim):
        raise SpaceMismatch(f"An offset of shape {offset.shape} does not belong to this generator.")
    return np.concatenate([_matrix(layer) @ offset[row] for row, layer, _ in _layers(net)]).astype(np.float32)


def from_styles(net: Generator, styles: Floats) -> tuple[Floats, float]:
    """The offset in W+ whose styles are nearest to those of a direction, by least squares.

    Args:
        styles: (C,), of all layers, or of all but those to colours, which then stay.

    Returns:
        float32 (n_style, dim), and the share 0..1 of the direction that it reaches.

    Raises:
        SpaceMismatch: Another number of channels, or W+ reaches hardly any of it.
    """
    wanted, place = dict[int, list[tuple[Floats, Floats]]](), 0
    with_colours = len(styles) == sum(channels(net))
    for row, layer, colour in _layers(net):
        matrix = _matrix(layer)
        part = np.zeros(len(matrix), np.float32)
        if with_colours or not colour:
            part, place = styles[place : place + len(matrix)], place + len(matrix)
        if len(part) != len(matrix):
            break
        wanted.setdefault(row, []).append((matrix, part))
    if place != len(styles):
        raise SpaceMismatch(f"{len(styles)} styles do not belong to this generator, which has {_counts(net)}.")
    offset, missed = np.zeros((net.n_style, net.style_dim), np.float32), 0.0
    for row, layers in wanted.items():
        matrices, parts = (np.concatenate(each).astype(np.float64) for each in zip(*layers, strict=True))
        found = np.linalg.lstsq(matrices, parts, rcond=None)[0]
        offset[row] = found
        missed += float(np.square(matrices @ found - parts).sum())
    share = 1 - missed / float(np.square(styles.astype(np.float64)).sum())
    if not share >= REACHED:
        raise SpaceMismatch(f"W+ reaches only {share:.0%} of this direction of style space.")
    return offset, share


def channels(net: Generator) -> tuple[int, int]:
    """Number of styles of the convolutions, and of the layers to colours."""
    counts = [0, 0]
    for _, layer, colour in _layers(net):
        counts[colour] += len(layer.modulation.weight)
    return counts[0], counts[1]


def _counts(net: Generator) -> str:
    own, colours = channels(net)
    return f"{own}, or {own + colours} with those of its colour layers"


def _layers(net: Generator) -> list[tuple[int, ModulatedConv, bool]]:
    """Row of W+, layer, and whether it leads to colours, in the order of style space."""
    found: list[tuple[int, Any, bool]] = [(0, net.conv1.conv, False), (1, net.to_rgb1.conv, True)]
    for level, colours in enumerate(net.to_rgbs):
        row = 2 * level + 1
        found += [(row, net.convs[row - 1].conv, False), (row + 1, net.convs[row].conv, False)]
        found.append((row + 2, colours.conv, True))
    return found


def _matrix(layer: ModulatedConv) -> Floats:
    """Linear part (n_in, dim) of the layer's affine function from W to its styles."""
    return np.asarray((layer.modulation.weight * layer.modulation.scale).detach().cpu().numpy(), np.float32)
