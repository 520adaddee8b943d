"""StyleGAN2 generator with Anycost's elastic widths and resolutions, in Anycost's checkpoint layout.

The modulated convolutions scale the input and the output instead of the kernel, so that a batch shares one plain
convolution: the same function as the published code, several times faster to train on a CPU.
"""

import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from projection.nets import winograd
from projection.nets.fused import Modulate, activate, convolve, rows
from projection.nets.layers import EPS, GAIN, EqualLinear, Fir, PixelNorm


def config_f_channels(resolution: int, channel_multiplier: int = 2) -> dict[int, int]:
    """StyleGAN2's configuration F: width of the feature maps at each resolution from 4 to `resolution`."""
    return {2**k: min(512, 2 ** (14 - k) * channel_multiplier) for k in range(2, int(math.log2(resolution)) + 1)}


class ModulatedConv(nn.Module):
    """Style-modulated convolution (StyleGAN2, equations 1 and 3), narrowed to the channels of its input."""

    energy: Tensor | None

    def __init__(self, n_in: int, n_out: int, kernel: int, style_dim: int, up: bool = False) -> None:
        super().__init__()
        self.dtype: torch.dtype | None = None  # of the convolution alone, see Generator.convolve_in
        self.weight = nn.Parameter(torch.randn(1, n_out, n_in, kernel, kernel))
        self.modulation = EqualLinear(style_dim, n_in, bias=1.0)
        # Scale of the full width for narrowed layers too, as in Anycost; it matters only without demodulation.
        self.scale = 1 / math.sqrt(n_in * kernel**2)
        self.padding = kernel // 2
        if up:
            self.blur = Fir()
        self.up = up
        self.register_buffer("energy", None, persistent=False)
        self._transformed: Tensor | None = None

    def freeze(self) -> None:
        """Cache the kernel's energy and store the kernel channels-last: half the time of a wide net's coarse layers.

        The cache is ignored while the weights require gradients.
        """
        kernel = self.weight.data[0]
        as_used = (kernel.transpose(0, 1) if self.up else kernel).contiguous(memory_format=torch.channels_last)
        self.weight.data = (as_used.transpose(0, 1) if self.up else as_used)[None]
        self.energy, self._transformed = self._squares(), None

    def _squares(self) -> Tensor:
        return self.weight[0].square().sum((2, 3))

    def forward(self, x: Tensor, style: Tensor, width: int) -> tuple[Tensor, Tensor]:
        """Convolved but not yet demodulated features (B, width, H, W) and the demodulation (B, width)."""
        n_in = x.shape[1]
        weight = self.weight[0, :width, :n_in]
        scales = self.modulation(style, n_in) * self.scale
        energy = self._squares() if self.energy is None or self.weight.requires_grad else self.energy
        demodulation = torch.rsqrt(F.linear(scales.square(), energy[:width, :n_in]) + EPS)
        x = self._convolve(Modulate.apply(x, scales), weight)
        return self.blur.blur(x) if self.up else x, demodulation

    def _convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        outer = x.dtype
        if self._gains_by_winograd(x, weight):
            return winograd.convolve(x, self._winograd_kernel()[:, : x.shape[1], : len(weight)])
        if self.dtype is not None:
            x, weight = x.to(self.dtype), weight.to(self.dtype)
        x = convolve(x, weight.transpose(0, 1), up=True) if self.up else convolve(x, weight, padding=self.padding)
        return x if self.dtype is None else x.to(outer)

    def _gains_by_winograd(self, x: Tensor, weight: Tensor) -> bool:
        """Only frozen weights without gradients, and float32: half precision has too few digits for the transforms."""
        plain = self.dtype is None and not (torch.is_autocast_enabled(x.device.type) or torch.compiler.is_compiling())
        frozen = self.energy is not None and not (torch.is_grad_enabled() or self.weight.requires_grad)
        here = x.device.type == "cpu" and x.dtype == torch.float32 and self.padding == 1 and not self.up
        return plain and frozen and here and winograd.pays(x.shape[1], len(weight), x.shape[2])

    def _winograd_kernel(self) -> Tensor:
        if self._transformed is None:
            with torch.inference_mode(False), torch.no_grad():
                self._transformed = winograd.transform_kernel(self.weight[0])
        return self._transformed

    def project(self, x: Tensor, style: Tensor) -> Tensor:
        """1 x 1 convolution, modulated but not demodulated: (B, n_in, H, W) -> (B, n_out, H, W)."""
        n_in = x.shape[1]
        if torch.compiler.is_compiling():  # an exported net's convolutions need no other order of the memory
            return F.conv2d(Modulate.apply(x, self.modulation(style, n_in) * self.scale), self.weight[0, :, :n_in])
        weight = self.weight[0, :, :n_in, 0, 0].t() * self.scale
        out = torch.matmul(rows(x), weight * self.modulation(style, n_in)[:, :, None])
        return out.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)


