"""A trained parser on disk: half-precision safetensors that say what they were trained on and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.weights import load_state, read_metadata, save_state
from pipeline.training.context import commit
from pipeline.training.lapa.nets import Parser, build
from pipeline.training.lapa.settings import Settings

WEIGHTS = "parser.safetensors"


@dataclass(frozen=True)
class Trained:
    """A trained parser.

    Attributes:
        net: In evaluation mode.
        settings: Settings of its training.
        metadata: Of its file.
    """

    net: Parser
    settings: Settings
    metadata: Mapping[str, str]


def save_parser(folder: Path, net: Parser, settings: Settings, figures: Mapping[str, float]) -> None:
    """Write a net with its settings and its figures on the test split to `folder`."""
    metadata = {
        "what": f"{settings.architecture} on {settings.encoder}, LaPa's 11 classes, {settings.size} px",
        "settings": json.dumps(asdict(settings)),
        "metrics": json.dumps({name: round(value, 4) for name, value in figures.items()}),
        "commit": commit(),
    }
    save_state(folder / WEIGHTS, net.state_dict(), metadata)


def load_parser(folder: Path) -> Trained:
    """What a training left in `folder`; BadInput where there is nothing."""
    path = folder / WEIGHTS
    if not path.is_file():
        raise BadInput(f"There is no trained parser {path}: run `face-edit train parser` first.")
    metadata = {key: value for key, value in read_metadata(path).items() if key != "format"}
    settings = Settings(**json.loads(metadata["settings"]))
    net = build(settings, fresh=False)
    net.load_state_dict(load_state(path))
    return Trained(net.eval().requires_grad_(False), settings, metadata)
