"""A table of attributes with other entries, written to a file and read back from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any
from unittest import mock

import yaml

from pipeline.core.attributes import attributes
from postprocess.steps import segmentation

ENTRY: dict[str, Any] = {
    "title": "Neck",
    "group": "face shape",
    "help": "From very thin to very wide.",
    "challenge": False,
    "domain": [{"ellipse": [0.2, 0.7, 0.2, 0.3], "mirror": True}],
    "segmentation": {"parts": ["neck", "necklace"], "grow": 16},
    "cursor": {
        "min": {"title": "thin", "parameters": {"weight": 0.1}},
        "max": {"title": "wide", "parameters": {"weight": 0.9}},
    },
}
"""An attribute that the project does not have, over a parameter that people have."""


@contextmanager
def written_table(folder: Path, more: Mapping[str, Any]) -> Iterator[None]:
    """Within, the table is that of the project with these entries after its own, read from a file in `folder`."""
    text = (files("configs") / "attributes.yaml").read_text(encoding="utf-8")
    (folder / "attributes.yaml").write_text(text + yaml.safe_dump(dict(more), sort_keys=False), encoding="utf-8")
    caches = (attributes, segmentation._open_classes)
    try:
        with mock.patch("pipeline.core.attributes.packaged", lambda name: yaml.safe_load((folder / name).read_bytes())):
            for each in caches:
                each.cache_clear()
            yield
    finally:
        for each in caches:
            each.cache_clear()
