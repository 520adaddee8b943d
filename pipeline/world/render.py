"""One portrait: picture, classes, depth and landmarks of a person, all from the same geometry."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.world import face_map, film, hair, hair_light, skin, surfaces, tufts
from pipeline.world.anatomy import Floats, anatomy, unrolled
from pipeline.world.background import background
from pipeline.world.camera import Camera, camera_of
from pipeline.world.clothes import clothes
from pipeline.world.glasses import glasses
from pipeline.world.hair_styles import hair_colour
from pipeline.world.hats import hat_of, hat_props
from pipeline.world.held import held_props
from pipeline.world.kernels import raster, strands
from pipeline.world.landmarks import outlines_of, points_of
from pipeline.world.light import Density, Lights, exposure, front, harmonics, irradiance, lights_of, receive
from pipeline.world.mesh import Body, Material, Mesh, assemble, build_body, unit
from pipeline.world.person import Person, company, draw
from pipeline.world.portrait import Portrait
from pipeline.world.shell import shell_of
from postprocess.labels import CelebAMask, Labels

SURFACES, LINES = 2, 4  # pixels per pixel of the picture: of surfaces, of strands


@lru_cache(maxsize=4)
def body_of(person: Person) -> Body:
    """The shape of a person, kept for the pictures that follow."""
    return build_body(person)


def render(person: Person, size: int = 256) -> Portrait:
    """The portrait of a person at size x size pixels: bit-identical on the same machine."""
    shown = person.original or person
    body, first = body_of(person), body_of(shown)  # hair and hat stay where they were
    camera = camera_of(shown, first)
    lights = lights_of(shown, camera.rotation)
    frames, lenses, dark = glasses(person, body)
    hat, props = hat_of(person), frames
    if person.look == "wild":
        shell = shell_of(first)
        props = [*frames, *hat_props(person, hat, shell), *held_props(person, body, shell, camera)]
    mesh = assemble(body, clothes(person), props)
    locks = hair.grow(person, first, hat, 0.75 * size / 256)
    n = size * SURFACES
    ids, weight, depth = raster.raster(camera.project(mesh.points, n), mesh.triangles, mesh.clip, n)
    values = _lit(person, mesh, lights, np.unique(mesh.triangles[ids[ids >= 0]]), locks.density if locks else None)
    linear, labels = _surfaces(person, mesh, lights, camera, ids, weight, values)
    on = ids >= 0
    exposed = exposure(shown, lights, camera.rotation)
    linear = np.where(on[..., None], linear, _scene(shown, n) / exposed)
    for ring in lenses:
        inside = np.zeros((n, n), np.uint8)
        cv2.fillPoly(inside, [np.round(camera.project(ring, n)[:, :2] * 16).astype(np.int32)], 1, cv2.LINE_8, 4)
        labels[(inside > 0) & on] = CelebAMask.GLASSES
        linear[inside > 0] = linear[inside > 0] * (0.93 - 0.93 * dark) + 0.04 * lights.sky
    rgb, drawn, near = _strands(person, body, camera, lights, locks, linear, depth)
    light = cv2.resize(rgb, (size, size), interpolation=cv2.INTER_AREA) * exposed
    classes = labels[SURFACES // 2 :: SURFACES, SURFACES // 2 :: SURFACES].copy()
    haired = cv2.resize((drawn == tufts.Kind.HAIR).astype(np.float32), (size, size), interpolation=cv2.INTER_AREA)
    classes[haired > 0.5] = CelebAMask.HAIR
    far = near.reshape(size, LINES, size, LINES).min((1, 3))
    gaze = surfaces.gaze_of(person)
    outlines = {name: camera.project(line, size)[:, :2] for name, line in outlines_of(body, gaze).items()}
    points = camera.project(points_of(body, gaze), size)[:, :2]
    return Portrait(film.develop(shown, light), classes, np.where(classes > 0, far, 0), points, outlines)


def _scene(person: Person, size: int) -> Floats:
    """Background light (size, size, 3), at times with somebody else beside the person."""
    scene, r = background(person, size), company(person)
    if r is None:
        return scene
    other = replace(draw(int(r.integers(2**31)), "wild"), look="studio")
    beside = render(other, size // 4)
    scale, side = r.uniform(0.6, 1.1), r.choice([-1, 1])
    rows = np.array(
        [
            [scale * 4, 0, side * r.uniform(0.55, 0.85) + 0.5 - scale / 2],
            [0, scale * 4, r.uniform(-0.1, 0.3) + 0.5 - scale / 2],
        ]
    )
    rows[:, 2] *= size
    there = cv2.warpAffine((beside.labels > 0).astype(np.float32), rows, (size, size))
    there = cv2.GaussianBlur(there, (0, 0), size / 200)[..., None]
    light = cv2.warpAffine((beside.rgb / np.float32(255)) ** 2.2 * 0.7, rows, (size, size))
    return np.asarray(scene * (1 - there) + light * there, np.float32)


def _lit(person: Person, mesh: Mesh, lights: Lights, seen: NDArray[np.int64], locks: Density | None) -> Floats:
    """Values (v, raster.COLUMNS) of the vertices: geometry, and the light at those that are seen.

    Light is followed from the coarse vertices of skin and clothes and carried to the fine ones by the subdivision.
    """
    data = anatomy()
    m, n = len(data.canonical), len(data.rest)
    steps = data.steps
    probes = [np.unique(steps[seen[(seen >= k * m) & (seen < (k + 1) * m)] - k * m].indices) + k * m for k in (0, 1)]
    rest = seen[seen >= 2 * m]
    rows = np.concatenate([*probes, rest])
    things = mesh.triangles[mesh.material == Material.PROP]
    things = things[(mesh.clip[things] >= 0).any(1)]
    occluders = [mesh.points[:n][data.coarse_triangles], mesh.points[things]]
    bounce = skin.albedo(0.95 * person.tone)
    got = receive(lights, mesh.points[rows], mesh.normals[rows], np.concatenate(occluders), locks, bounce)
    light = np.zeros((len(mesh.points), 7), np.float32)
    light[rows] = np.concatenate([got.irradiance, got.visible, got.open[:, None]], 1)
    for k in (0, 1):
        light[k * m : (k + 1) * m] = steps @ light[k * m : k * m + n]
    masks = np.zeros((len(mesh.points), 4), np.float32)
    masks[:m] = np.stack([data.masks[name] for name in ("lips", "inside-mouth", "ears", "eyelids")], 1)
    columns = [mesh.normals, mesh.canonical, light, mesh.points, masks, mesh.clip[:, None], mesh.gloss[:, None]]
    return np.concatenate(columns, 1).astype(np.float32)


def _surfaces(
    person: Person, mesh: Mesh, lights: Lights, camera: Camera, ids: NDArray[np.int32], weight: Floats, values: Floats
) -> tuple[Floats, Labels]:
    """Linear light (n, n, 3) and classes (n, n) of what the raster found."""
    n = len(ids)
    rows, columns = (a.astype(np.int32) for a in np.nonzero(ids >= 0))
    pixels = raster.interpolate(rows, columns, ids, weight, mesh.triangles, values)
    face = ids[rows, columns]
    material, label = mesh.material[face], mesh.labels[face]
    view = unit(camera.eye - pixels[:, raster.PLACE : raster.PLACE + 3])
    colour = np.zeros((len(rows), 3), np.float32)
    on = material == Material.SKIN
    own = pixels[on]
    texture = skin.maps(person, float(person.bald > 0.5))
    base, light, shine = skin.shade(person, lights, irradiance(lights), texture, own, view[on], hair_colour(person))
    sheet, mask = np.zeros((n, n, 3), np.float32), np.zeros((n, n), np.float32)
    sheet[rows[on], columns[on]], mask[rows[on], columns[on]] = light, 1
    soft = skin.scatter(sheet, mask, camera.pixels(n))[rows[on], columns[on]]
    colour[on] = base * soft / np.pi + shine
    label[on] = classes_of_skin(own)
    for kind, paint in surfaces.PAINT.items():
        where = material == kind
        if where.any():
            colour[where] = paint(person, lights, pixels[where], view[where])
    linear, labels = np.zeros((n, n, 3), np.float32), np.zeros((n, n), np.uint8)
    linear[rows, columns], labels[rows, columns] = colour, label
    return linear, labels


def classes_of_skin(pixels: Floats) -> Labels:
    """Class of each pixel of skin (p, raster.COLUMNS): by where it lies on the face."""
    u, y = unrolled(pixels[:, raster.CANONICAL : raster.CANONICAL + 3])
    label = np.full(u.shape, CelebAMask.SKIN, np.uint8)
    label[y < face_map.along(face_map.JAW, u)] = CelebAMask.NECK
    label[face_map.nose(u, y)] = CelebAMask.NOSE
    brow, ear = face_map.brow(u, y) > 0.2, pixels[:, raster.EAR] > 0.5
    label[brow & (u < 0)], label[brow & (u > 0)] = CelebAMask.LEFT_BROW, CelebAMask.RIGHT_BROW
    label[ear & (u < 0)], label[ear & (u > 0)] = CelebAMask.LEFT_EAR, CelebAMask.RIGHT_EAR
    inside, lip = pixels[:, raster.INSIDE] > 0.5, pixels[:, raster.LIPS] > face_map.LIPS_END
    label[lip & (y > 6.685)], label[lip & (y <= 6.685)] = CelebAMask.UPPER_LIP, CelebAMask.LOWER_LIP
    label[inside] = CelebAMask.MOUTH
    return label


def _strands(
    person: Person,
    body: Body,
    camera: Camera,
    lights: Lights,
    locks: hair_light.Hair | None,
    linear: Floats,
    depth: Floats,
) -> tuple[Floats, NDArray[np.int32], Floats]:
    """Strands drawn over the surfaces: light, kinds and distance at LINES / SURFACES times their size."""
    m = linear.shape[0] * LINES // SURFACES
    image = cv2.resize(linear, (m, m), interpolation=cv2.INTER_LINEAR)
    near = cv2.resize(depth, (m, m), interpolation=cv2.INTER_NEAREST)
    drawn, scale = np.zeros((m, m), np.int32), camera.pixels(m)
    if locks is not None:
        colours = hair_light.shade(person, locks, lights, camera.rotation[2])
        kinds = np.full(len(colours), tufts.Kind.HAIR, np.int32)
        width = np.full(len(colours), max(0.9, hair.WIDTH * scale), np.float32)
        strands.draw_strands(camera.project(locks.strands, m), colours, kinds, width, 0.004, near, image, drawn)
    level = np.maximum(harmonics(front(camera.rotation)) @ irradiance(lights), 0).mean(0) * 0.72 / np.pi
    for tuft in tufts.tufts(person, body):
        colours = np.repeat((tuft.colours * level).astype(np.float32)[:, None], 2, 1)
        width = np.full(len(colours), max(0.75, tuft.width * scale), np.float32)
        flat = camera.project(tuft.strands, m)
        strands.draw_strands(flat, colours, tuft.kinds.astype(np.int32), width, 0.012, near, image, drawn)
    return image, drawn, near
