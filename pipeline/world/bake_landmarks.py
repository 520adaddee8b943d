"""Find the vertices of landmarks and outlines on the average face: writes landmarks.json.

    python -m pipeline.world.bake_landmarks

Landmarks are those of iBUG's 300-W (Sagonas et al., 2013) in their order; outlines have the names of a face mesh's
contours: eyes (16 points), brows (10), lips_outer and lips_inner (20), oval (36). Left is left in the picture.
"""

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from pipeline.world import face_map
from pipeline.world.anatomy import Floats, anatomy, halves, unrolled
from pipeline.world.kernels import raster
from pipeline.world.mesh import EYEBALL, cap, fine, fit_sphere

SIZE = 1600  # pixels of the views in which contours are found
SCALE = 1600.0  # pixels per dm
CANTHUS = 0.018  # dm from where an eyeball ends to the corner of its eye


def flat(points: Floats, centre: Floats) -> Floats:
    """Front view (n, 3): pixels about `centre` and distance."""
    q = points - centre
    return np.stack([q[:, 0] * SCALE + SIZE / 2, -q[:, 1] * SCALE + SIZE / 2, 10 - q[:, 2]], 1).astype(np.float32)


def contour(mask: NDArray[np.bool_], count: int) -> Floats:
    """`count` points on the outline of the largest spot: from its left end along the top to its right end, and back."""
    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    line = max(found, key=len)[:, 0].astype(np.float32)
    line = np.roll(line, -int(line[:, 0].argmin()), 0)
    half = int(line[:, 0].argmax())
    upper, lower = line[: half + 1], line[half:]
    if upper[:, 1].mean() > lower[:, 1].mean():
        upper, lower = lower[::-1], upper[::-1]
    share = 0.5 - 0.5 * np.cos(np.linspace(0, np.pi, count // 2 + 1))  # denser at the corners
    x = line[:, 0].min() + share * np.ptp(line[:, 0])

    def side(part: Floats) -> Floats:
        order = part[:, 0].argsort(kind="stable")
        return np.stack([x, np.interp(x, part[order, 0], part[order, 1])], 1)

    return np.concatenate([side(upper), side(lower)[-2:0:-1]])


def average(**units: float) -> Floats:
    """Fine vertices of the average young face with some targets."""
    body = anatomy()
    macro = [f"{who}-{sex}-young" for who in ("african", "asian", "caucasian") for sex in ("female", "male")]
    row = np.zeros(len(body.index), np.float32)
    row[[body.index[name] for name in macro]] = 1 / 6
    for name, value in units.items():
        row[body.index[name]] = value
    return fine(body, (body.rest + (body.targets.T @ row).reshape(-1, 3)).astype(np.float32))


def find() -> dict[str, list[int]]:
    """Vertices by name: `ibug` (68) and the outlines."""
    body, face = anatomy(), average()
    u, y = unrolled(body.canonical)
    normals = raster.vertex_normals(face, body.triangles)
    skin = np.unique(body.triangles)

    def nearest(points: Floats, view: Floats, allowed: NDArray[np.bool_]) -> list[int]:
        rows = skin[allowed[skin]]
        return [int(v) for v in rows[cKDTree(view[rows, :2]).query(points)[1]]]

    out = dict[str, list[int]]()
    for name, part in (("left_eye", "r-eye"), ("right_eye", "l-eye")):
        eye = fit_sphere(face[np.unique(body.parts[part])])
        ball, faces = cap(24, 48, 0.6 * np.pi)
        view = flat(np.concatenate([face, eye.centre + ball * eye.radius * EYEBALL]).astype(np.float32), eye.centre)
        triangles = np.concatenate([body.triangles, faces + len(face)]).astype(np.int32)
        ids, _, _ = raster.raster(view, triangles, np.ones(len(view), np.float32), SIZE)
        close = (np.linalg.norm(face - eye.centre, axis=1) < 0.34) & (face[:, 2] > eye.centre[2] + 0.02)
        line = contour(ids >= len(body.triangles), 16)
        line[[0, 8], 0] += np.array([-CANTHUS, CANTHUS]) * SCALE
        out[name] = nearest(line, view, close & (normals[:, 2] > -0.2))

    middle = face[(np.abs(u) < 0.2) & (body.masks["lips"] > 0.5)].mean(0)
    lip = (body.masks["lips"] > 0.5) & (body.masks["inside-mouth"] < 0.5)
    front = (body.masks["inside-mouth"] < 0.6) & (face[:, 2] > middle[2] - 0.35)
    view = flat(face, middle)
    ids, weight, _ = raster.raster(view, body.triangles, np.ones(len(view), np.float32), SIZE)
    corner = body.triangles[np.maximum(ids, 0)]
    values = np.maximum(body.masks["lips"], body.masks["inside-mouth"])[corner]
    value = values[..., 0] * (1 - weight.sum(-1)) + values[..., 1] * weight[..., 0] + values[..., 2] * weight[..., 1]
    out["lips_outer"] = nearest(contour((value > face_map.LIPS_END) & (ids >= 0), 20), view, front)
    open_ = average(jawOpen=0.5)
    view = flat(open_, middle)
    teeth = np.concatenate([halves(body.parts[name]) for name in ("upper-teeth", "lower-teeth", "tongue")])
    triangles = np.concatenate([body.triangles, teeth]).astype(np.int32)
    ids, _, _ = raster.raster(view, triangles, np.ones(len(view), np.float32), SIZE)
    inside = (body.masks["inside-mouth"] > 0.5)[triangles].all(1) | (np.arange(len(triangles)) >= len(body.triangles))
    near = np.zeros((SIZE, SIZE), bool)
    near[SIZE // 5 : -SIZE // 8, SIZE // 5 : -SIZE // 5] = True
    out["lips_inner"] = nearest(contour(near & np.where(ids < 0, True, inside[ids]), 20), view, lip)

    sheet = np.stack([u, y, y], 1).astype(np.float32)
    radius = np.hypot(body.canonical[:, 0], body.canonical[:, 2] - 0.2)
    outer = (body.masks["inside-mouth"] < 0.3) & (body.masks["ears"] < 0.3) & (normals[:, 2] > -0.7) & (radius > 0.5)

    def on_map(points: list[tuple[float, float]]) -> list[int]:
        return nearest(np.array(points, np.float32), sheet, outer)

    steps = np.linspace(0.11, 0.515, 5)
    for name, side in (("left_brow", -1), ("right_brow", 1)):
        upper = [(side * a, np.interp(a, *face_map.BROW) + 0.85 * np.interp(a, *face_map.BROW_HALF)) for a in steps]
        lower = [(side * a, np.interp(a, *face_map.BROW) - 0.85 * np.interp(a, *face_map.BROW_HALF)) for a in steps]
        out[name] = on_map(upper[::side] + lower[::-side])
    jaw = np.array(
        [(-1.10, 7.38), (-1.10, 7.14), (-1.06, 6.95), (-0.9, 6.80), (-0.72, 6.65), (-0.5, 6.47), (-0.32, 6.39)]
    )
    jaw = np.concatenate([jaw, [(-0.16, 6.345), (0, 6.32), (0.16, 6.345)], jaw[::-1] * [-1, 1]])
    jaw = jaw[np.r_[0:8, 8, 9:17]]
    top = [(0.0, 7.84), (0.2, 7.84), (0.4, 7.82), (0.58, 7.77), (0.72, 7.69), (0.85, 7.60), (0.96, 7.46), (1.05, 7.36)]
    right = [*top, *((a, b) for a, b in jaw[:8:-1] if b < 7.27)]
    right = _even([*right, (0.0, 6.33)], 19)
    out["oval"] = on_map(right + [(-a, b) for a, b in right[-2:0:-1]])

    ridge = np.abs(body.canonical[:, 0]) < 0.01
    front_of_nose = ridge & outer & (np.abs(y - 7.0) < 0.12)
    tip = int(np.flatnonzero(front_of_nose)[face[front_of_nose, 2].argmax()])
    bridge = on_map([(0.0, float(h)) for h in np.linspace(7.38, float(y[tip]), 4)[:3]])
    low = float(y[tip]) + 0.03
    under = ((-0.125, 0.07), (-0.06, 0.10), (0.0, 0.115), (0.06, 0.10), (0.125, 0.07))
    wings = on_map([(angle, low - down) for angle, down in under])
    brows = out["left_brow"][:5] + out["right_brow"][:5]
    eye_rows = [0, 3, 5, 8, 11, 13]
    lips, mouth = out["lips_outer"], out["lips_inner"]
    rows = [0, 3, 4, 5, 6, 7, 10, 13, 14, 15, 16, 17]
    inner = [0, 4, 5, 6, 10, 14, 15, 16]
    nose = [*bridge, *on_map([(0.0, low)]), *wings]
    eyes = [out["left_eye"][i] for i in eye_rows] + [out["right_eye"][i] for i in eye_rows]
    out["ibug"] = on_map([(a, b) for a, b in jaw]) + brows + nose + eyes
    out["ibug"] += [lips[i] for i in rows] + [mouth[i] for i in inner]
    return out


def _even(points: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """`count` points at even distances along a polyline."""
    line = np.array(points)
    way = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
    at = np.linspace(0, way[-1], count)
    return [(float(np.interp(t, way, line[:, 0])), float(np.interp(t, way, line[:, 1]))) for t in at]


if __name__ == "__main__":
    found = find()
    target = Path(__file__).with_name("landmarks.json")
    target.write_text("{\n" + ",\n".join(f" {json.dumps(k)}: {json.dumps(v)}" for k, v in found.items()) + "\n}\n")
