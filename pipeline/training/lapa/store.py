"""Files of trained parsers: half-precision safetensors with the settings and figures of the training."""

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
        net: The net in evaluation mode.
        settings: Settings of its training.
        metadata: Metadata of its file.
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
    """The parser that `save_parser` wrote to `folder`.

    Raises:
        BadInput: There is none.
    """
    path = folder / WEIGHTS
    if not path.is_file():
        raise BadInput(f"There is no trained parser {path}: run `face-edit train parser` first.")
    metadata = {key: value for key, value in read_metadata(path).items() if key != "format"}
    settings = Settings(**json.loads(metadata["settings"]))
    net = build(settings, fresh=False)
    net.load_state_dict(load_state(path))
    return Trained(net.eval().requires_grad_(False), settings, metadata)