class StyledConv(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU."""

    def __init__(self, n_in: int, n_out: int, style_dim: int, up: bool = False) -> None:
        super().__init__()
        self.conv = ModulatedConv(n_in, n_out, 3, style_dim, up)
        # The keys of StyleGAN2's fused noise and activation.
        self.noise = nn.ParameterDict({"weight": torch.zeros(1)})
        self.activate = nn.ParameterDict({"bias": torch.zeros(n_out)})

    def forward(self, x: Tensor, style: Tensor, noise: Tensor, width: int) -> Tensor:
        """`noise`: (1 or B, 1, H, W). The gain is moved into the factors: leaky ReLU commutes."""
        x, demodulation = self.conv(x, style, width)
        strength, bias = self.noise["weight"] * GAIN, self.activate["bias"][:width] * GAIN
        return activate(x, demodulation * GAIN, noise, strength, bias)


class ToRgb(nn.Module):
    """RGB image of one level, added to the enlarged skip image."""

    def __init__(self, n_in: int, style_dim: int, up: bool = True) -> None:
        super().__init__()
        self.conv = ModulatedConv(n_in, 3, 1, style_dim)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))
        if up:
            self.upsample = Fir()

    def forward(self, x: Tensor, style: Tensor, skip: Tensor | None) -> Tensor:
        rgb = self.conv.project(x, style) + self.bias
        return rgb if skip is None else rgb + self.upsample.upsample(skip)


class Noises(nn.Module):
    """Fixed noise images as buffers noise_0 (4 x 4), noise_1 and noise_2 (8 x 8), ..."""

    def __init__(self, resolution: int) -> None:
        super().__init__()
        for i in range(2 * int(math.log2(resolution)) - 3):
            size = 2 ** ((i + 5) // 2)
            self.register_buffer(f"noise_{i}", torch.randn(1, 1, size, size))

    def all(self) -> list[Tensor]:
        return list(self.buffers())


class Generator(nn.Module):
    """W+ (or Z) to an image in about -1..1.

    Args:
        resolution: Side of the image in pixels, a power of two.
        channels: Width at each resolution 4, 8, ... `resolution`; None for StyleGAN2's configuration F, multiplier 2.
    """

    def __init__(
        self, resolution: int, style_dim: int = 512, n_mlp: int = 8, channels: Mapping[int, int] | None = None
    ) -> None:
        super().__init__()
        self.resolution, self.style_dim = resolution, style_dim
        self.channels = {int(k): int(v) for k, v in (channels or config_f_channels(resolution)).items()}
        self.n_style = 2 * int(math.log2(resolution)) - 2
        layers = (EqualLinear(style_dim, style_dim, lr_mul=0.01, activate=True) for _ in range(n_mlp))
        self.style = nn.Sequential(PixelNorm(), *layers)
        width = self.channels[4]
        self.input = nn.ParameterDict({"input": torch.randn(1, width, 4, 4)})
        self.conv1 = StyledConv(width, width, style_dim)
        self.to_rgb1 = ToRgb(width, style_dim, up=False)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for size in self.resolutions[1:]:
            self.convs.append(StyledConv(width, self.channels[size], style_dim, up=True))
            width = self.channels[size]
            self.convs.append(StyledConv(width, width, style_dim))
            self.to_rgbs.append(ToRgb(width, style_dim))
        self.noises = Noises(resolution)

    @property
    def resolutions(self) -> list[int]:
        """4, 8, ... resolution."""
        return [2**k for k in range(2, int(math.log2(self.resolution)) + 1)]

    def convolve_in(self, dtype: torch.dtype | None) -> None:
        """Run the 3 x 3 convolutions in another precision, or in that of the features; all else keeps its own."""
        for module in self.modules():
            if isinstance(module, ModulatedConv):
                module.dtype = dtype

    def widths(self, ratio: float = 1.0) -> list[int]:
        """Widths of the start and of each convolution in a sub-generator of this channel ratio (0..1].

        Anycost's rule: the ratio applies to the width before it is capped (halving with each doubling of the size,
        counted from the last), so the coarse layers, which cost little, stay wide. Raises ValueError.
        """
        if not 0 < ratio <= 1:
            raise ValueError(f"channel ratio {ratio} is outside 0..1")
        last = self.channels[self.resolution] * self.resolution
        at = {r: min(w, max(1, int(ratio * max(w, last // r)))) for r, w in self.channels.items()}
        return [at[size] for size in self.resolutions for _ in range(2)]

    def get_style(self, z: Tensor) -> Tensor:
        """Mapping network: Z (..., style_dim) -> W (..., style_dim)."""
        w: Tensor = self.style(z.reshape(-1, self.style_dim))
        return w.view(z.shape)

    def wplus(self, styles: Tensor, inject_index: int | None = None) -> Tensor:
        """W (B, 1, dim), two mixed from layer `inject_index` on (B, 2, dim), or W+ -> W+ (B, n_style, dim)."""
        if styles.ndim == 2:
            styles = styles[:, None]
        count = styles.shape[1]
        if count == 1:
            return styles.expand(-1, self.n_style, -1)
        if count == 2:
            if inject_index is None:
                raise ValueError("mixing two styles needs inject_index")
            counts = torch.tensor([inject_index, self.n_style - inject_index], device=styles.device)
            return styles.repeat_interleave(counts, dim=1)
        if count != self.n_style:
            raise ValueError(f"{count} styles; this generator takes 1, 2 or {self.n_style}")
        return styles

    def forward(
        self,
        styles: Tensor,
        *,
        input_is_style: bool = True,
        noise: Sequence[Tensor] | None = None,
        truncation: float = 1.0,
        truncation_style: Tensor | None = None,
        inject_index: int | None = None,
        ratio: float = 1.0,
        widths: Sequence[int] | None = None,
        target_res: int | None = None,
        return_rgbs: bool = False,
    ) -> Tensor | list[Tensor]:
        """Images (B, 3, R, R), or with `return_rgbs` the skip images 4, 8, ... R.

        Args:
            styles: W (B, dim) or (B, 1, dim), two to mix (B, 2, dim), or W+; Z unless `input_is_style`.
            noise: Images (1 or B, 1, H, W) by layer; None for the fixed ones.
            truncation: Weight of the styles against `truncation_style` (dim,), 0..1.
            inject_index: First layer of the second style.
            ratio: Share of the channels (0..1].
            widths: Width by layer, instead of `ratio`; see the method.
            target_res: Resolution R; None for the full one.

        Raises:
            ValueError: Arguments of no meaning for this generator.
        """
        if not input_is_style:
            styles = self.get_style(styles)
        if truncation < 1:
            if truncation_style is None:
                raise ValueError("truncation needs truncation_style")
            styles = torch.lerp(
                truncation_style.view(1, 1, -1), styles.reshape(len(styles), -1, self.style_dim), truncation
            )
        w = self.wplus(styles, inject_index)
        noise = noise or self.noises.all()
        sizes = list(widths) if widths is not None else self.widths(ratio)
        target = target_res or self.resolution
        if target not in self.channels:
            raise ValueError(f"resolution {target} is not one of {self.resolutions}")

        x = self.input["input"][:, : sizes[0]].expand(len(w), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        x = self.conv1(x, w[:, 0], noise[0], sizes[1])
        rgbs = [self.to_rgb1(x, w[:, 1], None)]
        for level in range(int(math.log2(target)) - 2):
            i = 2 * level
            x = self.convs[i](x, w[:, i + 1], noise[i + 1], sizes[i + 2])
            x = self.convs[i + 1](x, w[:, i + 2], noise[i + 2], sizes[i + 3])
            rgbs.append(self.to_rgbs[level](x, w[:, i + 3], rgbs[-1]))
        return rgbs if return_rgbs else rgbs[-1]
