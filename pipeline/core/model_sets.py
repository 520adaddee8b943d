"""Model sets as they are declared: configs/models.yaml names every file, the user's sets.yaml adds sets to it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, ClassVar

from pipeline.core import user_sets
from pipeline.core.errors import BadConfig
from pipeline.core.names import nearest
from pipeline.core.settings import explain

HOME_VARIABLE = "FACE_EDIT_WEIGHTS"


@dataclass(frozen=True)
class ModelFile:
    """One declared file: `path` inside the package, or `file` in the user's weights folder.

    sources: addresses it is published at, tried in order · bytes, sha256: what it must be, where known · notice: its
    text in third_party_licenses/ · optional: only fetched when its role is named · config: arguments of the net, and
    where in the file it is
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    path: str | None = None
    file: str | None = None
    sources: tuple[str, ...] = ()
    bytes: int | None = None
    sha256: str | None = None
    licence: str = ""
    notice: str | None = None
    optional: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def non_commercial(self) -> bool:
        """Whether a licence of the file forbids commercial use, which the user has to acknowledge."""
        return "non-commercial" in self.licence


@dataclass(frozen=True)
class ModelSet:
    """Files that belong together: a generator's latent space and the nets that go with it, or nets of another kind.

    A set without a generator has no space, and its sizes are 0 · also: names of sets that are fetched with it ·
    instead: name of the set to use while the sources of this one are reported gone
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    title: str
    space: str = ""
    elastic: bool = False
    resolution: int = 0
    n_style: int = 0
    dim: int = 0
    files: Mapping[str, ModelFile] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    instead: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether every file is part of the package."""
        return all(file.path is not None for file in self.files.values())


def model_sets() -> Mapping[str, ModelSet]:
    """All declared sets by name: those of configs/models.yaml in its order, then the user's own.

    Raises BadConfig when the user's declarations are wrong.
    """
    declared = weights_folder() / user_sets.FILE
    modified = declared.stat().st_mtime_ns if declared.is_file() else None
    return {**packaged_sets(), **_own_sets(weights_folder(), modified)}


@cache
def packaged_sets() -> Mapping[str, ModelSet]:
    """The sets of configs/models.yaml."""
    import yaml

    text = (package_files("configs") / "models.yaml").read_text(encoding="utf-8")
    return {name: _parse_set(name, declared) for name, declared in yaml.safe_load(text).items()}


def model_set(name: str) -> ModelSet:
    """The set called `name`; BadConfig names the nearest one when there is none."""
    if name in packaged_sets():  # whatever the user's declarations look like
        return packaged_sets()[name]
    sets = model_sets()
    if name not in sets:
        raise BadConfig(f"There is no model set {name}{nearest(name, sets)}")
    return sets[name]


@dataclass(frozen=True)
class NetForPhotographs:
    """A task's net for photographs: the name of its model set, and the role of its file."""

    models: str
    role: str


@cache
def net_for_photographs(task: str) -> NetForPhotographs:
    """The net that configs/photographs.yaml names for `parser`, `restorer`, `detector`, `recogniser` or `generator`."""
    import yaml

    text = (package_files("configs") / "photographs.yaml").read_text(encoding="utf-8")
    return NetForPhotographs(**yaml.safe_load(text)[task])


def weights_folder() -> Path:
    """Where files that are not part of the package are looked for: $FACE_EDIT_WEIGHTS or the user's cache folder."""
    if chosen := os.environ.get(HOME_VARIABLE):
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("face-edit") / "weights"


def expected_path(file: ModelFile) -> Path:
    """Where the file has to be, whether or not it is there."""
    if file.path is not None:
        folder, _, rest = file.path.partition("/")
        return Path(str(package_files(folder))) / rest
    return weights_folder() / str(file.file)


@cache
def _own_sets(folder: Path, _modified: int | None) -> Mapping[str, ModelSet]:
    packaged = packaged_sets()
    embedded = {file.path for models in packaged.values() for file in models.files.values()}
    sets = {}
    for name, declared in user_sets.read(folder).items():
        try:
            if name in packaged:
                raise ValueError("its name is that of a set of the project.")
            sets[name] = _parse_set(name, declared)
            if sets[name].space and not user_sets.is_safe(sets[name].space):
                raise ValueError(f"{sets[name].space!r} is no name for a latent space.")
            for role, file in sets[name].files.items():
                if (file.path is None) == (file.file is None) or file.path not in embedded:
                    raise ValueError(f"its {role} names no file of the weights folder.")
        except ValueError as error:
            raise BadConfig(f"{folder / user_sets.FILE} is wrong in the set {name}: {error}") from error
    return sets


def _parse_set(name: str, declared: Mapping[str, Any]) -> ModelSet:
    """The set as declared; ValueError with the place and what is wrong there."""
    from pydantic import TypeAdapter, ValidationError

    values = {**declared, "name": name}
    try:
        return TypeAdapter(ModelSet).validate_python(values)
    except ValidationError as error:
        complaint = explain(error, ModelSet, values)
        raise ValueError(": ".join(filter(None, complaint[:2]))) from error
