from dataclasses import replace

import numpy as np
import pytest

from pipeline.photo.landmarks import CORNERS, FaceLandmarks, vertices
from pipeline.quality.movement import (
    ALAE,
    LIDS,
    TARGETS,
    Seen,
    elsewhere,
    eye_distance,
    eye_opening,
    lip_area,
)

SIZE = 256


def face() -> np.ndarray:
    """Points (468, 3) of a plain aligned face: eyes 62 pixels apart, lips a ring, the rest at the chin."""
    points = np.full((468, 3), (128.0, 225.0, 0.0))
    for side, x in (("left", 97), ("right", 159)):
        outline = vertices()["outlines"][f"{side}_eye"]
        angle = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        points[outline, :2] = np.column_stack([x + 13 * np.cos(angle), 120 + 4 * np.sin(angle)])
        first, last = CORNERS[side]
        points[first, :2], points[last, :2] = (x - 13, 120), (x + 13, 120)
        points[LIDS[side][0], :2], points[LIDS[side][1], :2] = (x, 116), (x, 124)
    for name, radius in (("lips_outer", 20), ("lips_inner", 12)):
        outline = vertices()["outlines"][name]
        angle = np.linspace(0, 2 * np.pi, len(outline), endpoint=False)
        points[outline, :2] = np.column_stack([128 + radius * np.cos(angle), 190 + radius / 2 * np.sin(angle)])
    points[list(ALAE), :2] = (108, 155), (148, 155)
    return points


def seen(points: np.ndarray, **changes: object) -> Seen:
    judged = {"Sm": np.float32([[0.9, 0.1]]), "Gl": np.float32([[0.9, 0.1]]), "Bd": np.float32([[0.9, 0.1]])}
    landmarks = FaceLandmarks(points, 1.0)
    return replace(Seen(landmarks, landmarks, judged, np.float32([40, 5, 10])), **changes)  # type: ignore[arg-type]


def test_measures_of_a_plain_face() -> None:
    plain = seen(face())
    assert eye_distance(plain.landmarks) == pytest.approx(62, abs=0.5)
    assert eye_opening(plain) == pytest.approx(8 / 26, abs=0.01)
    assert lip_area(plain) == pytest.approx(np.pi / 2 * (20**2 - 12**2) / 62**2, rel=0.05)


@pytest.mark.parametrize(("name", "vertices_", "factor"), [("Bn_max", ALAE, 1.1), ("Bn_min", ALAE, 0.9)])
def test_a_wider_nose_moves_as_asked_and_a_thinner_one_against(
    name: str, vertices_: tuple[int, int], factor: float
) -> None:
    after = face()
    after[list(vertices_), 0] = 128 + factor * (after[list(vertices_), 0] - 128)
    assert TARGETS[name].moved(seen(face()), seen(after)) == pytest.approx(0.1, abs=1e-6)
    other = {"Bn_max": "Bn_min", "Bn_min": "Bn_max"}[name]
    assert TARGETS[other].moved(seen(face()), seen(after)) < 0


def test_what_moves_elsewhere_is_what_the_edit_may_not_move() -> None:
    wings, lids = face(), face()
    wings[list(ALAE), 0] += 3
    lids[152, 1] += 310  # the chin
    assert elsewhere("Bn_max", seen(face()), seen(wings), SIZE) == 0
    assert elsewhere("Bn_max", seen(face()), seen(lids), SIZE) > 0.1
    assert np.isnan(elsewhere("Hc_1", seen(face()), seen(lids), SIZE))  # hair may be anywhere


def test_targets_that_are_there_already() -> None:
    plain = seen(face())
    assert not any(target.has_already(plain) for target in TARGETS.values())
    smiling = seen(face(), judged={**plain.judged, "Sm": np.float32([[0.2, 0.8]])}, hair=np.float32([18, 2, 3]))
    assert [name for name, target in TARGETS.items() if target.has_already(smiling)] == ["Sm_1", "Hc_0"]


@pytest.mark.parametrize(
    ("hair", "blond"),
    [
        *(([45, 14, 24], True), ([70, 0, 2], True)),
        *(([36, 12, 21], False), ([45, 5, 14], False), ([48, 29, 43], False)),
    ],
)
def test_blond_is_bright_or_yellow(hair: list[float], blond: bool) -> None:
    assert TARGETS["Hc_1"].has_already(seen(face(), hair=np.float32(hair))) == blond
