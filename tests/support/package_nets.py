"""The nets that come inside a published Python package, fetched as a user fetches them; skipped without an index."""

from pathlib import Path

import pytest

from pipeline.core.errors import MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, model_set
from pipeline.downloads.fetch import fetch
from pipeline.downloads.package import Wheels

ROLES = ("detector-short-range", "landmarks", "iris", "matte")
UNREACHABLE = ("is in no package index", "cannot be reached")
PHOTOS = Path(__file__).parents[3] / "shared"
"""Photographs of real people and what is known of them, which are not part of this repository."""


def fetch_nets(folder: Path) -> None:
    """Bring the nets into a weights folder; the test is skipped where pip has no index."""
    with pytest.MonkeyPatch.context() as patch, Wheels() as wheels:
        patch.setenv(HOME_VARIABLE, str(folder))
        try:
            for role in ROLES:
                fetch(model_set("faces"), role, wheels=wheels)
        except MissingWeights as error:
            if not any(sign in str(error) for sign in UNREACHABLE):
                raise
            pytest.skip(str(error))


def shared(name: str) -> Path:
    """A file beside this repository; the test is skipped where it is not."""
    if not (PHOTOS / name).exists():
        pytest.skip(f"{name} is not on this machine")
    return PHOTOS / name
