"""From a person's parameters to the weights of the anatomy's targets: identity and expression."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from pipeline.world.anatomy import Floats, anatomy
from pipeline.world.person import Person
from pipeline.world.stream import Stream

ENDS = (
    ("decr", "incr"),
    ("down", "up"),
    ("in", "out"),
    ("concave", "convex"),
    ("backward", "forward"),
    ("compress", "uncompress"),
)
# Directions in which faces differ: what one standard deviation adds. Several targets move together, since
# independent ones give faces that nobody has.
DIRECTIONS: tuple[Mapping[str, float], ...] = (
    {
        "head-scale-vert": 0.06,
        "chin-height": 0.05,
        "nose-scale-vert": 0.08,
        "mouth-trans": -0.08,
        "head-scale-horiz": -0.06,
    },
    {"head-scale-horiz": 0.1, "eye-trans": 0.1, "mouth-scale-horiz": 0.12, "nose-width3": 0.1, "cheek-bones": 0.12},
    {"chin-width": 0.26, "chin-bones": 0.2, "chin-jaw-drop": 0.05},
    {"chin-prominent": 0.22, "chin-height": 0.04, "chin-prognathism": 0.08},
    {"nose-volume": 0.2, "nose-scale-depth": 0.18, "nose-scale-vert": 0.12, "nose-scale-horiz": 0.1},
    {"nose-hump": 0.22, "nose-greek": 0.15, "nose-curve": 0.15, "nose-base": -0.1},
    {"nose-base": 0.2, "nose-point": 0.16, "nose-nostrils-angle": 0.12},
    {"nose-flaring": 0.16, "nose-nostrils-width": 0.16, "nose-point-width": 0.12},
    {"eye-scale": 0.2, "eye-height2": 0.14, "eye-bag": -0.1},
    {"eye-corner1": 0.22, "eye-corner2": -0.16, "eyebrows-angle": 0.1},
    {"eye-push1": -0.2, "eyebrows-trans": -0.12, "forehead-trans": 0.12},
    {"eye-eyefold": 0.24, "eye-eyefold-angle": 0.16, "eyebrows-trans": 0.12},
    {"eyebrows-angle": 0.18, "eye-corner2": 0.08},
    {"mouth-scale-horiz": 0.2, "mouth-lowerlip-width": 0.1, "mouth-upperlip-width": 0.1},
    {"mouth-cupidsbow": 0.24, "mouth-philtrum-volume": 0.16, "mouth-cupidsbow-width": 0.12},
    {"mouth-upperlip-height": 0.14, "mouth-lowerlip-height": -0.1, "mouth-trans": 0.07},
    {"cheek-bones": 0.26, "cheek-trans": 0.14, "cheek-inner": -0.12},
    {"forehead-scale-vert": 0.2, "forehead-temple": 0.18, "forehead-nubian": 0.14},
    {"head-fat": 0.2, "cheek-volume": 0.14},
    {"ear-scale": 0.22, "ear-wing": 0.3, "ear-lobe": 0.14},
)
STEMS = sorted({stem for direction in DIRECTIONS for stem in direction})
OUTLINES = ("diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular")
ASYMMETRY = 0.05
LOOSENED = 0.05


class Weights(defaultdict[str, float]):
    """Weights by target; `slide` moves between the two ends of a pair, on both sides of the face."""

    def __init__(self) -> None:
        super().__init__(float)

    def slide(self, stem: str, value: float, skew: float = 0.0) -> None:
        """Add `value` to the pair such as nose-base-down and nose-base-up; `skew`: what the left side gets more."""
        index = anatomy().index
        if stem in index:
            self[stem] += value
            return
        sides = ("",) if any(f"{stem}-{high}" in index for _, high in ENDS) else ("l-", "r-")
        for side in sides:
            amount = value + {"l-": skew, "r-": -skew}.get(side, 0.0)
            for low, high in ENDS:
                if f"{side}{stem}-{high}" in index:
                    self[f"{side}{stem}-{high if amount > 0 else low}"] += abs(amount)
                    break
            else:
                raise KeyError(stem)


def weights(person: Person) -> Weights:
    """Weights of all targets of a person: ancestry, sex, age, build, identity, attributes and expression."""
    w = Weights()
    _build(w, person)
    _identity(w, person)
    _attributes(w, person)
    _expression(w, person)
    return w


def shaped(person: Person) -> Floats:
    """The coarse vertices (n, 3) of a person."""
    body, w = anatomy(), weights(person)
    row = np.zeros(len(body.index), np.float32)
    for name, value in w.items():
        row[body.index[name]] = value
    return np.asarray(body.rest + (body.targets.T @ row).reshape(-1, 3), np.float32)


def _build(w: Weights, p: Person) -> None:
    old = 0.9 * p.wrinkled
    for sex, of_sex in (("female", p.female), ("male", 1 - p.female)):
        for age, of_age in (("young", 1 - old), ("old", old)):
            for kind, share in zip(("african", "asian", "caucasian"), p.ancestry, strict=True):
                w[f"{kind}-{sex}-{age}"] += of_sex * of_age * share
            thin, fat = max(0.0, 1 - 2 * p.weight), max(0.0, 2 * p.weight - 1)
            w[f"universal-{sex}-{age}-averagemuscle-minweight"] += of_sex * of_age * 0.6 * thin
            w[f"universal-{sex}-{age}-averagemuscle-maxweight"] += of_sex * of_age * 0.5 * fat


def _identity(w: Weights, p: Person) -> None:
    r = p.stream("shape")
    amounts = np.clip(r.normal(size=len(DIRECTIONS)), -2, 2)
    for amount, direction in zip(amounts, DIRECTIONS, strict=True):
        for stem, value in direction.items():
            w.slide(stem, float(amount) * value)
    for outline, share in zip(OUTLINES, r.random(len(OUTLINES)), strict=True):
        w[f"head-{outline}"] += 0.25 * float(share) ** 4
    # And a little of everything by itself.
    for stem, (loose, skew) in zip(STEMS, r.normal(0, (LOOSENED, ASYMMETRY / 2), (len(STEMS), 2)), strict=True):
        w.slide(stem, float(loose), float(skew))
    crooked = [name for name in anatomy().index if name.startswith("asym-")]
    for name, amount in zip(crooked, np.abs(r.normal(0, ASYMMETRY, len(crooked))), strict=True):
        w[name] += float(amount)
    w.slide("chin-width", -0.3 - 0.25 * p.female)  # the average of the targets is heavy-jawed
    w.slide("head-scale-horiz", -0.2)
    w.slide("eye-scale", 0.2)
    w.slide("eye-height2", 0.08)
    w.slide("mouth-trans", 0.2)
    w.slide("mouth-upperlip-height", -0.1)
    w.slide("mouth-lowerlip-height", -0.2)
    w["head-oval"] += 0.2 + 0.15 * p.female
    w.slide("eye-epicanthus", -0.5 * p.ancestry[1])


def _attributes(w: Weights, p: Person) -> None:
    w["neck-double-incr"] += 1.8 * p.double_chin
    w.slide("chin-jaw-drop", 0.45 * p.double_chin)
    w.slide("eye-bag", 1.2 * p.eye_bags + 0.25 * p.wrinkled)
    for stem, amount in (("eye-height1", 0.65), ("eye-height2", 1.1), ("eye-height3", 0.65)):
        w.slide(stem, -amount * p.eye_narrow)
    w.slide("nose-point-width", -1.9 * p.nose_point)
    w.slide("nose-volume", -0.8 * p.nose_point)
    w.slide("nose-scale-depth", 0.9 * p.nose_point)
    for stem in ("nose-width1", "nose-width2", "nose-width3", "nose-nostrils-width", "nose-flaring"):
        w.slide(stem, 0.65 * p.nose_width - 0.12)
    for stem in ("upperlip-height", "lowerlip-height", "upperlip-volume", "lowerlip-volume"):
        w.slide(f"mouth-{stem}", (1.0 if p.lip_size > 0 else 0.8) * p.lip_size)
    w.slide("cheek-volume", 1.0 * p.cheeks)


def mood(p: Person, r: Stream) -> tuple[int, float]:
    """Number and strength of one of EXPRESSIONS, with which a person's stream of the expression begins.

    The studio look knows the first two.
    """
    return int(r.integers(len(EXPRESSIONS) if p.look == "wild" else 2)), float(r.uniform(0.3, 1.0))


def _expression(w: Weights, p: Person) -> None:
    r = p.stream("expression")
    smile, broad = p.smile, max(0.0, p.smile - 0.4)
    units = {"mouthSmile": 1.25 * smile, "cheekSquint": 0.7 * smile, "eyeSquint": 0.35 * smile + 0.05}
    units |= {"mouthUpperUp": 1.0 * broad, "mouthLowerDown": 0.8 * broad, "mouthStretch": 0.2 * smile}
    units |= {"jawOpen": 0.14 * broad, "mouthDimple": 0.4 * smile}
    kind, strength = mood(p, r)
    # A smile leaves less of any other mood, so that it can be seen.
    for unit, value in EXPRESSIONS[kind].items():
        units[unit] = units.get(unit, 0) + value * strength * (1 - 0.7 * smile)
    units["browInnerUp"] = units.get("browInnerUp", 0) + float(r.uniform(0, 0.25))
    uneven = iter(r.normal(1, 0.12, 99))
    for unit, value in units.items():
        sides = ("",) if unit in anatomy().index else ("Left", "Right")
        for side in sides:
            w[unit + side] += float(np.clip(value * next(uneven), 0, 1.4))


EXPRESSIONS: tuple[Mapping[str, float], ...] = (
    {},
    {"mouthPress": 0.3, "eyeSquint": 0.2},
    {"jawOpen": 0.5, "mouthLowerDown": 0.3},
    {"jawOpen": 0.55, "mouthSmile": 0.9, "mouthUpperUp": 0.5, "cheekSquint": 0.7, "eyeSquint": 0.6, "eyeBlink": 0.2},
    {"browDown": 0.9, "mouthFrown": 0.7, "noseSneer": 0.3, "eyeSquint": 0.4},
    {"browInnerUp": 0.9, "browOuterUp": 0.8, "eyeWide": 0.8, "jawOpen": 0.35},
    {"eyeBlink": 1.0},
    {"eyeBlink": 0.35, "eyeSquint": 0.8},
    {"mouthPucker": 0.8, "mouthFunnel": 0.3},
    {"mouthSmileLeft": 0.8, "mouthLeft": 0.4, "eyeSquintLeft": 0.4, "browOuterUpRight": 0.5},
    {"mouthFunnel": 0.6, "jawOpen": 0.3},
    {"mouthRollLower": 0.6, "mouthPress": 0.4, "browInnerUp": 0.3},
    {"mouthUpperUp": 0.6, "mouthLowerDown": 0.7, "mouthStretch": 0.5, "jawOpen": 0.1},
    {"jawOpen": 1.0, "mouthSmile": 0.5, "eyeSquint": 0.5},
)
