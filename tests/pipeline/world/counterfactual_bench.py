"""What each counterfactual changes, by part of the picture: the leakage of the people themselves.

    OMP_NUM_THREADS=1 .venv/bin/python -m tests.pipeline.world.counterfactual_bench --count 10

Prints, for every value of configs/attributes.yaml, the mean absolute change, of 255, of the pixels that have the same
class before and after, by part; mean over the studio people who have the part. A person who has the value already is
left out, as is one on whom it does not show. The last column counts the people that were left.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping

import cv2
import numpy as np

from pipeline.core.attributes import attributes, canonical
from pipeline.world.attributes import shows
from pipeline.world.person import Person, counterfactual, draw
from pipeline.world.render import Portrait, render
from postprocess.labels import CelebAMask

PARTS = {
    "background": (CelebAMask.BACKGROUND,),
    "hair": (CelebAMask.HAIR,),
    "clothes": (CelebAMask.CLOTHES,),
    "skin": (CelebAMask.SKIN, CelebAMask.NECK, CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR),
    "nose": (CelebAMask.NOSE,),
    "lips": (CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP, CelebAMask.MOUTH),
    "eyes": (CelebAMask.LEFT_EYE, CelebAMask.RIGHT_EYE),
    "brows": (CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW),
}
FAR = 0.08
"""Of the picture's side: stray hairs that cover less than half a pixel lie so far outside the hair's class."""
NAMES = tuple(name for attribute in attributes().values() for name in attribute.identifiers)


def changes(before: Portrait, after: Portrait) -> dict[str, float]:
    """Mean absolute change of each part that both pictures show, of 255; `far`: background away from the person."""
    change = np.abs(after.rgb.astype(int) - before.rgb).mean(2)
    kept = before.labels == after.labels
    parts = {part: change[kept & np.isin(before.labels, classes)] for part, classes in PARTS.items()}
    empty = ((before.labels == CelebAMask.BACKGROUND) & (after.labels == CelebAMask.BACKGROUND)).astype(np.uint8)
    parts["far"] = change[cv2.distanceTransform(empty, cv2.DIST_L2, 5) > len(change) * FAR]
    return {part: float(found.mean()) for part, found in parts.items() if len(found)}


def measured(people: Iterable[Person], size: int = 256) -> Mapping[str, list[dict[str, float]]]:
    """`changes` of every person on whom a value shows, by its identifier."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in NAMES}
    for person in people:
        before = render(person, size)
        for name in NAMES:
            if shows(person, name):
                found[name].append(changes(before, render(counterfactual(person, **canonical(name)), size)))
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=10)
    arguments.add_argument("--first", type=int, default=900_000_000)
    args = arguments.parse_args()
    print(f"{'':7s}" + "".join(f"{part:>11s}" for part in (*PARTS, "far")) + f"{'people':>8s}")
    for name, rows in measured(map(draw, range(args.first, args.first + args.count))).items():
        means = (np.mean([row[part] for row in rows if part in row] or [np.nan]) for part in (*PARTS, "far"))
        print(f"{name:7s}" + "".join(f"{mean:11.1f}" for mean in means) + f"{len(rows):8d}", flush=True)


if __name__ == "__main__":
    main()
