"""Hair: one silhouette behind the head, the same minus the face's opening in front, strands along the flow."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.world.canvas import Canvas, palette
from pipeline.world.head import TOP_V, column
from pipeline.world.parameters import Parameters, smoothstep
from pipeline.world.shading import Light
from postprocess.labels import CelebAMask

BLACK_TO_BLOND = [(0.06, 0.05, 0.05), (0.17, 0.10, 0.07), (0.34, 0.21, 0.12), (0.58, 0.41, 0.23), (0.86, 0.70, 0.44)]
GREY = (0.70, 0.70, 0.71)


def hair_colour(p: Parameters) -> Tensor:
    """Base colour of the hair (B, 3)."""
    warm = torch.stack([0.05 * p.hair_warmth, 0.0 * p.hair_warmth, -0.06 * p.hair_warmth], 1)
    colour = palette(p.blond, BLACK_TO_BLOND) * (1 + warm)
    return colour + (colour.new_tensor(GREY) - colour) * (p.grey * 0.94)[:, None]


class Hair:
    """Geometry and shading of one batch's hair on one canvas (`canvas` carries head coordinates)."""

    def __init__(self, canvas: Canvas, p: Parameters, light: Light) -> None:
        self.canvas, self.p = canvas, p
        self.length, self.curl, self.bald = column(p, "hair_length"), column(p, "curl"), column(p, "bald")
        # Hair lies on the skull, behind the plane of the eyes: it follows the head less than the face does.
        self.u = 0.6 * canvas.u + 0.4 * canvas.x
        self.v = canvas.v
        self.volume = 0.060 + 0.014 * column(p, "hair_volume") + 0.055 * self.curl
        self.long = smoothstep(self.length, 0.30, 0.75)
        self.silhouette = self._silhouette()
        self.opening = self._opening()
        self.colour = self._shaded(light)

    def _silhouette(self) -> Tensor:
        """Signed distance to the outer outline (negative inside), with waves and curls on it."""
        u, v = self.u, self.v
        reach = -0.02 + 1.32 * smoothstep(self.length, 0.12, 1.0)
        width = 0.535 + self.volume * 0.80 + 0.03 * self.long
        wave = 0.018 * torch.sin(v * 6.5 + 1) * self.long * smoothstep(v, -0.2, 0.2)
        side = (u.abs() + wave).clamp(min=0) / (width * (1 + 0.10 * self.long * v.clamp(0, 1)))
        top = TOP_V - self.volume
        up, down = (-v / -top).clamp(min=0), (v / reach.clamp(min=0.12)).clamp(min=0)
        field = side**2.4 + (up + 1e-6) ** 2.2 + (down + 1e-6) ** 4 - 1
        slope = (2.4 * side**1.4 / width) ** 2 + (2.2 * up**1.2 / 0.9 + 4 * down**3 / reach.clamp(min=0.12)) ** 2
        angle = torch.atan2(u, -(v + 0.1))
        bumps = (
            0.020 * torch.sin(angle * 11) + 0.011 * torch.sin(angle * 19 + 1) + 0.012 * torch.sin(v * 17) * self.long
        )
        return field / torch.sqrt(slope + 0.8) - self.curl * bumps

    def _opening(self) -> Tensor:
        """Signed distance to the face's window (negative inside): hairline or bangs above, temples beside."""
        u, v, p = self.u, self.v, self.p
        part = 0.10 * column(p, "parting")
        fringe = 0.010 * torch.sin((u - part) * 34) + 0.006 * torch.sin((u - part) * 63 + 1)
        steep = torch.where(u > part, 0.75, 1.10)
        line = -0.545 + 0.022 * column(p, "hairline") + 0.62 * (steep * (u - part)) ** 2
        bangs = -0.285 + 0.16 * (u - 0.4 * part) ** 2 + fringe * 1.5 + 0.16 * part * u
        line = line + (bangs - line) * column(p, "bangs") * (1 - self.bald)
        temple = (
            0.475 + 0.035 * (1 - self.long) * smoothstep(v, -0.32, -0.05) - 0.045 * self.long * smoothstep(v, -0.1, 0.5)
        )
        beside = u.abs() - temple - fringe * 0.3
        above = line - v
        blend = (0.5 + 0.5 * (above - beside) / 0.10).clamp(0, 1)
        return beside + (above - beside) * blend + 0.10 * blend * (1 - blend)

    def _shaded(self, light: Light) -> Tensor:
        """Lit colour of the hair (B, 3, H, W): strands fall from the parting; curls are a warped weave."""
        canvas, u, v = self.canvas, self.u, self.v
        part = 0.10 * column(self.p, "parting")
        fall = 0.60 * torch.sqrt(((v - TOP_V + 0.14).clamp(min=0.004) / 0.9).clamp(max=1.0)) + 0.06
        flow = (u - part) / fall + 0.05 * torch.sin(v * 5 + 2) * self.long
        fine = canvas.fade(110) * torch.sin(flow * 55 + 1.3 + v * 2) + 0.7 * canvas.fade(140) * torch.sin(
            flow * 83 - v * 3
        )
        straight = 0.55 * torch.sin(flow * 23 + 0.7) + 0.45 * fine
        weave = torch.sin(u * 25 + 2.0 * torch.sin(v * 14)) * torch.sin(v * 25 + 2.0 * torch.sin(u * 15 + 1))
        strands = straight + (canvas.fade(50) * 1.3 * weave - straight) * self.curl
        dome = 0.46 * torch.sqrt((-self.silhouette).clamp(min=0) + 1e-3)
        normals = canvas.normals(dome)
        band = torch.exp(-((((normals[1] * 0.9 + 0.52) + 0.06 * strands) / 0.24) ** 2)) * normals[2].clamp(min=0)
        value = (0.46 + 0.62 * light.diffuse(normals).clamp(min=0)) * (1 + 0.13 * strands)
        depth = 1 - 0.30 * torch.exp(self.silhouette.clamp(max=0) / 0.05) * 0.5
        colour = hair_colour(self.p)[:, :, None, None]
        lit = colour * (value * depth)[:, None] * light.colour
        return lit + (0.10 + 0.30 * colour) * (0.55 * band * (1 - 0.5 * self.curl))[:, None]

    def draw_back(self) -> None:
        """The part behind neck and head."""
        dark = 1 - 0.45 * smoothstep(self.v, -0.1, 0.5) * smoothstep(0.50 - self.u.abs(), -0.06, 0.10)
        self.canvas.paint(
            self.colour * (0.88 * dark)[:, None], self._soft(self.silhouette), label=CelebAMask.HAIR, depth=0.47
        )

    def draw_front(self, face_height: Tensor) -> None:
        """The part over forehead, temples and shoulders, with its shadow on the skin."""
        short = (self.v - 0.02 + 0.75 * (self.u.abs() - 0.46)) * (1 - self.long) - 0.6 * self.long
        front = torch.maximum(torch.maximum(self.silhouette, -self.opening), short)
        shadow = torch.exp(-((front.clamp(min=0) / 0.055) ** 1.0)) * (front > 0) * (self.labels_skin())
        self.canvas.rgb.mul_(1 - 0.30 * shadow[:, None] * (1 - self.bald[:, None]))
        edge = 1 - 0.28 * torch.exp(-(-self.opening).clamp(max=0).abs() / 0.04) * (front < 0)
        depth = 0.60 + 0.6 * 0.46 * torch.sqrt((-self.silhouette).clamp(min=0) + 1e-4)
        self.canvas.paint(
            self.colour * edge[:, None],
            self._soft(front),
            label=CelebAMask.HAIR,
            depth=torch.maximum(depth, 0.56 + 0.7 * face_height),
        )

    def labels_skin(self) -> Tensor:
        """Skin, brows, ears and nose: what the front hair throws its shadow on (B, H, W) boolean."""
        labels = self.canvas.labels
        return (labels >= CelebAMask.SKIN) & (labels <= CelebAMask.LOWER_LIP) & (labels != CelebAMask.EARRING)

    def _soft(self, distance: Tensor) -> Tensor:
        """Coverage with a soft edge, single hairs being thinner than a pixel; it thins out towards bald."""
        return self.canvas.cover(distance, 5.0) * (1 - self.bald)
