"""DPT monocular depth on a timm vision transformer, with the keys of isl-org/DPT's published files.

Ranftl et al., *Vision Transformers for Dense Prediction* (ICCV 2021). The defaults are DPT-large
(``dpt_large-midas-2f21e586.pt``); with a ResNet in front it is DPT-hybrid (``dpt_hybrid-midas-501f0c75.pt``).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from timm.layers import StdConv2dSame
from timm.models.resnetv2 import ResNetV2
from timm.models.vision_transformer import VisionTransformer
from timm.models.vision_transformer_hybrid import HybridEmbed
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
    """Tokens (B, 1 + h*w, dim) -> feature map; entries 1 and 2 are reshapes in the checkpoint's numbering."""

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


WITH_CLASSIFIER = ((1024, 24), (768, 12))
"""(dim, depth) of the published files, which contain an unused ImageNet classifier."""


def residual_stem(layers: Sequence[int], channels: Sequence[int]) -> ResNetV2:
    """ResNet with standardised weights (Big Transfer, Kolesnikov et al. 2020) and one stride-2 stage per entry.

    The epsilon is timm's since 0.5, which reproduces the published outputs with any version.
    """
    return ResNetV2(
        layers=tuple(layers),
        channels=tuple(channels),
        num_classes=0,
        global_pool="",
        preact=False,
        stem_type="same",
        conv_layer=partial(StdConv2dSame, eps=1e-8),
    )


class DPT(nn.Module):
    """(B, 3, H, W) in -1..1 -> inverse depth (B, H, W) >= 0 (unitless, bigger is nearer); sides: multiples of 32.

    Args:
        patch, image: Sides of a patch and of the training images in pixels.
        dim, depth, heads: Size of the transformer.
        hooks: Blocks whose outputs the decoder uses; two with a `resnet`, whose first stages replace the others.
        features: Width of the decoder.
        resnet: Blocks of each stage of a ResNet before the transformer; empty for none.
        channels: Widths of these stages.
    """

    def __init__(
        self,
        patch: int = 16,
        dim: int = 1024,
        depth: int = 24,
        heads: int = 16,
        hooks: Sequence[int] = (5, 11, 17, 23),
        features: int = 256,
        image: int = 384,
        resnet: Sequence[int] = (),
        channels: Sequence[int] = (256, 512, 1024),
    ) -> None:
        super().__init__()
        self.patch, self.hooks = patch, tuple(hooks)
        widths = (channels[0], channels[1], dim, dim) if resnet else (dim // 4, dim // 2, dim, dim)
        resample = (
            nn.ConvTranspose2d(widths[0], widths[0], 4, stride=4),
            nn.ConvTranspose2d(widths[1], widths[1], 2, stride=2),
            None,
            nn.Conv2d(widths[3], widths[3], 3, stride=2, padding=1),
        )
        self.pretrained: Any = nn.Module()
        embedding: dict[str, Any] = {"patch_size": patch}
        if resnet:
            embed = partial(HybridEmbed, backbone=residual_stem(resnet, channels))
            embedding = {"patch_size": 1, "embed_layer": embed}
        n_classes = 1000 if (dim, depth) in WITH_CLASSIFIER else 0
        self.pretrained.model = VisionTransformer(
            img_size=image, embed_dim=dim, depth=depth, num_heads=heads, num_classes=n_classes, **embedding
        )
        self.first_hook = 4 - len(self.hooks)
        for i in range(self.first_hook, 4):
            setattr(self.pretrained, f"act_postprocess{i + 1}", Reassemble(dim, widths[i], resample[i]))
        self.scratch: Any = nn.Module()
        for i in range(4):
            setattr(self.scratch, f"layer{i + 1}_rn", nn.Conv2d(widths[i], features, 3, padding=1, bias=False))
            setattr(self.scratch, f"refinenet{i + 1}", Fusion(features))
        self.scratch.output_conv = nn.Sequential(
            nn.Conv2d(features, features // 2, 3, padding=1),
            nn.UpsamplingBilinear2d(scale_factor=patch / 8),  # the decoder ends at 8 pixels per patch
            nn.Conv2d(features // 2, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, 1, 1),
            nn.ReLU(),
        )

    def stages(self, x: Tensor) -> list[Tensor]:
        """Maps of the ResNet's stages, strides 4, 8, 16; the image itself without a ResNet."""
        if not self.first_hook:
            return [x]
        backbone = self.pretrained.model.patch_embed.backbone
        maps = [backbone.stem(x)]
        for stage in backbone.stages:
            maps.append(stage(maps[-1]))
        return maps[1:]

    def tokens(self, x: Tensor) -> list[Tensor]:
        """Last of the `stages` -> outputs of the hooked blocks, each (B, 1 + h*w, dim), before the final norm."""
        vit = self.pretrained.model
        hidden = vit.patch_embed.proj(x)
        grid = hidden.shape[2:]
        hidden = hidden.flatten(2).transpose(1, 2)
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
        stages = self.stages(x)
        taken = stages[: self.first_hook]
        for i, tokens in enumerate(self.tokens(stages[-1]), start=self.first_hook + 1):
            taken.append(getattr(self.pretrained, f"act_postprocess{i}")(tokens, grid))
        maps = [getattr(self.scratch, f"layer{i}_rn")(each) for i, each in enumerate(taken, start=1)]
        out = self.scratch.refinenet4(maps[3])
        for i in (3, 2, 1):
            out = getattr(self.scratch, f"refinenet{i}")(out, maps[i - 1])
        return self.scratch.output_conv(out).squeeze(1)
