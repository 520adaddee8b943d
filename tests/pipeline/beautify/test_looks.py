"""Looks by name, and what is said of those that there are not."""

import pytest

from pipeline.beautify import looks, settings_of
from pipeline.core.errors import BadConfig
from postprocess.steps.beautify import EFFECTS


def test_looks_hold_what_there_is() -> None:
    assert {"natural", "strong", "classic"} <= set(looks())
    for name in looks():
        assert any(getattr(settings_of(name), effect) for effect in EFFECTS)
    assert settings_of("natural", {"lips": 0.3}).lips == 0.3
    assert settings_of("natural").smooth < settings_of("strong").smooth
    with pytest.raises(BadConfig, match="did you mean natural"):
        settings_of("naturel")
    with pytest.raises(BadConfig, match="at most 1"):
        settings_of("natural", {"lips": 3})
