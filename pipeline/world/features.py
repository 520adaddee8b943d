"""Eyes, brows, mouth, ears and glasses, drawn in head coordinates over the lit face."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline.world.canvas import Canvas, ellipse, palette, tint
from pipeline.world.head import EYE_U, EYE_V, MOUTH_V, NOSE_V, column, skin_tone
from pipeline.world.parameters import Parameters, gaussian, smoothstep
from pipeline.world.shading import Light
from postprocess.labels import CelebAMask

IRIS = [(0.24, 0.14, 0.08), (0.36, 0.24, 0.12), (0.44, 0.38, 0.20), (0.36, 0.48, 0.36), (0.36, 0.52, 0.66)]
LIPSTICK = [(0.80, 0.44, 0.41), (0.78, 0.30, 0.31), (0.70, 0.15, 0.20)]
FRAMES = [(0.09, 0.08, 0.09), (0.34, 0.19, 0.10), (0.12, 0.13, 0.20), (0.40, 0.08, 0.10)]
# Sign of u, and place in a pair of classes; "left" is the left half of the picture.
LEFT_RIGHT = ((-1, 0), (1, 1))
BROWS = (CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW)
EYES = (CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE)
EARS = (CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR)


def draw_ears(canvas: Canvas, p: Parameters, light: Light) -> None:
    """Both ears, to be painted before the head, which covers their inner halves."""
    tone = skin_tone(p)[:, :, None, None]
    width = 0.545 + 0.014 * column(p, "face_width") + 0.014 * (1 - column(p, "female"))
    for side, second in LEFT_RIGHT:
        u, v = canvas.u - side * width, canvas.v - 0.05
        distance = ellipse(u + side * 0.12 * v, v, 0.072, 0.150)
        hollow = gaussian(u - side * 0.012, v + 0.01, 0.030, 0.085)
        height = 0.12 * torch.sqrt((-distance).clamp(min=0) + 1e-4) - 0.05 * hollow
        shaded = light.shade(canvas, tone * tint((1.0, 0.90, 0.88), u), height, 1 - 0.35 * hollow, gloss=0.06)
        canvas.paint(shaded, canvas.cover(distance, 1.5), label=EARS[second], depth=0.52)


def draw_eyes(canvas: Canvas, p: Parameters, light: Light) -> None:
    """Eyeballs, irises, lids and lashes."""
    female, smile = column(p, "female"), column(p, "smile").clamp(min=0)
    opening = (0.98 - 0.44 * column(p, "eye_narrow") - 0.08 * smile - 0.05 * column(p, "age")).clamp(0.40, 1.5)
    size = 1 + 0.04 * column(p, "eye_size") + 0.04 * female
    iris = palette(p.eye_colour, IRIS)[:, :, None, None]
    tone = skin_tone(p)
    for side, second in LEFT_RIGHT:
        u, v = canvas.u - side * EYE_U, canvas.v - EYE_V
        v = v + (0.05 * column(p, "eye_tilt") + 0.05) * side * u
        half_width = 0.113 * size
        across = u / half_width
        bow = (1 - across**2).clamp(min=0)
        upper = 0.066 * opening * size * bow**0.72
        lower = 0.036 * (0.5 + 0.5 * opening) * size * (1 - 0.2 * smile) * bow**0.9
        distance = torch.maximum(torch.maximum(-v - upper, v - lower), u.abs() - half_width)
        ball = canvas.cover(distance, 1.2)
        shadow = 0.94 - 0.20 * across**2 - 0.34 * torch.exp(-(((v + upper) / 0.024) ** 2))
        canvas.paint(shadow[:, None] * tint((0.97, 0.955, 0.945), u), ball, label=EYES[second])
        radius = 0.056 * size
        gaze = 0.011 * column(p, "gaze") + 0.05 * column(p, "yaw")
        away = torch.sqrt((u - gaze) ** 2 + (v + 0.012) ** 2 + 1e-9)
        ring = (away / radius).clamp(0, 1.2)
        glow = 0.75 + 0.50 * smoothstep(v, -0.04, 0.06) + 0.22 * (1 - ring)
        glow = glow * (1 - 0.5 * smoothstep(ring, 0.75, 1.0)) * (1 - 0.4 * torch.exp(-(((v + upper) / 0.022) ** 2)))
        canvas.paint(iris * glow[:, None], canvas.cover(away - radius, 1.5) * ball)
        canvas.paint(tint((0.04, 0.035, 0.035), u), canvas.cover(away - radius * 0.45, 1.5) * ball)
        spark_u = u - gaze - 0.018 * torch.tanh(8 * light.direction[0])
        spark = torch.sqrt(spark_u**2 + (v + 0.034) ** 2 + 1e-9)
        canvas.paint(tint((1.0, 1.0, 1.0), u), canvas.cover(spark - 0.014, 1.5) * ball * 0.9)
        ends = (1.10 - across.abs()).clamp(0, 0.12) / 0.12
        wing = female * 0.018 * (side * across).clamp(min=0) ** 3
        lash = torch.exp(-(((v + upper + wing + 0.002) / (0.0085 + 0.0065 * female)) ** 2)) * ends
        canvas.paint(tint((0.13, 0.085, 0.07), u), lash * 0.88)
        lid = torch.exp(-(((v - lower - 0.003) / 0.007) ** 2)) * ends
        canvas.paint(tone * tone.new_tensor([0.55, 0.40, 0.37]), lid * 0.38)
        fold = torch.exp(-(((v + upper * 1.02 + 0.028 + 0.010 * (opening - 1)) / 0.009) ** 2)) * ends
        canvas.paint(tone * tone.new_tensor([0.60, 0.43, 0.38]), fold * 0.40)


def draw_brows(canvas: Canvas, p: Parameters, hair: Tensor) -> None:
    """Eyebrows in the colour of the hair (B, 3), darkened."""
    female = column(p, "female")
    colour = hair * 0.60 + 0.10 * skin_tone(p)
    for side, second in LEFT_RIGHT:
        along = (canvas.u - side * (EYE_U - 0.004)) * side
        across = along / 0.160
        arch = 0.026 + 0.006 * column(p, "brow_arch") + 0.008 * female
        centre = EYE_V - 0.135 - 0.013 * column(p, "brow_height") - 0.010 * female
        centre = centre - arch * (1 - (across - 0.15) ** 2) - 0.003 * across
        thick = 0.0205 + 0.0036 * column(p, "brow_thickness") + 0.009 * (1 - female)
        thick = thick * (1 - 0.55 * ((across + 0.3).clamp(min=0) / 1.3) ** 1.5)
        distance = torch.maximum((canvas.v - centre).abs() - thick, (across.abs() - 1) * 0.160)
        soft = torch.sigmoid(-distance / 0.0075) * (1 - 0.6 * smoothstep(across.abs(), 0.75, 1.08))
        hairs = 1 + 0.12 * canvas.fade(90) * torch.sin(along * 90 + (canvas.v - centre) * 60)
        canvas.paint(colour[:, :, None, None] * hairs[:, None], soft * smoothstep(1.1 - across.abs(), 0.0, 0.1) * 0.85)
        canvas.relabel(canvas.cover(distance) > 0.5, BROWS[second])


def draw_nostrils(canvas: Canvas, p: Parameters) -> None:
    """The two dark openings under the nose tip."""
    wide = 1 + 0.46 * column(p, "nose_width") + 0.07 * (1 - column(p, "female"))
    tip_v = NOSE_V + 0.014 * column(p, "nose_length")
    u = canvas.u - 0.10 * torch.tan(column(p, "yaw"))
    for side, _ in LEFT_RIGHT:
        offset = u - side * 0.046 * wide
        distance = ellipse(offset, canvas.v - tip_v - 0.056 + 0.12 * side * offset, 0.024 * wide, 0.0125)
        colour = skin_tone(p) * canvas.rgb.new_tensor([0.40, 0.23, 0.19])
        canvas.paint(colour, canvas.cover(distance, 3.0) * 0.70)


def draw_mouth(canvas: Canvas, p: Parameters, light: Light) -> None:
    """Lips, teeth and the dark inside."""
    smile, female = column(p, "smile"), column(p, "female")
    u, v = canvas.u - 0.03 * torch.tan(column(p, "yaw")), canvas.v
    half_width = 0.158 + 0.009 * column(p, "mouth_width") + 0.028 * smile
    across = u / half_width
    bow = (1 - across**2).clamp(min=0)
    centre = MOUTH_V - 0.062 * smile * across**2 + 0.016 * smile
    gap = (0.030 + 0.034 * smile.clamp(min=0)) * column(p, "mouth_open") * bow**0.8
    lips = (1 + 0.68 * column(p, "lip_size") + 0.10 * female).clamp(min=0.3)
    cupid = 0.32 * torch.exp(-((across / 0.17) ** 2))
    upper = 0.040 * lips * bow**0.75 * (1 - cupid) + 1e-4
    lower = 0.054 * lips * bow**0.62 + 1e-4
    top, bottom = centre - gap * 0.45, centre + gap * 0.75
    ends = u.abs() - half_width
    inside = torch.maximum(torch.maximum(top - v, v - bottom), ends)
    open_ = canvas.cover(inside) * (gap > 0.004)
    canvas.paint(tint((0.27, 0.09, 0.09), u), open_, label=CelebAMask.MOUTH)
    teeth = canvas.cover(torch.maximum(inside, v - (top + gap * 0.75))) * (gap > 0.01)
    white = 0.90 - 0.25 * across**2 - 0.10 * torch.exp(-(((v - top) / 0.012) ** 2))
    canvas.paint(white[:, None] * tint((1.0, 0.98, 0.93), u), teeth * 0.95)
    tone = skin_tone(p)[:, :, None, None]
    natural = tone * tint((0.90, 0.64, 0.61), u)
    stick = palette(p.lip_colour, LIPSTICK)[:, :, None, None] * (0.5 + 0.6 * tone.mean(1, keepdim=True))
    made_up = (female * smoothstep(column(p, "lip_colour"), 0.1, 0.9) * 0.75)[:, None]
    colour = natural + (stick - natural) * made_up
    high, low = ((v - top + upper) / upper).clamp(0, 1), ((v - bottom) / lower).clamp(0, 1)
    lit_upper = 0.90 - 0.20 * high + 0.05 * across * light.direction[0]
    lit_lower = 1.02 - 0.55 * (low - 0.28) ** 2 - 0.10 * (1 - bow)
    shine = 0.11 * torch.exp(-(((low - 0.35) / 0.18) ** 2) - (across / 0.42) ** 2)
    on_upper = torch.maximum(torch.maximum(top - upper - v, v - top), ends)
    on_lower = torch.maximum(torch.maximum(bottom - v, v - bottom - lower), ends)
    canvas.paint(colour * lit_upper[:, None], canvas.cover(on_upper, 1.6) * 0.92)
    canvas.paint(colour * lit_lower[:, None] + shine[:, None], canvas.cover(on_lower, 1.6) * 0.92)
    line = torch.exp(-(((v - centre) / 0.009) ** 2)) * canvas.cover(ends, 3) * (1 - smoothstep(gap, 0.004, 0.012))
    canvas.paint(skin_tone(p) * tone.new_tensor([0.45, 0.25, 0.24]), line * 0.70)
    corner = gaussian(u.abs() - half_width - 0.004, v - centre + 0.006, 0.022, 0.020)
    canvas.paint(skin_tone(p) * tone.new_tensor([0.55, 0.37, 0.33]), corner * 0.38)
    for distance, label in ((on_upper, CelebAMask.UPPER_LIP), (on_lower, CelebAMask.LOWER_LIP)):
        canvas.relabel(canvas.cover(distance) > 0.5, label)
    canvas.relabel(open_ > 0.5, CelebAMask.MOUTH)


def draw_glasses(canvas: Canvas, p: Parameters, height: Tensor) -> None:
    """Spectacles (lenses and frame). They grow from thin air as `glasses` rises, never half transparent."""
    worn = column(p, "glasses")
    style = column(p, "glasses_style")
    u, v = canvas.u, canvas.v - EYE_V - 0.02
    square = 2.2 + 2.3 * style
    rim = torch.full_like(u, 9.0)
    lens = torch.full_like(u, 9.0)
    for side, _ in LEFT_RIGHT:
        across, up = (u - side * 0.25).abs() / 0.180, v.abs() / (0.160 - 0.035 * style)
        inner = ((across**square + up**square + 1e-9) ** (1 / square) - 1) * 0.150
        arm = torch.maximum(
            (v + 0.05 - 0.05 * (u * side - 0.44)).abs() - 0.013, torch.maximum(0.43 - u * side, u * side - 0.54)
        )
        lens = torch.minimum(lens, inner)
        rim = torch.minimum(rim, torch.minimum(inner.abs() - 0.013, arm))
    bridge = torch.maximum((v + 0.045 - 1.5 * u**2).abs() - 0.011, u.abs() - 0.072)
    rim = torch.minimum(rim, bridge) + 0.014 * (1 - worn)
    on = smoothstep(worn, 0.02, 0.35)
    glass, frame = canvas.cover(lens) * on, canvas.cover(rim, 1.3) * on
    glare = 0.05 + 0.10 * torch.exp(-(((u + v * 0.9 - torch.where(u > 0, 0.17, -0.34)) / 0.035) ** 2))
    canvas.paint(tint((1.0, 1.0, 1.0), u), glass * glare)
    colour = (
        palette(p.glasses_style, FRAMES)[:, :, None, None]
        * (0.85 + 0.4 * torch.exp(-(((v + 0.10) / 0.05) ** 2)))[:, None]
    )
    canvas.paint(colour, frame)
    solid = torch.maximum(glass, frame) > 0.5
    canvas.relabel(solid, CelebAMask.GLASSES)
    canvas.depth.copy_(torch.where(solid, 0.57 + 0.7 * height, canvas.depth))
