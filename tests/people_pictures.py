"""Draws the sheets of rendered people for their page: `python -m tests.people_pictures`; needs the extra `world`.

`python -m tests.docs --pictures` draws them as well.
"""

from pathlib import Path
from typing import get_args

import numpy as np
from PIL import Image as pillow

from pipeline.core.attributes import attributes, canonical
from pipeline.core.types import Image
from pipeline.world.attributes import shows
from pipeline.world.person import Look, counterfactual, draw
from tests.support.captions import captioned

COLUMNS, SIDE = 8, 192
SMALL = 128
QUALITY = 88
"""Of JPEG: all three sheets together have less than 700 kB."""


def picture_of_people(look: Look) -> Image:
    """The people of the first 24 seeds, `SIDE` pixels each, in three rows."""
    from pipeline.world.render import render

    people = [render(draw(seed, look), SIDE).rgb for seed in range(3 * COLUMNS)]
    return np.vstack([np.hstack(people[i : i + COLUMNS]) for i in range(0, len(people), COLUMNS)])


def picture_of_attributes() -> Image:
    """A woman and a man as drawn, and with each value of each attribute that shows on them, with the identifiers."""
    from pipeline.world.render import render

    sheets = []
    for person in (draw(11), draw(18)):
        names = [name for attribute in attributes().values() for name in attribute.identifiers if shows(person, name)]
        edits = {name: render(counterfactual(person, **canonical(name)), SMALL).rgb for name in names}
        sheets.append(captioned({"as drawn": render(person, SMALL).rgb, **edits}, 11))
    return np.vstack(sheets)


def write(folder: Path) -> None:
    """Write people_studio.jpg, people_wild.jpg and people_attributes.jpg to a folder."""
    sheets = {look: picture_of_people(look) for look in get_args(Look)} | {"attributes": picture_of_attributes()}
    for name, sheet in sheets.items():
        pillow.fromarray(sheet).save(folder / f"people_{name}.jpg", quality=QUALITY)


if __name__ == "__main__":
    from tests.docs import PICTURES

    write(PICTURES)
