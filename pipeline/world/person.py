"""A person's parameters: what can be said and edited stands here, everything else follows from the seed by topic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.world.stream import Stream

Look = Literal["studio", "wild"]
HELD_OUT_SEED = 900_000_000
"""First seed of the people that no net is trained on."""
TRAITS: Mapping[str, int] = {
    "shape": 27,
    "expression": 3,
    "gaze": 2,
    "eyes": 15,
    "teeth": 1,
    "skin": 19,
    "surface": 7,
    "brows": 1,
    "lashes": 1,
    "beard": 3,
    "hairline": 3,
    "hair style": 2,
    "hair cut": 2,
    "hair colour": 8,
    "strand colours": 1,
    "parting": 4,
    "bangs": 4,
    "locks": 5,
    "knot": 1,
    "glasses": 11,
    "cloth": 7,
    "cloth colour": 17,
    "background": 10,
    "light": 25,
    "exposure": 1,
    "camera": 1,
    "film": 3,
}
"""How many numbers of each topic tell one picture of the studio look from another."""
BEARDED, BEARDED_WOMEN = 0.05, 0.3
"""Beard from which on hair grows on a face; share of the women of the wild look who may have one."""

OWN = ("shape", "eyes", "teeth", "skin", "surface", "brows", "lashes", "beard", "hairline", "strand colours")
"""Topics that a person keeps on every occasion."""


PASSING = (
    *("yaw", "pitch", "roll", "smile", "blond", "grey", "curl", "hair_length", "bangs", "beard", "glasses"),
    *("double_chin", "eye_bags"),
)
"""Parameters that change from one occasion to another."""


@dataclass(frozen=True)
class Person:
    """One person in front of a camera.

    The attributes of configs/attributes.yaml have their names there, 0..1 where nothing else is said. What has no
    parameter (the cut of the glasses, the colour of a shirt, freckles, light, camera) follows from the traits and the
    noise of a topic, so that a changed parameter reshuffles nothing.

    Attributes:
        seed: Fixes everything that the parameters leave open.
        look: `studio`: all of the picture follows from what can be said; `wild`: accessories, occluders, far turns and
            the ways of photographs besides.
        female: Sex, with everything between 0 and 1.
        age: 0 is 18 years, 1 is 80.
        ancestry: Shares of African, Asian and European shapes; they add up to 1.
        weight: 0.5 is average.
        tone: Skin from pale to dark.
        blond: Hair from black over brown to blond.
        grey, bald, bangs, curl: Of the hair; switches of which 0.5 is the border.
        hair_length: 0 cropped, 0.5 to the chin, 1 to the chest.
        smile: 0 neutral, 1 broad.
        beard: 0 none, 0.5 short, 1 full.
        glasses, double_chin: 0 none, 1 full.
        eye_bags, eye_narrow, nose_point, nose_width, lip_size, cheeks: Cursors in -1..1.
        yaw, pitch, roll: Degrees; positive turns to the person's left, down, and clockwise in the picture.
        occasion: Seed of all topics but OWN; None for `seed`.
        original: The person whose camera, light and exposure are kept: set by `counterfactual`.
    """

    seed: int
    look: Look = "studio"
    female: float = 1.0
    age: float = 0.2
    ancestry: tuple[float, float, float] = (0.0, 0.0, 1.0)
    weight: float = 0.5
    tone: float = 0.2
    blond: float = 0.4
    grey: float = 0.0
    bald: float = 0.0
    bangs: float = 0.0
    curl: float = 0.0
    hair_length: float = 0.4
    smile: float = 0.2
    beard: float = 0.0
    glasses: float = 0.0
    double_chin: float = 0.0
    eye_bags: float = 0.0
    eye_narrow: float = 0.0
    nose_point: float = 0.0
    nose_width: float = 0.0
    lip_size: float = 0.0
    cheeks: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    occasion: int | None = None
    original: Person | None = None

    def traits(self, topic: str) -> NDArray[np.float64]:
        """Uniform numbers of a topic: the same for the same seed, independent of every other topic."""
        return np.random.default_rng([self._seed(topic), *topic.encode()]).random(TRAITS.get(topic, 0))

    def stream(self, topic: str) -> Stream:
        """The random numbers of a topic. Noise is a person's own, in the studio look everybody's."""
        own = [] if self.look == "studio" else [self._seed(topic)]
        return Stream(self.traits(topic), np.random.default_rng([*own, 1, *topic.encode()]))

    def _seed(self, topic: str) -> int:
        return self.seed if self.occasion is None or topic in OWN else self.occasion

    @property
    def years(self) -> float:
        """Age in years."""
        return 18 + 62 * self.age

    @property
    def wrinkled(self) -> float:
        """How much age shows: 0 up to about 30 years, 1 at 80."""
        return float(np.clip((self.years - 28) / 50, 0, 1)) ** 1.2


def counterfactual(person: Person, **values: float) -> Person:
    """The same person in the same picture, with the named parameters changed; camera, light and exposure stay."""
    return replace(person, original=person.original or person, **values)  # type: ignore[arg-type]


def on_another_occasion(person: Person, occasion: int) -> Person:
    """The same person at another time and place: pose, expression, hair, beard, glasses, and most of these change."""
    other, r = draw(occasion, person.look), np.random.default_rng([occasion, *b"occasion"])
    changed = {name: getattr(other, name) for name in PASSING if r.random() < 0.75}
    changed["beard"] = changed.get("beard", person.beard) * (1 - person.female)
    return replace(person, occasion=occasion, **changed)


def draw(seed: int, look: Look = "studio") -> Person:
    """A random person: both sexes, 18 to 80 years, all ancestries; attributes as likely as a training wants them."""
    r = np.random.default_rng([seed, *b"person"])
    female = float(r.random() < 0.52)
    ancestry = r.dirichlet((0.3, 0.3, 0.45))
    age = float(np.clip(r.beta(1.0, 1.5), 0, 1))
    tone = float(np.clip(ancestry @ (0.72, 0.32, 0.16) + r.normal(0, 0.09), 0.0, 1))
    fair = r.random() < (0.8 if ancestry[2] > 0.4 else 0.2)
    blond = float(r.uniform(0.2, 1.0) if fair else r.beta(1, 6))
    grey = float(r.random() < np.interp(age, [0.3, 0.6, 0.9], [0.02, 0.3, 0.8]))
    bald = float(r.random() < (1 - female) * np.interp(age, [0.1, 0.7], [0.05, 0.25]))
    length = float(r.beta(1.6, 1.3) if female > 0.5 else r.beta(1.0, 4.5))
    curl = float(r.random() < 0.25 + 0.6 * ancestry[0])
    cursor = [float(x) for x in np.clip(r.normal(0, 0.45, 6), -1, 1)]
    wild = look == "wild"
    pose = r.normal(0, (24, 9, 7) if wild else (9, 4.5, 1.5)).clip((-60, -30, -25) if wild else (-20, -12, -4), None)
    yaw, pitch, roll = (float(x) for x in np.minimum(pose, (60, 30, 25) if wild else (20, 12, 4)))
    return Person(
        seed=seed,
        look=look,
        female=female,
        age=age,
        ancestry=(float(ancestry[0]), float(ancestry[1]), float(ancestry[2])),
        weight=float(r.beta(2.6, 3.0)),
        tone=tone,
        blond=blond,
        grey=grey,
        bald=bald,
        bangs=float(r.random() < (0.35 if female else 0.2)),
        curl=curl,
        hair_length=length,
        smile=float(np.clip(r.normal(0.5, 0.45), 0, 1)),
        beard=float(np.clip(r.normal(0.15, 0.5), 0, 1) * _beardable(seed, female, look)),
        glasses=float(r.random() < 0.2),
        double_chin=float(np.clip(r.normal(-0.3, 0.5), 0, 1)),
        eye_bags=cursor[0],
        eye_narrow=cursor[1],
        nose_point=cursor[2],
        nose_width=cursor[3],
        lip_size=cursor[4],
        cheeks=cursor[5],
        yaw=yaw,
        pitch=pitch,
        roll=roll,
    )


def _beardable(seed: int, female: float, look: Look) -> float:
    """Factor of a beard: 1 for men, and for some women of the wild look, so that nets learn to see the beard."""
    r = np.random.default_rng([seed, *b"bearded woman"])
    return 1 - female if look == "studio" or r.random() > BEARDED_WOMEN else 1.0


def company(person: Person) -> Stream | None:
    """Random numbers of somebody beside a person; None where nobody is."""
    r = person.stream("company")
    return r if person.look == "wild" and r.random() <= 0.13 else None


def parameters(person: Person) -> NDArray[np.float32]:
    """All parameters as they are, in the order of the fields."""
    values = [getattr(person, f.name) for f in fields(person) if f.name not in ("seed", "look", "occasion", "original")]
    return np.hstack(values).astype(np.float32)
