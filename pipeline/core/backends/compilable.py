"""What a net's wrapper offers to a backend that runs the net in place of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Forward = Callable[..., "Tensor"]
"""A batch in, a batch out; named options, plain numbers, choose what of the net is run."""

Options = Mapping[str, float]
"""Options of a forward pass by name: constants of the exported net."""


class Compilable:
    """A wrapper that runs its net for inference by `forward` alone.

    Attributes:
        net: The net.
        device: Device of the net.
        forward: What is run: (B, ...) -> (B, ...). It has no gradients where a backend has taken its place.
    """

    net: torch.nn.Module
    device: torch.device
    forward: Forward

    def example(self, shape: Sequence[int]) -> Tensor:
        """An input (1, *shape) like real ones, the same in each call: a picture of coarse and fine noise in 0..1."""
        import torch
        from torch.nn.functional import interpolate

        source = torch.Generator().manual_seed(0)
        coarse = interpolate(torch.rand(1, shape[0], 8, 8, generator=source), size=tuple(shape[1:]), mode="bilinear")
        return (0.8 * coarse + 0.2 * torch.rand(1, *shape, generator=source)).contiguous()
