"""Declarations of the packaged model sets for files that are made by a test."""

from importlib.resources import files
from typing import Any

import yaml


def declaration(name: str) -> dict[str, Any]:
    """The set's entry of models.yaml without what is true of the published files alone: sources, sizes, hashes."""
    declared: dict[str, Any] = yaml.safe_load((files("configs") / "models.yaml").read_text(encoding="utf-8"))[name]
    for file in declared["files"].values():
        for key in ("sources", "bytes", "sha256"):
            file.pop(key, None)
    return declared
