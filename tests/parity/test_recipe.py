"""The recipe gives the weights and inputs that the reference outputs were made with."""

from __future__ import annotations

import json
import re
import zlib

import numpy as np
import pytest

from tests.parity import recipe

FULL = ["anycost_generator_1024", "anycost_encoder", "anycost_attribute_predictor"]


def test_probe() -> None:
    probe = json.loads(recipe.parity_path("recipe_probe.json").read_text())
    for name, expected in probe.pop("fill").items():
        dtype = "int64" if name.endswith("num_batches_tracked") else "float32"
        found = recipe.fill(name, tuple(expected["shape"]), dtype)
        np.testing.assert_array_equal(found.ravel()[:4], np.float32(expected["first4"]))
    assert probe
    for call, expected in probe.items():
        name, arguments = re.match(r"(\w+)\((.*?)\)(?:\[|$)", call).groups()  # type: ignore[union-attr]
        found = getattr(recipe, name)(*eval(f"({arguments},)"))
        rows = found[0, :4] if "[0,:4]" in call else found
        np.testing.assert_array_equal(rows, np.asarray(expected, rows.dtype))


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.full) for name in FULL])
def test_checksums(name: str) -> None:
    expected = json.loads(recipe.parity_path("weights_checksum.json").read_text())[name]
    state = recipe.recipe_state(name)
    crc = 0
    for key in sorted(state):
        crc = zlib.crc32(state[key].tobytes(), crc)
    assert crc == expected["crc32_of_float_bytes_in_sorted_key_order"]
    assert sum(float(value.sum(dtype=np.float64)) for value in state.values()) == pytest.approx(expected["sum"])


def test_a_named_set_must_be_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(pytest.skip.Exception):
        recipe.parity_path("no_such_file.json")
    monkeypatch.setenv("GFE_PARITY_DIR", "somewhere")
    with pytest.raises(pytest.fail.Exception, match="GFE_PARITY_DIR"):
        recipe.parity_path("no_such_file.json")
