"""Project file: a zip with project.json and, for each portrait, its image, latent, tuning and translations.

Nothing is recomputed on opening, so every picture is identical to the saved one; nothing is pickled.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.editor.model.edit_state import EditState
from apps.editor.model.session import DocumentState
from pipeline.core.attributes import Own, add_own, own_directions, parse
from pipeline.core.errors import BadInput, FaceEditError
from pipeline.core.files import write_atomic
from pipeline.core.own_attributes import dump_own, load_own
from pipeline.core.types import Floats, Portrait, Translation, Tuning

if TYPE_CHECKING:
    from pipeline.edit.search import Found

SUFFIX = ".faceedit"
FORMAT = 2
"""Format version: 2 has the paths that were found for a portrait."""
LARGEST = 2**30
"""Largest unpacked size of one file of the zip, in bytes."""


@dataclass(frozen=True, eq=False)
class Project:
    """The open documents.

    Attributes:
        models: Name of the model set.
        steps: Settings of the configuration's blending steps, by name.
        current: Index of the portrait on screen.
    """

    models: str
    space: str
    steps: Mapping[str, Any]
    portraits: Sequence[DocumentState]
    current: int = 0


def write_project(path: Path, project: Project) -> None:
    """Write a project atomically; BadInput if the file cannot be written."""
    from pipeline.core.version import package_version

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:  # pictures and numbers hardly shrink
        content = {
            "format": FORMAT,
            "version": package_version(),
            "models": project.models,
            "space": project.space,
            "steps": project.steps,
            "current": project.current,
            "own": _own_sliders(project),
            "portraits": [_write(archive, f"{i}/", saved) for i, saved in enumerate(project.portraits, 1)],
        }
        archive.writestr("project.json", json.dumps(content, indent=1))
    write_atomic(path, buffer.getvalue())


def read_project(path: Path) -> Project:
    """Read a project; BadInput for a file that is missing, damaged, of another kind or of a newer version."""
    try:
        with zipfile.ZipFile(path) as archive:
            if any(part.file_size > LARGEST for part in archive.infolist()):
                raise BadInput(f"{path} unpacks to more than {LARGEST} bytes per file, the limit of a project.")
            content = json.loads(archive.read("project.json"))
            if content["format"] > FORMAT:
                version = content["version"]
                raise BadInput(f"{path} was saved by a newer version ({version}): update face-edit to open it.")
            space = str(content["space"])
            for entry in content.get("own", []):
                _know(Own(load_own(entry["entry"], str(path)), str(entry["digest"]), str(path)))
            portraits = [_read(archive, f"{i}/", each, space) for i, each in enumerate(content["portraits"], 1)]
            return Project(str(content["models"]), space, dict(content["steps"]), portraits, int(content["current"]))
    except FileNotFoundError as error:
        raise BadInput(f"The project {path} does not exist.") from error
    except FaceEditError:
        raise
    except Exception as error:  # readers raise any exception on damaged bytes
        raise BadInput(f"{path} is not a project of the editor, or it is damaged.") from error


def _own_sliders(project: Project) -> list[dict[str, str]]:
    """Entries of the own sliders that the edits use: a project opens without their files."""
    used = {parse(name).code for saved in project.portraits for name in saved.edit_state.strengths}
    return [
        {"entry": dump_own(own.attribute), "digest": own.digest}
        for code, own in own_directions().items()
        if code in used
    ]


def _know(own: Own) -> None:
    """Make an own slider of a project known, unless the same direction is; raises BadInput as `add_own`."""
    before = own_directions().get(own.attribute.code)
    if before is None or before.digest != own.digest:
        add_own(own)


def _write(archive: zipfile.ZipFile, folder: str, saved: DocumentState) -> dict[str, Any]:
    from PIL import Image as pillow

    picture = io.BytesIO()
    pillow.fromarray(np.ascontiguousarray(saved.image)).save(picture, "PNG", compress_level=3)
    archive.writestr(f"{folder}image.png", picture.getvalue())
    portrait = saved.portrait
    if portrait is not None and portrait.latent is not None:
        archive.writestr(f"{folder}latent.npy", _array(portrait.latent))
        if portrait.tuning is not None:
            from safetensors.numpy import save

            archive.writestr(f"{folder}tuning.safetensors", save(dict(portrait.tuning)))
    used = {name: saved.translations[name] for name in saved.edit_state.strengths if name in saved.translations}
    for identifier, translation in used.items():
        archive.writestr(f"{folder}{identifier}.npy", _array(translation.path))
    found = saved.edit_state.found
    for identifier, each in found.items():
        archive.writestr(f"{folder}{identifier}.found.npy", _array(each.move.path))
    return {
        "name": saved.name,
        "path": str(saved.path.absolute()) if saved.path else None,
        "crop": asdict(saved.crop) if saved.crop is not None else None,  # type: ignore[call-overload]
        "recipe": saved.edit_state.to_dict(),
        "translations": {identifier: translation.name for identifier, translation in used.items()},
        "found": {identifier: _found_entry(each) for identifier, each in found.items()},
        "present": dict(saved.present),
        "rough": saved.rough,
        "note": saved.note,
        "refused": dict(saved.refused),
    }


def _read(archive: zipfile.ZipFile, folder: str, entry: Mapping[str, Any], space: str) -> DocumentState:
    from PIL import Image as pillow

    from pipeline.core.images import to_rgb

    names = set(archive.namelist())
    with pillow.open(io.BytesIO(archive.read(f"{folder}image.png"))) as file:
        image = to_rgb(file)
    crop = _crop(entry["crop"])
    portrait = None
    if f"{folder}latent.npy" in names:
        tuning: Tuning | None = None
        if f"{folder}tuning.safetensors" in names:
            from safetensors.numpy import load

            tuning = load(archive.read(f"{folder}tuning.safetensors"))
        portrait = Portrait(entry["name"], image, _floats(archive, f"{folder}latent.npy"), space, crop, tuning)
    translations = {
        identifier: Translation(name, space, _floats(archive, f"{folder}{identifier}.npy"))
        for identifier, name in entry["translations"].items()
    }
    found = {
        identifier: _found(space, _floats(archive, f"{folder}{identifier}.found.npy"), **each)
        for identifier, each in entry.get("found", {}).items()
    }
    return DocumentState(
        name=str(entry["name"]),
        image=image,
        edit_state=replace(EditState.from_dict(entry["recipe"]), found=found),
        path=Path(entry["path"]) if entry["path"] else None,
        crop=crop,
        portrait=portrait,
        translations=translations,
        present={str(code): int(value) for code, value in entry["present"].items()},
        rough=bool(entry["rough"]),
        note=str(entry["note"]),
        refused={str(name): str(reason) for name, reason in entry.get("refused", {}).items()},
    )


def _found_entry(found: Found) -> dict[str, Any]:
    move = found.move
    return {"name": move.name, "reach": move.reach, "strength": found.strength, "missed": found.missed}


def _found(space: str, path: Floats, name: str, reach: float, strength: float, missed: str) -> Found:
    from pipeline.edit.search import Found

    return Found(Translation(name, space, path, float(reach)), float(strength), str(missed))


def _crop(entry: Mapping[str, Any] | None) -> object | None:
    if entry is None:
        return None
    from pipeline.core.crop import Crop

    return Crop(**{**entry, "quad": tuple((float(x), float(y)) for x, y in entry["quad"])})


def _array(values: Floats) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _floats(archive: zipfile.ZipFile, name: str) -> Floats:
    values = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
    if values.dtype != np.float32 or not np.isfinite(values).all():
        raise ValueError(name)
    return np.asarray(values, np.float32)
