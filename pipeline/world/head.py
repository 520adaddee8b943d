"""The head: pose, outline, relief and skin. The face is drawn in head coordinates, so that it turns as one."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.world.canvas import Canvas, palette, tint
from pipeline.world.parameters import Parameters, gaussian, smoothstep
from pipeline.world.shading import Light
from postprocess.labels import CelebAMask

# Where FFHQ's alignment puts the features, in -1..1 with y down.
EYE_U, EYE_V = 0.246, -0.062
NOSE_V, MOUTH_V, CHIN_V, TOP_V = 0.205, 0.445, 0.80, -0.83

SKIN_TONES = [
    (0.97, 0.84, 0.76),
    (0.94, 0.77, 0.66),
    (0.86, 0.66, 0.52),
    (0.72, 0.51, 0.38),
    (0.55, 0.37, 0.27),
    (0.39, 0.25, 0.18),
]


def column(p: Parameters, name: str) -> Tensor:
    """One parameter as (B, 1, 1), to meet pixel grids."""
    value: Tensor = getattr(p, name)
    return value[:, None, None]


def skin_tone(p: Parameters) -> Tensor:
    """Base colour of the skin (B, 3)."""
    warm = torch.stack([0.015 * p.undertone, 0.0 * p.undertone, -0.03 * p.undertone], 1)
    return palette(p.tone, SKIN_TONES) * (1 + warm)


def posed(canvas: Canvas, p: Parameters) -> Canvas:
    """The canvas with head coordinates (u, v): the inverse of turning an ellipsoid, eyes held in place."""
    yaw, pitch = column(p, "yaw"), column(p, "pitch")

    def relief(u: Tensor, v: Tensor) -> Tensor:
        return 0.62 * torch.sqrt((1 - (u / 0.66) ** 2 - (v / 1.15) ** 2).clamp(min=0.03))

    at_eyes = 0.62 * (1 - (EYE_U / 0.66) ** 2 - (EYE_V / 1.15) ** 2) ** 0.5
    u, v = canvas.u, canvas.v
    for _ in range(2):
        forward = relief(u, v) - at_eyes
        u = (canvas.x - forward * torch.sin(yaw)) / torch.cos(yaw)
        v = (canvas.y - forward * torch.sin(pitch)) / torch.cos(pitch)
    return canvas.with_head(u, v)


def outline(canvas: Canvas, p: Parameters) -> tuple[Tensor, Tensor]:
    """Signed distance to the outline of the head (negative inside) and its dome of heights, both (B, H, W)."""
    male = 1 - column(p, "female")
    cheeks = column(p, "cheeks")
    width = 0.528 + 0.014 * column(p, "face_width") + 0.014 * male
    widest = -0.10
    bottom = CHIN_V + 0.022 * column(p, "chin") + 0.02 * male
    power = (2.05 + 0.16 * column(p, "jaw") + 0.50 * male + 0.95 * cheeks).clamp(1.10, 4.4)
    width = width + 0.045 * cheeks * smoothstep(canvas.v, -0.05, 0.30)
    side = canvas.u.abs() / width
    down = ((canvas.v - widest) / (bottom - widest)).clamp(min=0)
    up = ((widest - canvas.v) / (widest - TOP_V)).clamp(min=0)
    field = side**2.2 + (down + 1e-6) ** power + (up + 1e-6) ** 2.3 - 1
    slope_u = 2.2 * side**1.2 / width
    slope_v = power * (down + 1e-6) ** (power - 1) / (bottom - widest) + 2.3 * up**1.3 / (widest - TOP_V)
    return field / torch.sqrt(slope_u**2 + slope_v**2 + 0.5), 0.46 * torch.sqrt((-field).clamp(min=0) + 1e-4)


def nose_shape(canvas: Canvas, p: Parameters) -> tuple[Tensor, Tensor]:
    """Height added by the nose and its mask 0..1 (both (B, H, W)); it stands out, hence its own parallax."""
    wide = 1 + 0.46 * column(p, "nose_width") + 0.07 * (1 - column(p, "female"))
    point = column(p, "nose_point")
    v = canvas.v
    tip_v = NOSE_V + 0.014 * column(p, "nose_length")
    out = smoothstep(v, -0.16, NOSE_V) * (1 - smoothstep(v, NOSE_V + 0.04, NOSE_V + 0.14))
    u = canvas.u - (0.10 + 0.03 * point) * torch.tan(column(p, "yaw")) * out
    bridge = torch.exp(-((u / ((0.044 + 0.040 * smoothstep(v, -0.1, 0.22)) * (0.6 + 0.4 * wide))) ** 2))
    bridge = bridge * smoothstep(v, -0.30, 0.12) * (1 - smoothstep(v, tip_v, tip_v + 0.07))
    tip = gaussian(u, v - tip_v, (0.080 - 0.022 * point) * wide, 0.062 - 0.014 * point)
    spread = 0.082 * wide * (1 - 0.10 * point)
    wings = gaussian(u.abs() - spread, v - tip_v - 0.022, 0.040 * wide, 0.042)
    height = bridge * (0.060 + 0.024 * point) + tip * (0.070 + 0.062 * point) + wings * (0.042 * wide)
    return height, (tip + wings + bridge * smoothstep(v, -0.08, 0.02)).clamp(max=1)


def relief(canvas: Canvas, p: Parameters, dome: Tensor, nose: Tensor) -> Tensor:
    """Height field of the face (B, H, W): dome, nose, sockets, brows, cheeks, lips, folds, bags and wrinkles."""
    u, v = canvas.u, canvas.v
    side = u.abs()
    age, smile = column(p, "age"), column(p, "smile").clamp(min=0)
    male, bags, cheeks = 1 - column(p, "female"), column(p, "eye_bags"), column(p, "cheeks")
    old = smoothstep(age, 0.30, 1.0)
    height = dome + nose
    height = height - 0.050 * gaussian(side - EYE_U * 0.97, v - EYE_V + 0.02, 0.15, 0.095)
    height = height + 0.030 * gaussian(side - EYE_U, v - EYE_V, 0.105, 0.06)
    height = height + (0.012 + 0.016 * male) * gaussian(side - 0.20, v + 0.235, 0.20, 0.055)
    plump = 0.030 + 0.040 * cheeks + 0.030 * smile - 0.012 * old
    height = height + plump * gaussian(side - 0.295, v - 0.21 + 0.03 * smile, 0.15, 0.13)
    height = height - 0.030 * (-cheeks).clamp(min=0) * gaussian(side - 0.33, v - 0.40, 0.09, 0.16)
    height = height + 0.034 * gaussian(u, v - MOUTH_V, 0.20, 0.13)
    height = height + 0.040 * gaussian(u, v - CHIN_V + 0.10, 0.13 + 0.03 * male, 0.075)
    height = height - 0.016 * gaussian(u, v - MOUTH_V - 0.115, 0.12, 0.035)
    down = ((v - 0.22) / 0.22).clamp(0, 1)
    fold = 0.135 + 0.090 * down**0.8 + 0.03 * smile * down
    depth = 0.002 + 0.022 * old + 0.010 * smile
    height = height - depth * torch.exp(-(((side - fold) / 0.026) ** 2)) * smoothstep(v, 0.19, 0.27) * (
        1 - smoothstep(v, 0.40, 0.49)
    )
    jowl = torch.exp(-(((side - 0.215 + 0.05 * (v - 0.5)) / 0.026) ** 2))
    height = height - 0.018 * old**2 * jowl * smoothstep(v, 0.48, 0.54) * (1 - smoothstep(v, 0.62, 0.72))
    rays = torch.sin(torch.atan2(v - EYE_V, side - EYE_U - 0.04) * 12).clamp(min=0)
    height = height - 0.008 * old**2 * rays * gaussian(side - EYE_U - 0.19, v - EYE_V, 0.07, 0.10)
    full = (0.55 + 0.60 * bags).clamp(min=0) + 0.25 * old**2
    height = height + 0.016 * full * gaussian(side - EYE_U, v - EYE_V - 0.085, 0.105, 0.032)
    crease = torch.exp(-(((v - EYE_V - 0.130 + 0.9 * (side - EYE_U) ** 2) / 0.018) ** 2))
    height = height - 0.020 * full * crease * torch.exp(-(((side - EYE_U) / 0.115) ** 4))
    lines = torch.sin((v + 0.03 * torch.cos(u * 7)) * 62).clamp(min=-0.2)
    height = height - 0.008 * old**2 * canvas.fade(62) * lines * gaussian(u, v + 0.42, 0.32, 0.12)
    return height - 0.007 * old**2 * gaussian(side - 0.035, v + 0.19, 0.016, 0.06)


def occlusion(canvas: Canvas, p: Parameters) -> Tensor:
    """Painted ambient occlusion (B, H, W), 1 = open: sockets, under nose and lip, beside the bridge, eye bags."""
    u, v = canvas.u, canvas.v
    side = u.abs()
    wide = 1 + 0.46 * column(p, "nose_width")
    bags = column(p, "eye_bags")
    dark = 0.12 * gaussian(side - EYE_U * 0.96, v - EYE_V + 0.06, 0.12, 0.055)
    dark = dark + 0.13 * gaussian(u, v - NOSE_V - 0.085, 0.11 * wide, 0.030)
    dark = dark + 0.12 * gaussian(u, v - MOUTH_V - 0.125, 0.11, 0.030)
    dark = dark + 0.10 * gaussian(side - 0.085, v - EYE_V - 0.01, 0.045, 0.10)
    dark = dark + (0.13 + 0.15 * bags).clamp(min=0) * gaussian(side - EYE_U, v - EYE_V - 0.105, 0.115, 0.038)
    dark = dark + 0.10 * (-column(p, "cheeks")).clamp(min=0) * gaussian(side - 0.34, v - 0.40, 0.09, 0.16)
    return 1 - dark


def skin_albedo(canvas: Canvas, p: Parameters, nose: Tensor) -> Tensor:
    """Colour of the skin before light (B, 3, H, W): tone, blush, warm nose, eye shadow, stubble."""
    u, v = canvas.u, canvas.v
    side = u.abs()
    female = column(p, "female")
    red = (0.05 + 0.11 * column(p, "blush")) * gaussian(side - 0.30, v - 0.22, 0.16, 0.12) + 0.045 * nose
    bags = (0.25 + 0.75 * column(p, "eye_bags")).clamp(min=0)
    red = red + 0.09 * bags * gaussian(side - EYE_U, v - EYE_V - 0.10, 0.11, 0.035)
    shadow = female * column(p, "lip_colour") * 0.30 * gaussian(side - EYE_U, v - EYE_V + 0.07, 0.13, 0.045)
    stubble = 0.09 * (1 - female) * beard_region(canvas, p)
    colour = skin_tone(p)[:, :, None, None]
    colour = colour * (1 - torch.stack([0.1 * red, red, red], 1))
    colour = colour * (1 - shadow[:, None] * tint((0.25, 0.6, 0.4), u))
    return colour * (1 - stubble[:, None] * tint((1.1, 0.9, 0.7), u))


def beard_region(canvas: Canvas, p: Parameters) -> Tensor:
    """Where a beard grows (B, H, W), 0..1: jaw, chin and moustache, not the lips."""
    u, v = canvas.u, canvas.v
    top = 0.30 - 1.25 * (u.abs() - 0.30).clamp(min=0) + 0.20 * torch.exp(-((u / 0.24) ** 2))
    jaw = torch.sigmoid((v - top - 0.05) / 0.035)
    moustache = torch.exp(-((u / 0.19) ** 4) - ((v - MOUTH_V + 0.092 - 1.1 * u**2) / 0.036) ** 2)
    lips = torch.sigmoid(((u / 0.205) ** 2 + ((v - MOUTH_V - 0.005) / 0.078) ** 2 - 1) / 0.15)
    return (jaw * lips + moustache).clamp(max=1)


def draw_head(canvas: Canvas, p: Parameters, light: Light, hair: Tensor) -> Tensor:
    """Paint face and nose; return the face's height field (B, H, W). hair: colour (B, 3) of the beard."""
    distance, dome = outline(canvas, p)
    nose_height, nose = nose_shape(canvas, p)
    height = relief(canvas, p, dome, nose_height)
    colour = skin_albedo(canvas, p, nose)
    beard = beard_region(canvas, p) * column(p, "beard") * (1 - column(p, "female"))
    strands = 0.5 + 0.5 * torch.sin(canvas.u * 95 + 6 * torch.sin(canvas.v * 23)) * torch.sin(
        canvas.v * 60 + canvas.u * 20
    )
    strands = 1 + 0.25 * canvas.fade(95) * (strands - 0.5)
    whiskers = (hair * 0.8)[:, :, None, None] * strands[:, None]
    colour = colour + (whiskers - colour) * (beard * 0.90)[:, None]
    shaded = light.shade(canvas, colour, height + beard * 0.025, occlusion(canvas, p), gloss=0.13)
    inside = canvas.cover(distance, 1.5)
    canvas.paint(shaded, inside, label=CelebAMask.SKIN, depth=0.55 + 0.7 * height)
    canvas.relabel((nose > 0.42) & (inside > 0.5), 10)
    return height
