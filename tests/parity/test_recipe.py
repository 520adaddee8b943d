"""The recipe gives the weights and inputs that the reference outputs were made with."""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

import numpy as np
import pytest

from tests.parity import recipe

CHECKSUMS = json.loads(recipe.parity_path("weights_checksum.json").read_text())
# A set may salt its figures as it salts its fixtures.
SALTS = sorted({"", recipe.Fixture("generator_64").salt})


def probed(probe: dict[str, Any], salt: str) -> bool:
    return all(
        np.array_equal(
            recipe.fill(
                name, tuple(one["shape"]), "int64" if name.endswith("num_batches_tracked") else "float32", salt
            ).ravel()[:4],
            np.float32(one["first4"]),
        )
        for name, one in probe.items()
    )


def test_probe() -> None:
    probe = json.loads(recipe.parity_path("recipe_probe.json").read_text())
    assert any(probed(probe["fill"], salt) for salt in SALTS)
    calls = {call: expected for call, expected in probe.items() if "(" in call}
    assert calls
    for call, expected in calls.items():
        name, arguments = re.match(r"(\w+)\((.*?)\)(?:\[|$)", call).groups()  # type: ignore[union-attr]
        found = getattr(recipe, name)(*eval(f"({arguments},)"))
        rows = found[0, :4] if "[0,:4]" in call else found
        np.testing.assert_array_equal(rows, np.asarray(expected, rows.dtype))


def summed(name: str, salt: str) -> tuple[int, float]:
    """Check sum of all bytes in the order of the keys, and the sum of all values."""
    crc, total = 0, 0.0
    for key, entry in sorted(recipe.entries(name).items()):
        value = recipe.fill(key, tuple(entry["shape"]), entry["dtype"], salt)
        crc, total = zlib.crc32(value.tobytes(), crc), total + float(value.sum(dtype=np.float64))
    return crc, total


@pytest.mark.full
@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksums(name: str) -> None:
    expected = CHECKSUMS[name]
    known = expected["crc32_of_float_bytes_in_sorted_key_order"]
    found = next(found for salt in SALTS if (found := summed(name, salt))[0] == known or salt == SALTS[-1])
    assert found[0] == known
    assert found[1] == pytest.approx(expected["sum"])


def test_a_named_set_must_be_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GFE_PARITY_DIR", raising=False)
    with pytest.raises(pytest.skip.Exception):
        recipe.parity_path("no_such_file.json")
    monkeypatch.setenv("GFE_PARITY_DIR", "somewhere")
    with pytest.raises(pytest.fail.Exception, match="GFE_PARITY_DIR"):
        recipe.parity_path("no_such_file.json")
