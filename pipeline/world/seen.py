"""What can be seen of a person of the studio look, in numbers on which the picture depends as directly as may be.

They are the axes of the generator's latents. A linear map of them predicts small pictures 1.5 dB better than one of the
traits that they follow from: colours are those of the picture, light is what arrives at a normal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.core.types import Floats
from pipeline.world import glasses, hair_styles, shape, skin, surfaces, tufts
from pipeline.world.background import background
from pipeline.world.camera import turned
from pipeline.world.clothes import NECKS, cut
from pipeline.world.film import tone_curve
from pipeline.world.hair_guides import parting
from pipeline.world.light import exposure, harmonics, irradiance, lights_of
from pipeline.world.person import BEARDED, Person, parameters
from pipeline.world.stream import normal_of

STYLES = (*hair_styles.SHORT, *hair_styles.MEDIUM, *hair_styles.LONG, hair_styles.AFRO, hair_styles.CURLY_CROP)
AS_THEY_ARE = (
    *("shape", "expression", "gaze", "teeth", "skin", "surface", "brows", "lashes", "hairline", "hair cut"),
    *("locks", "knot", "strand colours", "parting", "bangs", "film", "camera"),
)
"""Topics whose traits are taken as normal numbers."""
FIELDS = 3  # of the background, along each side


def seen(person: Person) -> Floats:
    """Numbers (d,): first the parameters, then light, background, colours, kinds of hair and clothes, traits."""
    light, incoming = _light(person)
    own = [
        parameters(person),
        light,
        _background(person.original or person),
        tone_curve(skin.albedo(0.95 * person.tone) * incoming),
        *_hair(person, incoming),
        *_clothes(person, incoming),
        _glasses(person),
        _beard(person),
        np.log(surfaces.iris_colour(person, person.stream("eyes"))),
        np.prod(shape.mood(person, person.stream("expression"))) * (1 - 0.7 * person.smile),
        *(normal_of(np.clip(person.traits(topic), 1e-4, 1 - 1e-4)) for topic in AS_THEY_ARE),
    ]
    return np.concatenate([np.ravel(each) for each in own]).astype(np.float32)


def _light(person: Person) -> tuple[Floats, Floats]:
    """What arrives at each normal and where lamps stand, (40,); radiance (3,) of a white surface before the camera."""
    shown = person.original or person
    rotation = turned(shown.yaw, shown.pitch)
    lights = lights_of(shown, rotation)
    exposed = exposure(shown, lights, rotation)
    arriving = irradiance(lights) * exposed
    numbers = (
        np.sign(arriving) * np.sqrt(np.abs(arriving)),
        lights.axes,
        np.log(lights.sharpness[:1]),
        np.sqrt(lights.colours.mean(1) * exposed),
    )
    front = np.asarray(np.maximum(harmonics(rotation[2]) @ arriving, 0) / np.pi, np.float32)
    return np.concatenate([each.ravel() for each in numbers], dtype=np.float32), front


def _background(person: Person) -> Floats:
    side = 16
    painted = background(person, FIELDS * side)
    return np.asarray(tone_curve(painted.reshape(FIELDS, side, FIELDS, side, 3).mean((1, 3))))


def _hair(person: Person, incoming: Floats) -> tuple[NDArray[Any], ...]:
    there, style = float(person.bald <= 0.5), hair_styles.style_of(person)
    kinds = np.array([there * (style is each) for each in STYLES])
    colour = np.asarray(tone_curve(hair_styles.hair_colour(person) * incoming))
    return colour, kinds, np.array(parting(person, style) * there)


def _clothes(person: Person, incoming: Floats) -> tuple[NDArray[Any], ...]:
    base, neck = surfaces.fabric(person.stream("cloth colour"))[0], cut(person.stream("cloth"))
    return tone_curve(base * incoming), np.array([neck == each for each in NECKS])


def _glasses(person: Person) -> NDArray[Any]:
    *form, colour = glasses.frame(person.stream("glasses"))
    usual, colour = np.array([3.5, 0.75, 0.56, 0.012]), tone_curve(colour) - 0.4
    return np.concatenate([np.array(form) / usual - 1, colour]) * float(person.glasses > 0.5)


def _beard(person: Person) -> NDArray[Any]:
    """Whether there is one, and how far it leaves cheeks (1) and chin (2) free."""
    free = {"goatee": 1.0, "moustache": 2.0}.get(tufts.beard_cut(person.stream("beard")), 0.0)
    return np.array([1.0, free]) * float(person.beard > BEARDED)
