"""Our generator computes the published Anycost / StyleGAN2 generator's function, whole and narrowed."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline.core.checkpoints import fill
from projection.nets.generator import Generator
from tests.parity.recipe import Fixture, manifest, seeded, stats

FIXTURES = {size: Fixture(f"generator_{size}") for size in (64, 1024)}
CASES = [
    pytest.param(size, case, marks=pytest.mark.full if size == 1024 else ())
    for size, fixture in FIXTURES.items()
    for case in fixture.cases
]


@cache
def net(size: int) -> Generator:
    state = seeded(f"anycost_generator_{size}", FIXTURES[size].salt)
    return fill(lambda: Generator(size), state).requires_grad_(False)


def arguments(fixture: Fixture, case: str) -> dict[str, Any]:
    """The published call of a case in our keywords."""
    spec = fixture.cases[case]
    call, outputs = spec["call"], spec["outputs"]
    found: dict[str, Any] = {"input_is_style": "input_is_style=True" in call or case == "to_uint8"}
    if "noise" in spec["inputs"]:
        found["noise"] = [torch.from_numpy(x) for x in fixture.input(case, "noise")]
    if "truncation_style" in spec["inputs"]:
        found["truncation_style"] = torch.from_numpy(fixture.input(case, "truncation_style"))
    for name, keyword, kind in (
        (r"truncation", "truncation", float),
        (r"inject_index", "inject_index", int),
        (r"target_res", "target_res", int),
    ):
        if value := re.search(rf"\b{name}=([\d.]*\d)", call):
            found[keyword] = kind(value[1])
    if ratio := re.search(r"uniform_channel_ratio\(g, ([\d.]+)\)", call):
        found["ratio"] = float(ratio[1])
    elif "channels" in spec:
        found["widths"] = spec["channels"]
    if "res" in spec:
        found["target_res"] = spec["res"]
    size = outputs["out"]["shape"][-1] if "out" in outputs else found.get("target_res")
    assert found.get("target_res") in (None, size)
    return found


def sampled(rgbs: list[Tensor], output: str) -> Any:
    """What a fixture keeps of the pictures."""
    out = rgbs[-1]
    if output == "stats":
        return stats(*rgbs)
    if output.startswith("rgb"):
        return next(rgb for rgb in rgbs if rgb.shape[-1] == int(output[3:]))
    return {
        "out": out,
        "s31": out[:, :, 5::31, 3::31],
        "s32": out[:, :, ::32, ::32],
        "crop": out[:, :, 500:532, 490:522],
    }[output]


@pytest.mark.parametrize("size", FIXTURES)
def test_same_keys_and_shapes_as_the_checkpoint(size: int) -> None:
    with torch.device("meta"):
        empty = Generator(size)
    ours = {key: tuple(value.shape) for key, value in empty.state_dict().items()}
    assert ours == manifest(f"anycost_generator_{size}")


@pytest.mark.parametrize(("size", "case"), CASES)
def test_same_pictures(size: int, case: str) -> None:
    fixture = FIXTURES[size]
    outputs = set(fixture.cases[case]["outputs"])
    if case == "mapping":
        fixture.check(case, {"w": net(size).get_style(torch.from_numpy(fixture.input(case, "z")))})
        return
    styles = torch.from_numpy(fixture.input(case, "styles"))
    keywords = arguments(fixture, case)
    with torch.inference_mode():
        rgbs = net(size)(styles, return_rgbs=True, **keywords)
    assert isinstance(rgbs, list)
    if case == "to_uint8":
        image = rgbs[-1][0].clamp(-1, 1).add(1).mul(0.5).mul(255).to(torch.uint8).permute(1, 2, 0).numpy()
        difference = np.abs(image.astype(int) - fixture.expected(case, "u8").astype(int))
        assert difference.max() <= 1 and (difference > 0).mean() < 0.001
        return
    found = {output: sampled(rgbs, output) for output in outputs - {"w", "styles"}}
    if "w" in outputs:
        found["w"] = net(size).get_style(styles)
    if "styles" in outputs:
        found["styles"] = net(size).wplus(net(size).get_style(styles), keywords["inject_index"])
    fixture.check(case, found)


@pytest.mark.parametrize("size", FIXTURES)
def test_channel_ratios_choose_the_published_widths(size: int) -> None:
    with torch.device("meta"):
        empty = Generator(size)
    cases = FIXTURES[size].cases
    for ratio in (0.25, 0.5, 0.75):
        assert empty.widths(ratio) == cases[f"ratio_{ratio}"]["channels"]
