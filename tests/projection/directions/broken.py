"""Ten translations of a complete set broken on purpose."""

from collections.abc import Mapping

import numpy as np

from pipeline.core.types import Translation

WRONG_SIGN = ("Bp_max", "Sk_2_fr_1")
WRONG_LAYERS = ("N_max", "Gl_1")
MIXED = {"B_1": "Gl_1", "Bn_max": "Se_1"}
HALF = ("N_min", "Ch_max")  # not a beard, of which half is enough
SWAPPED = {"Sm_1": "Pn_max"}
NOISE = ("Be_max",)
BROKEN = (*WRONG_SIGN, *WRONG_LAYERS, *MIXED, *HALF, *SWAPPED, *NOISE)


def broken(sound: Mapping[str, Translation]) -> tuple[tuple[str, ...], dict[str, Translation]]:
    """Names of the ten, and the set with them."""
    paths = {name: sound[name].path for name in BROKEN}
    for name in WRONG_SIGN:
        paths[name] = -paths[name]
    for name in WRONG_LAYERS:
        paths[name] = paths[name].copy()
        paths[name][:, : paths[name].shape[1] // 2] = 0
    for name, other in MIXED.items():
        paths[name] = paths[name] + sound[other].path
    for name in HALF:
        paths[name] = np.float32(0.5) * paths[name]
    for name, other in SWAPPED.items():
        paths[name] = sound[other].path
    for name in NOISE:
        noise = np.random.default_rng(0).normal(size=paths[name].shape)
        paths[name] = (noise * np.linalg.norm(paths[name]) / np.linalg.norm(noise)).astype(np.float32)
    made = {name: Translation(name, sound[name].space, path) for name, path in paths.items()}
    return BROKEN, {**sound, **made}
