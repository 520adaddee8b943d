"""Looks: retouching settings by name."""

from collections.abc import Mapping
from importlib.resources import files as package_files
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.config import RunConfig
from pipeline.core.errors import BadConfig
from pipeline.core.names import nearest

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings


def looks() -> dict[str | None, dict[str, Any]]:
    """The looks of configs/beauty.yaml: settings by name."""
    return dict(yaml.safe_load((package_files("configs") / "beauty.yaml").read_text("utf-8")))


def settings_of(look: str | None, changes: Mapping[str, Any] | None = None) -> "Settings":
    """Settings of a look, or of no effect, with changes; raises BadConfig for an unknown look or setting."""
    from postprocess.steps.beautify import EFFECTS

    known: Mapping[str | None, dict[str, Any]] = {None: {}} if look is None else looks()
    if look not in known:
        names = [str(name) for name in known]
        raise BadConfig(f"There is no look {look}{nearest(str(look), names)}")
    values = dict.fromkeys(EFFECTS, 0.0) | known[look] | dict(changes or {})
    settings: Settings = RunConfig.model_validate({"steps": [{"beautify": values}]}).step_settings()["beautify"]
    return settings
