"""Masks, mixes and nets give what the public pipeline gives where that is right; exceptions are said in place."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
import torch

from postprocess.depth import foreground
from postprocess.gfp_gan import face_alpha
from postprocess.masks import alpha_from_distance, distance_to, mix
from postprocess.nets.bisenet import BiSeNet
from postprocess.nets.dpt import DPT
from postprocess.parsing import CLASSES, GROUPS, MERGED, merge
from postprocess.segmentation import keep_mask, top_foreground_alpha
from tests.parity.recipe import Fixture, make_input, manifest, parity_path, recipe_state

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


@pytest.mark.parametrize(("name", "build"), [("bisenet_19", BiSeNet), ("dpt_large", DPT)])
def test_state_dicts_are_laid_out_like_the_published_ones(name: str, build: type[torch.nn.Module]) -> None:
    with torch.device("meta"):
        net = build()
    assert {key: tuple(value.shape) for key, value in net.state_dict().items()} == manifest(name)


def filled(net: torch.nn.Module, name: str, salt: str) -> torch.nn.Module:
    state = {key: torch.from_numpy(value) for key, value in recipe_state(name, salt).items()}
    net.load_state_dict(state, assign=True)
    return net.eval()


def test_bisenet_computes_what_the_public_one_does() -> None:
    from postprocess.parsing import FaceParser

    fixture = Fixture("bisenet_19")
    net = BiSeNet()
    filled(net, "bisenet_19", fixture.salt)
    parser = FaceParser(net, 512, torch.device("cpu"))
    image = fixture.input("logits", "image")
    with torch.inference_mode():
        x = parser.normalise(torch.from_numpy(image).permute(2, 0, 1)[None] / 255)
        outputs = net.forward_all(x)
    sampled = outputs[0][:, :, 3::16, 5::16], outputs[1][:, :, 3::32, 5::32], outputs[2][:, :, 3::32, 5::32]
    for name, values in zip(("out_s16", "out16_s32", "out32_s32"), sampled, strict=True):
        np.testing.assert_allclose(values.numpy(), fixture.expected("logits", name), rtol=0, atol=fixture.atol)
    labels = parser.labels([image])[0]
    doubtful = np.unpackbits(fixture.expected("logits", "gap_small"))[: labels.size].reshape(labels.shape) == 1
    assert np.array_equal(labels[~doubtful], fixture.expected("logits", "argmax")[~doubtful])


@pytest.mark.full
def test_dpt_large_computes_what_the_public_one_does() -> None:
    fixture = Fixture("dpt_large")
    with torch.device("meta"):
        net = DPT()
    filled(net, "dpt_large", fixture.salt)
    image = fixture.input("depth", "image")
    with torch.inference_mode():
        x = torch.from_numpy(image).permute(2, 0, 1)[None] / 255 * 2 - 1
        depth, tokens = net(x).numpy(), net.tokens(x)
    expected = {"s16": depth[:, 3::16, 5::16], "s8": depth[:, ::8, ::8]}
    expected |= {f"act{i}": each[:, ::37, ::41].numpy() for i, each in enumerate(tokens, start=1)}
    for name, values in expected.items():
        np.testing.assert_allclose(values, fixture.expected("depth", name), rtol=0, atol=fixture.atol)


@pytest.mark.full
def test_gfpgan_through_our_restorer_computes_what_the_public_one_does() -> None:
    """Without the random noise that spandrel's own call leaves on."""
    from spandrel import ImageModelDescriptor, ModelLoader

    from postprocess.restoration import FaceRestorer

    fixture = Fixture("gfpgan_v1.4")
    state = {key: torch.from_numpy(value) for key, value in recipe_state("gfpgan_v1.4", fixture.salt).items()}
    descriptor = ModelLoader(device="cpu").load_from_state_dict(state)
    assert isinstance(descriptor, ImageModelDescriptor)
    restorer = FaceRestorer(descriptor, torch.device("cpu"))
    assert restorer.input_size == 512
    image = fixture.input("restore", "image")
    with torch.inference_mode():
        out = restorer.run(torch.from_numpy(image).permute(2, 0, 1)[None] / 255) * 2 - 1
    np.testing.assert_allclose(
        out[:, :, 3::16, 5::16].numpy(), fixture.expected("restore", "s16"), rtol=0, atol=fixture.atol
    )


def test_layer_norms_of_the_depth_net_use_the_published_epsilon() -> None:
    """The reference outputs cannot tell 1e-6 from torch's own 1e-5, so the net itself is asked."""
    with torch.device("meta"):
        net = DPT()
    norms = [module for module in net.modules() if isinstance(module, torch.nn.LayerNorm)]
    assert len(norms) == 49
    assert {norm.eps for norm in norms} == {1e-6}
