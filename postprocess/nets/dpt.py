"""DPT monocular depth on a timm vision transformer, keys as in isl-org/DPT's ``dpt_large-midas-2f21e586.pt``.

Ranftl et al., *Vision Transformers for Dense Prediction* (ICCV 2021). The defaults are DPT-large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional as F


class ProjectReadout(nn.Module):
    """Joins the class token to every patch token by one linear layer (the paper's Read_proj, section 3.1)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.Linear(2 * dim, dim), nn.GELU())

    def forward(self, tokens: Tensor) -> Tensor:
        patches = tokens[:, 1:]
        readout = tokens[:, :1].expand_as(patches)
        return self.project(torch.cat([patches, readout], dim=-1))


class Reassemble(nn.Sequential):
    """Tokens (B, 1 + h*w, dim) -> image-like features; entries 1 and 2 stand where the checkpoint counts reshapes."""

    def __init__(self, dim: int, n_out: int, resample: nn.Module | None) -> None:
        layers: list[nn.Module] = [ProjectReadout(dim), nn.Identity(), nn.Identity(), nn.Conv2d(dim, n_out, 1)]
        super().__init__(*layers, *([resample] if resample is not None else []))

    def forward(self, tokens: Tensor, grid: tuple[int, int]) -> Tensor:  # type: ignore[override]
        x = self[0](tokens).transpose(1, 2).unflatten(2, grid)
        for layer in list(self)[3:]:
            x = layer(x)
        return x


class ResidualConvUnit(nn.Module):
    def __init__(self, features: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv2(F.relu(self.conv1(F.relu(x)))) + x


class Fusion(nn.Module):
    """One step of the decoder: adds a finer feature map, refines, doubles the resolution (figure 1, right)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.resConfUnit1 = ResidualConvUnit(features)
        self.resConfUnit2 = ResidualConvUnit(features)
        self.out_conv = nn.Conv2d(features, features, 1)

    def forward(self, x: Tensor, skip: Tensor | None = None) -> Tensor:
        if skip is not None:
            x = x + self.resConfUnit1(skip)
        x = F.interpolate(self.resConfUnit2(x), scale_factor=2, mode="bilinear", align_corners=True)
        return self.out_conv(x)


class DPT(nn.Module):
    """(B, 3, H, W) in -1..1 -> inverse depth (B, H, W) >= 0 (unitless, bigger is nearer); sides: multiples of 32."""

    def __init__(
        self,
        patch: int = 16,
        dim: int = 1024,
        depth: int = 24,
        heads: int = 16,
        hooks: Sequence[int] = (5, 11, 17, 23),
        features: int = 256,
        image: int = 384,
    ) -> None:
        super().__init__()
        self.patch, self.hooks = patch, tuple(hooks)
        widths = (dim // 4, dim // 2, dim, dim)
        resample = (
            nn.ConvTranspose2d(widths[0], widths[0], 4, stride=4),
            nn.ConvTranspose2d(widths[1], widths[1], 2, stride=2),
            None,
            nn.Conv2d(widths[3], widths[3], 3, stride=2, padding=1),
        )
        self.pretrained: Any = nn.Module()
        # The published files carry the ImageNet classifier, which depth never reads; nets of other sizes leave it out.
        n_classes = 1000 if (dim, depth) == (1024, 24) else 0
        self.pretrained.model = VisionTransformer(
            img_size=image, patch_size=patch, embed_dim=dim, depth=depth, num_heads=heads, num_classes=n_classes
        )
        for i in range(4):
            setattr(self.pretrained, f"act_postprocess{i + 1}", Reassemble(dim, widths[i], resample[i]))
        self.scratch: Any = nn.Module()
        for i in range(4):
            setattr(self.scratch, f"layer{i + 1}_rn", nn.Conv2d(widths[i], features, 3, padding=1, bias=False))
            setattr(self.scratch, f"refinenet{i + 1}", Fusion(features))
        self.scratch.output_conv = nn.Sequential(
            nn.Conv2d(features, features // 2, 3, padding=1),
            nn.UpsamplingBilinear2d(scale_factor=patch / 8),  # the decoder ends at 8 pixels for each patch
            nn.Conv2d(features // 2, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 1, 1),
            nn.ReLU(),
        )

    def tokens(self, x: Tensor) -> list[Tensor]:
        """Outputs of the hooked transformer blocks, each (B, 1 + h*w, dim), before the final norm."""
        vit = self.pretrained.model
        grid = (x.shape[2] // self.patch, x.shape[3] // self.patch)
        hidden = vit.patch_embed.proj(x).flatten(2).transpose(1, 2)
        hidden = torch.cat([vit.cls_token.expand(len(x), -1, -1), hidden], dim=1) + self._positions(grid)
        taken = []
        for i, block in enumerate(vit.blocks[: self.hooks[-1] + 1]):
            hidden = block(hidden)
            if i in self.hooks:
                taken.append(hidden)
        return taken

    def _positions(self, grid: tuple[int, int]) -> Tensor:
        table = self.pretrained.model.pos_embed
        side = self.pretrained.model.patch_embed.grid_size
        if grid == tuple(side):
            return table
        spatial = table[:, 1:].transpose(1, 2).unflatten(2, tuple(side))
        spatial = F.interpolate(spatial, size=grid, mode="bilinear", align_corners=False)
        return torch.cat([table[:, :1], spatial.flatten(2).transpose(1, 2)], dim=1)

    def forward(self, x: Tensor) -> Tensor:
        grid = (x.shape[2] // self.patch, x.shape[3] // self.patch)
        maps = []
        for i, tokens in enumerate(self.tokens(x), start=1):
            reassembled = getattr(self.pretrained, f"act_postprocess{i}")(tokens, grid)
            maps.append(getattr(self.scratch, f"layer{i}_rn")(reassembled))
        out = self.scratch.refinenet4(maps[3])
        out = self.scratch.refinenet3(out, maps[2])
        out = self.scratch.refinenet2(out, maps[1])
        out = self.scratch.refinenet1(out, maps[0])
        return self.scratch.output_conv(out).squeeze(1)
