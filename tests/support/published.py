"""The published schemas of `face-edit enhance`, as a client has them."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def schema(name: str) -> dict[str, Any]:
    """Content of configs/enhance/NAME.schema.json."""
    document: dict[str, Any] = json.loads((files("configs") / "enhance" / f"{name}.schema.json").read_text("utf-8"))
    return document
