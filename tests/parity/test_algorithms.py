"""Masks, mixes and moves are what they are in the public pipeline where that is right; exceptions are said in place."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

from pipeline.core.types import Edit, Translation
from postprocess.depth import foreground
from postprocess.labels import CLASSES, GROUPS, MERGED, merge
from postprocess.masks import alpha_from_distance, distance_to, mix
from postprocess.steps.gfp_gan import face_alpha
from postprocess.steps.segmentation import keep_mask, top_foreground_alpha
from tests.parity.recipe import make_input, parity_path

# One class of the nineteen for each of the seven groups.
LIFT = np.array([0, 4, 10, 11, 17, 16, 1], np.uint8)


class Algorithms:
    def __init__(self) -> None:
        self.sections: dict[str, Any] = json.loads(parity_path("algorithms.json").read_text())["sections"]
        self.arrays = np.load(parity_path("algorithms.npz"))

    def image(self, section: dict[str, Any], name: str) -> np.ndarray:
        return make_input(section[name])

    def under(self, prefix: str) -> list[str]:
        return sorted({key[len(prefix) :].split("/")[0] for key in self.arrays.files if key.startswith(prefix)})


@pytest.fixture(scope="module")
def algorithms() -> Algorithms:
    return Algorithms()


def test_alpha(algorithms: Algorithms) -> None:
    distance = algorithms.arrays["alpha/dist"]
    for margin in (42, 21, 6):
        np.testing.assert_allclose(
            alpha_from_distance(distance, margin), algorithms.arrays[f"alpha/margin{margin}"], atol=1e-6
        )


def test_domain_mix(algorithms: Algorithms) -> None:
    section = algorithms.sections["domain_mix"]
    alpha = alpha_from_distance(algorithms.arrays["domain_mix/dist"].astype(np.float32), 42)
    mixed = mix(algorithms.image(section, "original"), algorithms.image(section, "edited"), alpha)
    assert np.abs(mixed - algorithms.arrays["domain_mix/float"]).max() <= 0.5 + 1e-3
    assert np.abs(mixed.astype(int) - algorithms.arrays["domain_mix/png_rgb"]).max() <= 1


def test_merge_19_to_7(algorithms: Algorithms) -> None:
    assert MERGED.tolist() == algorithms.sections["merge19"]["table_19_to_7"]
    assert len(CLASSES) == len(MERGED)
    assert len(GROUPS) == MERGED.max() + 1
    assert np.array_equal(merge(algorithms.arrays["merge19/labels19"]), algorithms.arrays["merge19/labels7"])
    assert np.array_equal(merge(LIFT), np.arange(7))


def test_keep_masks(algorithms: Algorithms) -> None:
    for variant in algorithms.sections["process_segmentation"]["variants"]:
        prefix = f"process_segmentation/{variant}/"
        labels = algorithms.arrays[f"{prefix}labels"]
        codes = [code for code in algorithms.under(prefix) if code != "labels"]
        assert len(codes) == 12
        for code in codes:
            expected = np.unpackbits(algorithms.arrays[prefix + code])[: labels.size].reshape(labels.shape) == 1
            keep = keep_mask(LIFT[labels], code, strict=False)
            assert keep is not None
            assert np.array_equal(keep, expected), (variant, code)


def test_merged_images(algorithms: Algorithms) -> None:
    """The float mix is equal; we leave out the public BGR order and truncation that come after it."""
    section, arrays = algorithms.sections["merge"], algorithms.arrays
    original, edited = (algorithms.image(section, name).astype(np.float32) for name in ("img_org", "img_edit"))
    labels = LIFT[arrays["merge/labels_org"]], LIFT[arrays["merge/labels_edit"]]
    codes = [code for code in algorithms.under("merge/") if f"merge/{code}/merged" in arrays.files]
    assert codes
    for code in codes:
        keep = np.logical_and(*(keep_mask(each, code, strict=False) for each in labels))
        alpha = alpha_from_distance(distance_to(~keep), 21)[..., None]
        np.testing.assert_allclose(alpha * original + (1 - alpha) * edited, arrays[f"merge/{code}/merged"], atol=1e-3)
    alpha = top_foreground_alpha(labels[0], 6)
    pasted = mix(original.astype(np.uint8), edited.astype(np.uint8), alpha).astype(int)
    assert np.abs(pasted - arrays["merge/top_only_bgr"][..., ::-1]).max() <= 1


def test_depth_foreground(algorithms: Algorithms) -> None:
    """Where the public code happens to take the nearer cluster; that it may take the other one is its defect."""
    cases = [case for case in algorithms.sections["depth"]["cases"] if all(case["cluster0_is_near"])]
    assert cases
    for case in cases:
        for which in ("org", "edit"):
            key = f"depth/{case['name']}/%s_{which}"
            depth, expected = algorithms.arrays[key % "depth"], algorithms.arrays[key % "mask"]
            assert np.array_equal(foreground(depth, "mean"), expected.reshape(depth.shape) == 1)


def test_restoration_alpha(algorithms: Algorithms) -> None:
    labels = LIFT[algorithms.arrays["gfpgan_mix/labels"]]
    np.testing.assert_allclose(face_alpha(labels, 6), algorithms.arrays["gfpgan_mix/alpha"], atol=1e-5)


@pytest.mark.parametrize("shape", ["1x512", "18x512", "1x18x512"])
def test_moves_of_e4e_latents(algorithms: Algorithms, shape: str) -> None:
    section = algorithms.sections["e4e_edit"]
    latent = make_input(section["latents"])
    vector = make_input({**section["vector"], "shape": [int(side) for side in shape.split("x")]})
    level, strength = (float(value) for value in re.findall(r"vector, (-?[\d.]+)\)", section["functions"]))
    move = Translation("toy", "toy", np.broadcast_to(vector, (1, *latent.shape)))
    strengths = {f"projection_{level}": strength_to(level, latent, vector), f"translation_{strength}": strength}
    found = {name: latent + Edit("toy", ((move, value),)).displacement() for name, value in strengths.items()}
    for name, values in found.items():
        expected = algorithms.arrays[f"e4e_edit/v{shape}/{name}"]
        np.testing.assert_allclose(values, expected.reshape(values.shape), rtol=0, atol=1e-3)


def strength_to(level: float, latent: np.ndarray, vector: np.ndarray) -> float:
    """Our strength for an edit that the reference pipeline names by the component along the vector that it leads to."""
    length = float(np.square(vector).sum())
    component = float((latent * vector).sum()) / length
    return (level - component) * length / float(np.square(np.broadcast_to(vector, (1, *latent.shape))).sum())
