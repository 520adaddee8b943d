"""A drawn face whose landmarks are known: ellipses, in the aligned square."""

import cv2
import numpy as np

from pipeline.core.crop import FFHQ_512, Points
from pipeline.core.types import Image
from pipeline.photo.landmarks import FaceLandmarks, vertices
from postprocess.labels import Labels, Lapa

SIZE = 512
OVAL = (256.0, 290.0, 130.0, 170.0)
EYES = {"left": (193.0, 240.0, 26.0, 12.0), "right": (319.0, 240.0, 26.0, 12.0)}
BROWS = {"left": (193.0, 208.0, 32.0, 5.0), "right": (319.0, 208.0, 32.0, 5.0)}
LIPS, GAP = (256.0, 371.0, 56.0, 24.0), (256.0, 371.0, 44.0, 8.0)
"""Middles and half axes of the parts, pixels."""
IRIS = 10.0
SKIN, HAIR, LIP, TOOTH, WHITE, BROWN = (
    (205, 160, 135),
    (40, 30, 25),
    (170, 85, 85),
    (235, 230, 215),
    (225, 220, 215),
    (70, 45, 30),
)
POINTS: Points = np.array([EYES["left"][:2], EYES["right"][:2], FFHQ_512[2] * SIZE, (200.0, 371.0), (312.0, 371.0)])
"""Its five points."""


def ellipse(place: tuple[float, float, float, float], count: int = 64) -> Points:
    """Points (count, 2) around an ellipse, from the top to the left."""
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    x, y, wide, high = place
    return np.stack([x - wide * np.sin(angle), y - high * np.cos(angle)], 1)


def paint(canvas: np.ndarray, place: tuple[float, float, float, float], value: object) -> None:
    cv2.fillPoly(canvas, [np.rint(ellipse(place) * 16).astype(np.int32)], value, cv2.LINE_8, 4)  # type: ignore[arg-type]


def drawn(closed: bool = False) -> tuple[Image, Labels]:
    """The picture, uint8 (512, 512, 3), and its true labels, LaPa's classes (512, 512); with open or closed eyes."""
    image, labels = np.full((SIZE, SIZE, 3), HAIR, np.uint8), np.full((SIZE, SIZE), Lapa.HAIR, np.uint8)
    layers = [(OVAL, SKIN, Lapa.SKIN), ((256.0, 315.0, 22.0, 30.0), SKIN, Lapa.NOSE), (LIPS, LIP, Lapa.LOWER_LIP)]
    layers += [(GAP, TOOTH, Lapa.MOUTH)]
    for side, (brow, eye) in {
        "left": (Lapa.LEFT_BROW, Lapa.LEFT_EYE),
        "right": (Lapa.RIGHT_BROW, Lapa.RIGHT_EYE),
    }.items():
        layers += [(BROWS[side], HAIR, brow)] + ([] if closed else [(EYES[side], WHITE, eye)])
        x, y = EYES[side][:2]
        layers += [] if closed else [((x, y, IRIS, IRIS), BROWN, eye)]
    for place, colour, label in layers:
        paint(image, place, colour)
        paint(labels, place, int(label))
    noise = np.random.default_rng(0).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8), labels


def landmarks(irises: bool = True) -> FaceLandmarks:
    """What a perfect mesh sees in it."""
    places = {"oval": OVAL, "lips_outer": LIPS, "lips_inner": GAP}
    places |= {f"{side}_eye": place for side, place in EYES.items()}
    places |= {f"{side}_brow": place for side, place in BROWS.items()}
    points = np.zeros((468, 3))
    for name, outline in vertices()["outlines"].items():
        points[outline, :2] = ellipse(places[name], len(outline))
    points[1, :2] = POINTS[2]
    circles = {side: np.array([(x, y), *ellipse((x, y, IRIS, IRIS), 4)]) for side, (x, y, *_) in EYES.items()}
    return FaceLandmarks(points, 1.0, 0.0, circles if irises else None)


class DrawnMesh:
    """A mesh that sees the drawn face wherever it is shown a picture of 512 pixels."""

    def landmarks(self, image: Image, face: object) -> FaceLandmarks:
        assert image.shape[:2] == (SIZE, SIZE)
        return landmarks(irises=False)

    def with_irises(self, image: Image, seen: FaceLandmarks) -> FaceLandmarks:
        return landmarks()
