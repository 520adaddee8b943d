"""The renderer of people, which an installation has with the extra `world` alone, and its version."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.util import find_spec
from typing import Protocol

from pipeline.core.errors import BadInput
from pipeline.world.person import Person
from pipeline.world.portrait import Portrait


class Render(Protocol):
    """See `pipeline.world.render.render`."""

    def __call__(self, person: Person, size: int = 256) -> Portrait: ...


def renderer() -> Render:
    """The function that renders people; raises BadInput without the extra."""
    if not all(find_spec(package) for package in ("numba", "embreex")):
        raise BadInput("People are rendered by numba and embreex: install the extra `world`: pip install '.[world]'.")
    from pipeline.world.render import render

    return render


def renderer_version() -> str:
    """Short hash over the sources of the renderer, such as "0f3c5a7be921"."""
    total = hashlib.sha256()
    folder = files("pipeline.world")
    for source in sorted((*folder.iterdir(), *folder.joinpath("kernels").iterdir()), key=lambda entry: entry.name):
        if source.name.endswith((".py", ".npz", ".json")) and not source.name.startswith(("samples", "bake")):
            total.update(source.read_bytes())
    return total.hexdigest()[:12]
