"""How hair is worn, and its colour."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.world.anatomy import Floats
from pipeline.world.light import tint
from pipeline.world.person import Person

COLOURS = (
    (0.0, 0.2, 0.45, 0.7, 1.0),
    ((0.015, 0.012, 0.010), (0.032, 0.020, 0.013), (0.075, 0.040, 0.022), (0.16, 0.095, 0.05), (0.42, 0.28, 0.155)),
)
GREY, RED = (0.40, 0.39, 0.375), (0.21, 0.075, 0.03)


@dataclass(frozen=True)
class Style:
    """How hair is worn. Flows are directions (x away from the parting, y up, z to the front).

    Attributes:
        top, side: Flow on top of the head and on its sides.
        length: At the top and at the sides, dm; None: down from the eyes by as much as `hair_length` says.
        reach: How far a hair follows the flow before it falls, dm.
        lift: How far off the head it lies, dm: at the sides, and on top.
        messy: Spread of the flow.
        parted: Whether it falls to two sides.
        layered: Whether hairs end at different heights.
        behind: Whether it falls behind the ears.
        knot: Height and depth, about the head's centre, of the knot that all hair is drawn to.
        round: Whether all hair stands on end.
    """

    name: str
    top: tuple[float, float, float]
    side: tuple[float, float, float]
    length: tuple[float, float] | None = None
    reach: float = 0.6
    lift: tuple[float, float] = (0.03, 0.08)
    messy: float = 0.10
    parted: bool = False
    layered: bool = False
    behind: bool = False
    knot: tuple[float, float] | None = None
    round: bool = False


SHAVEN = Style("shaven", (0, 0.8, -0.2), (0, -0.3, -0.2), (0.09, 0.065), 9, (0.0, 0.0), messy=0.3)
CURLY_CROP = Style("curly crop", (0.2, 0.6, 0.3), (0, -0.2, 0.0), (0.75, 0.42), 2.0, (0.03, 0.14), messy=0.6)
AFRO = Style("afro", (0, 0.2, 0), (0, 0, 0), reach=9, messy=0.35, round=True)
SHORT = (
    Style("side part", (0.75, 0.15, 0.25), (0, -0.85, -0.35), (0.62, 0.24), lift=(0.02, 0.10), parted=True),
    Style("tousled", (0.15, 0.5, 0.4), (0, -0.5, 0.1), (0.55, 0.35), 0.7, (0.03, 0.12), messy=0.55),
    Style("swept back", (0, 0.25, -1.0), (0, -0.55, -0.8), (0.75, 0.34), 0.9, (0.02, 0.10)),
    Style("cropped", (0.1, 0.25, 0.8), (0, -0.9, 0.1), (0.32, 0.13), messy=0.2),
    Style("quiff", (0.25, 0.95, -0.35), (0, -0.8, -0.4), (0.55, 0.2), 1.5, (0.02, 0.25), messy=0.16),
    SHAVEN,
)
MEDIUM = (
    Style("bob", (0.9, 0, 0), (0, -0.95, 0.1), reach=0.3, lift=(0.06, 0.16), parted=True),
    Style("feathered", (0.8, 0.1, 0.2), (0, -0.9, 0), None, 0.35, (0.06, 0.20), 0.22, parted=True, layered=True),
    Style("brushed back", (0.2, 0.3, -0.85), (0, -0.6, -0.7), None, 0.9, (0.04, 0.14), behind=True),
    Style("shag", (0.4, 0.2, 0.5), (0, -0.9, 0.1), None, 0.4, (0.05, 0.15), 0.4, layered=True),
)
LONG = (
    Style("middle part", (0.9, 0, 0), (0, -0.95, 0.05), reach=0.32, lift=(0.05, 0.13), parted=True),
    Style("falling", (0.9, 0.05, 0.05), (0, -0.95, 0.05), reach=0.35, lift=(0.06, 0.17), parted=True),
    Style("behind the ears", (0.75, 0.1, -0.35), (0, -0.7, -0.65), lift=(0.03, 0.10), behind=True, parted=True),
    Style("layered", (0.8, 0.1, 0.1), (0, -0.9, 0.1), None, 0.35, (0.07, 0.22), 0.2, parted=True, layered=True),
    Style("knot", (0, 0, -1), (0, 0, -1), lift=(0.02, 0.03), behind=True, knot=(0.75, -0.62)),
    Style("low knot", (0.6, 0, -0.5), (0, 0, -1), lift=(0.02, 0.04), parted=True, behind=True, knot=(-0.25, -0.95)),
)


def style_of(person: Person) -> Style:
    """The style of a person: by length and curl, else drawn. An edit of the sex keeps it."""
    r = person.stream("hair style")
    round_, pick = r.random(2)
    if person.curl > 0.5 and person.hair_length < 0.5 and round_ < 0.35 + 0.6 * person.ancestry[0]:
        return AFRO
    if person.hair_length >= 0.3:
        group: tuple[Style, ...] = MEDIUM if person.hair_length < 0.55 else LONG
        if person.curl > 0.5:  # curls do not show in hair that is tied
            group = tuple(style for style in group if style.knot is None)
    elif person.curl > 0.5:
        return CURLY_CROP
    else:
        number = int(pick * len(SHORT))
        return SHORT[number % 4 if (person.original or person).female > 0.5 else number]
    return group[int(pick * len(group))]


def hair_colour(person: Person) -> Floats:
    """Linear RGB (3,) of a person's hair."""
    r = person.stream("hair colour")
    vary = np.exp(r.normal(0, 0.12)) * np.exp(r.normal(0, 0.04, 3))
    red = r.random() < 0.12 and person.ancestry[2] > 0.5
    dyed = person.look == "wild" and r.random() < 0.04
    wild_hue = 0.25 * tint(r, 0.8)
    base = np.exp([np.interp(person.blond, COLOURS[0], np.log([c[k] for c in COLOURS[1]])) for k in range(3)])
    if red and person.blond > 0.4:
        base = np.array(RED)
    if dyed:
        base = wild_hue
    colour = base * vary * (1 - person.grey) + np.array(GREY) * float(vary.mean()) * person.grey
    return np.asarray(colour, np.float32)
