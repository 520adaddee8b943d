"""Pictures of a real photograph for the pages: NASA's portrait of Eileen Collins, public domain, from scikit-image.

Its face is found and parsed by the nets of `face-edit models fetch faces` and by embedded ones.
"""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import cv2
import numpy as np
from skimage.color import label2rgb
from skimage.data import astronaut

from apps.cli import main
from pipeline.beautify import open_parser
from pipeline.beautify.contours import parts_by_landmarks
from pipeline.core.crop import apply
from pipeline.core.images import read_image, resize, write_image
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.types import Image
from pipeline.photo.detector import open_detector
from pipeline.photo.face_mesh import open_face_mesh
from pipeline.photo.faces import crop_face
from tests.support.captions import captioned
from tests.support.photos import worn

SIDE = 256
WEAR = 8
"""Number of the wear, see `worn`."""


def picture_of_a_photograph() -> Image:
    """Eight panels of `SIDE` pixels with captions; raises MissingWeights without the set `faces`."""
    photo = np.asarray(astronaut(), np.uint8)
    (face,) = open_detector().detect(photo)
    crop, place = crop_face(photo, face, 2 * SIDE)
    mesh = open_face_mesh()
    assert mesh is not None, "run `face-edit models fetch faces`"
    turned = replace(face, points=apply(place.to_crop(), face.points))
    landmarks = mesh.with_irises(crop, mesh.landmarks(crop, turned))
    parts = parts_by_landmarks(crop, open_parser("demo", "cpu")(crop), landmarks, False)
    old = worn(photo, WEAR)
    strong = ("--look", "strong", "--lips", "0.6", "--lip-colour", "#b03a56", "--iris", "0.6", "--parser", "demo")
    beautified, restored = through("beautify", photo, *strong), through("restore", old, "--model", "demo")
    panels = {
        "a photograph": resize(photo, SIDE),
        "aligned": resize(crop, SIDE),
        "landmarks": resize(dotted(crop, landmarks.points[:, :2]), SIDE),
        "parts": resize(np.uint8(255 * label2rgb(parts.labels, crop, alpha=0.4, bg_label=0)), SIDE),
        "beautified, put back": resize(beautified, SIDE),
        "its face": crop_face(beautified, face, SIDE)[0],
        "worn": crop_face(old, face, SIDE)[0],
        "restored": crop_face(restored, face, SIDE)[0],
    }
    return captioned(panels, 4)


EDITS = {
    "fuller lips": "Bp_max", "wider nose": "Bn_max", "narrower eyes": "N_max", "older": "A_2",
    "black hair": "Hc_0", "glasses": "Gl_1",
}  # fmt: skip


def edited_photograph() -> Image:
    """The photograph and six edits of it by the embedded nets, 260 pixels each with a caption; nothing is fetched."""
    with tempfile.TemporaryDirectory() as folder:
        photos, out = Path(folder) / "photos", Path(folder) / "out"
        write_image(photos / "photo.png", np.asarray(astronaut(), np.uint8))
        edits = ("--edits", ",".join(EDITS.values()))
        with patch.dict(os.environ, {HOME_VARIABLE: str(Path(folder) / "weights")}):
            assert main(["run-pipeline", "--photos", str(photos), "--output-dir", str(out), *edits]) == 0
        pictures = {"a photograph": np.asarray(astronaut(), np.uint8)}
        pictures |= {title: read_image(out / "photos" / "photo" / f"{name}.png") for title, name in EDITS.items()}
    faces = {title: resize(picture[5:215, 122:332], 260) for title, picture in pictures.items()}
    return captioned(faces, len(faces))


def through(command: str, photo: Image, *options: str) -> Image:
    """What a command makes of a photo."""
    with tempfile.TemporaryDirectory() as folder:
        photos, out = Path(folder) / "photos", Path(folder) / "out"
        write_image(photos / "photo.png", photo)
        assert main([command, str(photos), "--output-dir", str(out), *options]) == 0
        return read_image(next(out.rglob("photo.png")))


def dotted(image: Image, points: np.ndarray) -> Image:
    """A picture with dots at points (n, 2)."""
    drawn = image.copy()
    for x, y in points:
        cv2.circle(drawn, (round(16 * x), round(16 * y)), 24, (0, 255, 255), -1, cv2.LINE_AA, 4)
    return drawn
