"""Our generator computes the published Anycost / StyleGAN2 generator's function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from projection.nets.generator import Generator
from tests.parity.recipe import Fixture, manifest, recipe_state

SIZES = [64, pytest.param(1024, marks=pytest.mark.full)]
_loaded: dict[int, tuple[Generator, Fixture]] = {}


def load(size: int) -> tuple[Generator, Fixture]:
    if size not in _loaded:
        fixture = Fixture(f"generator_{size}")
        net = Generator(size).eval()
        state = recipe_state(f"anycost_generator_{size}", fixture.salt)
        net.load_state_dict({key: torch.from_numpy(value) for key, value in state.items()})
        _loaded[size] = net.requires_grad_(False), fixture
    return _loaded[size]


def sample(rgbs: list[Tensor], output: str) -> np.ndarray:
    """What the 1024 px fixture keeps of its images."""
    out = rgbs[-1].numpy()
    if output == "stats":
        return np.array([[float(x.mean()), float(x.std(correction=0)), float(x.abs().max())] for x in rgbs])
    return {"s31": out[:, :, 5::31, 3::31], "s32": out[:, :, ::32, ::32], "crop": out[:, :, 500:532, 490:522]}[output]


def render(size: int, case: str) -> tuple[list[Tensor], dict[str, Any]]:
    """Runs a case of the fixture through our keywords; the skip images and the case."""
    net, fixture = load(size)
    spec = fixture.cases[case]
    kwargs: dict[str, Any] = {"input_is_style": "input_is_style=True" in spec["call"]}
    if "noise" in spec["inputs"]:
        kwargs["noise"] = [torch.from_numpy(x) for x in fixture.input(case, "noise")]
    if "truncation_style" in spec["inputs"]:
        kwargs["truncation_style"] = torch.from_numpy(fixture.input(case, "truncation_style"))
        kwargs["truncation"] = float(spec["call"].split("truncation=")[1].split(",")[0])
    if "inject_index" in spec["call"]:
        kwargs["inject_index"] = int(spec["call"].split("inject_index=")[1].split(",")[0])
    if "uniform_channel_ratio" in spec["call"]:
        kwargs["ratio"] = float(spec["call"].split("ratio(g, ")[1].split(")")[0])
    elif "channels" in spec:
        kwargs["widths"] = spec["channels"]
    outputs = spec["outputs"]
    if "out" in outputs:
        kwargs["target_res"] = outputs["out"]["shape"][-1]
    elif "stats" in outputs:
        kwargs["target_res"] = 2 ** (outputs["stats"]["shape"][0] + 1)
    rgbs = net(torch.from_numpy(fixture.input(case, "styles")), return_rgbs=True, **kwargs)
    assert isinstance(rgbs, list)
    return rgbs, spec


@pytest.mark.parametrize("size", SIZES)
def test_same_keys_and_shapes_as_the_checkpoint(size: int) -> None:
    with torch.device("meta"):
        net = Generator(size)
    ours = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    assert ours == manifest(f"anycost_generator_{size}")


CASES_64 = [
    "z_fixed_noise",
    "wplus_fixed_noise",
    "truncation",
    "style_mixing",
    "explicit_noise",
    "ratio_0.25",
    "ratio_0.5",
]
CASES_64 += ["ratio_0.75", "target_res_16", "target_res_32", "sub_channels_custom"]


@pytest.mark.parametrize("case", CASES_64)
def test_64(case: str) -> None:
    fixture = load(64)[1]
    rgbs, spec = render(64, case)
    named = {"out": rgbs[-1], **{f"rgb{x.shape[-1]}": x for x in rgbs}}
    for output in set(spec["outputs"]) - {"styles"}:
        np.testing.assert_allclose(named[output].numpy(), fixture.expected(case, output), rtol=0, atol=fixture.atol)


def test_64_mapping_mixing_and_uint8() -> None:
    net, fixture = load(64)
    w = net.get_style(torch.from_numpy(fixture.input("mapping", "z")))
    np.testing.assert_allclose(w.numpy(), fixture.expected("mapping", "w"), rtol=0, atol=fixture.atol)
    mixed = net.wplus(net.get_style(torch.from_numpy(fixture.input("style_mixing", "styles"))), 4)
    np.testing.assert_allclose(mixed.numpy(), fixture.expected("style_mixing", "styles"), rtol=0, atol=fixture.atol)
    image = render(64, "wplus_fixed_noise")[0][-1][0].clamp(-1, 1).add(1).mul(0.5).mul(255).to(torch.uint8)
    difference = np.abs(image.permute(1, 2, 0).numpy().astype(int) - fixture.expected("to_uint8", "u8").astype(int))
    assert difference.max() <= 1 and (difference > 0).mean() < 0.001


@pytest.mark.parametrize("size", [64, 1024])
def test_channel_ratios_choose_the_published_widths(size: int) -> None:
    with torch.device("meta"):
        net = Generator(size)
    cases = Fixture(f"generator_{size}").cases
    for ratio in (0.25, 0.5, 0.75):
        assert net.widths(ratio) == cases[f"ratio_{ratio}"]["channels"]


@pytest.mark.full
def test_1024() -> None:
    fixture = load(1024)[1]
    for case in fixture.cases:
        rgbs, spec = render(1024, case)
        for output in set(spec["outputs"]) - {"w"}:
            tolerance = fixture.atol * (1 if output != "stats" else 2)
            expected = fixture.expected(case, output)
            np.testing.assert_allclose(
                sample(rgbs, output), expected, rtol=0, atol=tolerance, err_msg=f"{case}/{output}"
            )
