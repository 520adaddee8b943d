"""A trained parser on disk: half-precision safetensors, which say what they were trained on and how."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from apps.train.segmentation.nets import Parser, build
from apps.train.segmentation.settings import Settings
from apps.train.workshop import commit
from pipeline.core.errors import BadInput
from pipeline.core.weights import load_state, read_metadata, save_state

WEIGHTS = "parser.safetensors"


def save_parser(folder: Path, net: Parser, settings: Settings, data: Path) -> None:
    """Write a net with its settings and the folder of its data to `folder`."""
    metadata = {
        "what": f"{settings.architecture} on {settings.encoder}, LaPa's 11 classes",
        "settings": json.dumps(asdict(settings)),
        "data": str(data.resolve()),
        "commit": commit(),
    }
    save_state(folder / WEIGHTS, net.state_dict(), metadata)


def load_parser(folder: Path) -> tuple[Parser, Settings, Path]:
    """Net (evaluation mode), settings and folder of the data; BadInput where no training has left them."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise BadInput(f"There is no trained parser {path}: run `face-edit train parser` first.")
    metadata = read_metadata(path)
    settings = Settings(**json.loads(metadata["settings"]))
    net = build(settings, fresh=False)
    net.load_state_dict(load_state(path))
    return net.eval().requires_grad_(False), settings, Path(metadata["data"])
