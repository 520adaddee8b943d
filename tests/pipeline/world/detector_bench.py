"""Whether detectors of photographs find the people, and how far a face mesh's points lie from the true ones.

    FACE_EDIT_WEIGHTS=FOLDER .venv/bin/python -m tests.pipeline.world.detector_bench --count 100

Needs the nets of `face-edit models fetch faces`. Prints the share of studio people in front view that YuNet and the
face mesh find, and the median distance of the mesh's points from the true ones, as shares of the distance of the eyes.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.core.model_sets import model_set
from pipeline.core.weights import expected_path
from pipeline.photo.face_mesh import open_face_mesh
from pipeline.photo.yunet import YuNet
from pipeline.world.person import draw
from pipeline.world.render import render

POINTS = {
    "eye corners": (36, 39, 42, 45),
    "mouth corners": (48, 54),
    "lip middles": (51, 57, 62, 66),
    "lid middles": (37, 38, 40, 41, 43, 44, 46, 47),
    "nose tip": (30,),
    "chin": (8,),
    "brows": tuple(range(17, 27)),
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=100)
    arguments.add_argument("--first", type=int, default=2_000_000)
    args = arguments.parse_args()
    yunet = YuNet(Path(expected_path(model_set("faces").files["detector"])))
    mesh = open_face_mesh()
    assert mesh is not None, "face-edit models fetch faces"
    found, meshed, off = 0, 0, defaultdict(list)
    for seed in range(args.first, args.first + args.count):
        person = draw(seed)
        portrait = render(replace(person, yaw=0.4 * person.yaw))
        faces = yunet.look(portrait.rgb)
        found += bool(faces)
        if not faces:
            print(f"YuNet finds nothing in {seed}")
            continue
        landmarks = mesh.landmarks(portrait.rgb, faces[0])
        meshed += landmarks.is_face
        if not landmarks.is_face:
            print(f"the mesh finds nothing in {seed}")
        ours, theirs = portrait.landmarks, landmarks.ibug_68
        between = np.linalg.norm(ours[36:42].mean(0) - ours[42:48].mean(0))
        for name, rows in POINTS.items():
            off[name].append(np.linalg.norm(ours[list(rows)] - theirs[list(rows)], axis=1).mean() / between)
    print(f"YuNet {found} of {args.count}, mesh {meshed} of {args.count}")
    for name, values in off.items():
        print(f"{name:14s} median {100 * np.median(values):.1f} %")


if __name__ == "__main__":
    main()
