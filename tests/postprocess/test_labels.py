"""Label sets agree by name with each other and with their own mirror image."""

from enum import IntEnum

import numpy as np
import pytest

from postprocess.labels import (
    CLASSES,
    FEATURES,
    GROUPS,
    LAPA,
    LAPA_MIRRORED,
    MIRRORED,
    CelebAMask,
    Group,
    Labels,
    Lapa,
    from_lapa,
    merge,
    to_lapa,
)


@pytest.mark.parametrize(("kinds", "names"), [(CelebAMask, CLASSES), (Group, GROUPS), (Lapa, LAPA)])
def test_names_are_in_the_order_of_the_labels(kinds: type[IntEnum], names: tuple[str, ...]) -> None:
    assert [kinds[name.upper().replace(" ", "_")] for name in names] == list(range(len(names)))


def test_published_numbers() -> None:
    """As in the data sets' own documentation."""
    assert [CelebAMask.SKIN, CelebAMask.GLASSES, CelebAMask.NOSE, CelebAMask.NECK, CelebAMask.HAT] == [1, 6, 10, 14, 18]
    assert [Lapa.SKIN, Lapa.NOSE, Lapa.UPPER_LIP, Lapa.MOUTH, Lapa.LOWER_LIP, Lapa.HAIR] == [1, 6, 7, 8, 9, 10]
    assert sorted(FEATURES) == [2, 3, 4, 5, 10, 11, 12, 13]


@pytest.mark.parametrize(("names", "mirrored"), [(CLASSES, MIRRORED), (LAPA, LAPA_MIRRORED)])
def test_mirrored_names_are_those_of_the_other_side(names: tuple[str, ...], mirrored: Labels) -> None:
    swapped = {"left": "right", "right": "left"}
    for label, name in enumerate(names):
        side, _, part = name.partition(" ")
        assert names[mirrored[label]] == (f"{swapped[side]} {part}" if side in swapped else name)


def test_classes_keep_their_names_in_both_directions() -> None:
    lapa = np.arange(len(LAPA), dtype=np.uint8)
    assert [CLASSES[label] for label in from_lapa(lapa)] == list(LAPA)
    assert (to_lapa(from_lapa(lapa)) == lapa).all()
    every = np.arange(len(CLASSES), dtype=np.uint8)
    assert [LAPA[label] for label in to_lapa(every)] == [name if name in LAPA else "background" for name in CLASSES]


def test_merged_groups() -> None:
    groups = dict(zip(CLASSES, (GROUPS[group] for group in merge(np.arange(19, dtype=np.uint8))), strict=True))
    assert groups["left eye"] == groups["right eye"] == groups["glasses"] == "eyes"
    assert groups["upper lip"] == groups["mouth"] == groups["lower lip"] == "mouth"
    assert (groups["hair"], groups["nose"], groups["background"]) == ("hair", "nose", "background")
    assert groups["clothes"] == groups["hat"] == "foreground"
    assert groups["skin"] == groups["left ear"] == groups["neck"] == "rest"
