"""Small identity net: embeddings of length 1, similar for images of one person.

A timm ResNet and a linear layer onto the unit sphere, trained with an angular margin (ArcFace, Deng et al., CVPR 2019).
"""

from collections.abc import Sequence

from timm.models.resnet import BasicBlock, ResNet
from torch import Tensor, nn
from torch.nn import functional as F


class IdentityNet(nn.Module):
    """(B, 3, H, W) in -1..1 -> (B, embedding) rows of length 1."""

    def __init__(
        self, channels: Sequence[int] = (24, 48, 96, 160), layers: Sequence[int] = (1, 1, 1, 1), embedding: int = 64
    ) -> None:
        super().__init__()
        # timm fixes the plain stem at 64 channels; the deep stem has a variable width.
        self.trunk = ResNet(
            BasicBlock,
            tuple(layers),
            channels=tuple(channels),
            num_classes=embedding,
            stem_type="deep",
            stem_width=channels[0] // 2,
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.trunk(x), dim=1)
