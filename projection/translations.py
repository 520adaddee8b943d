"""Selection and storage of translations; names, priorities and the rule for baldness as in the reference pipeline."""

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from pipeline.core.attributes import BALD, BALD_CLASS, TranslationName, canonical, known_attributes, parse
from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.types import Translation
from pipeline.core.weights import load_state, read_metadata, save_state
from projection.direction_file import SUFFIX, is_direction, read_direction

SPACE_FILE = "space.json"


def select(values: Mapping[str, int], *folders: Mapping[str, Translation]) -> dict[str, Translation]:
    """Edits of one portrait.

    Within a folder X_n_fr_m overrides X_n for a portrait whose X is m. Omitted are values that the portrait already has
    and attributes without an entry in `values`; Hc_4 becomes `bald`.

    Args:
        values: Present class by code, from the portrait's name (`challenge.parse_name`) or from a predictor.
        folders: Translations by name; later folders override earlier ones: defaults first, the user's last.

    Returns:
        Translations by identifier ("Bp_max", "Hc_0", "bald"), sorted.

    Raises:
        BadInput: A name is malformed.
    """
    chosen: dict[str, Translation] = {}
    for folder in folders:
        names = [(parse(name), translation) for name, translation in folder.items()]
        names = [(name, translation) for name, translation in names if _applies(name, values)]
        names.sort(key=lambda pair: pair[0].source is not None)
        chosen |= {name.identifier: translation for name, translation in names}
    return dict(sorted((BALD if name == BALD_CLASS else name, translation) for name, translation in chosen.items()))


def _applies(name: TranslationName, values: Mapping[str, int]) -> bool:
    if known_attributes()[name.code].kind == "cursor":
        return True
    present = str(values.get(name.code, name.value))
    return present != name.value and name.source in (None, present)


def cursor_strength(name: str, value: float, gain: float) -> float:
    """Strength that moves a portrait's cursor to the canonical value of a translation.

    Args:
        name: Name of the translation, such as "Bp_max".
        value: Present value of the cursor.
        gain: Change of the cursor at strength 1, from the calibration.

    Returns:
        Strength in 0..2; 0 for a portrait beyond the canonical value.
    """
    (target,) = canonical(name).values()
    return float(np.clip((target - value) / gain, 0.0, 2.0))


def gains(path: Path | str) -> dict[str, float]:
    """Change at strength 1 of the calibrated translations of a store, by name (see `cursor_strength`)."""
    path = Path(path)
    metadata = read_metadata(path) if path.suffix == SUFFIX else _information(path)
    report = metadata.get("report", "{}")
    return {name: float(outcome["gain"]) for name, outcome in json.loads(report).items() if outcome["gain"] is not None}


def load(path: Path | str) -> dict[str, Translation]:
    """Translations of a folder of .npy files or of one .safetensors file, by name.

    A file that holds a direction of the user's own makes its code known, see `projection.direction_file`.

    Raises:
        BadInput: A missing, malformed or damaged file, or an own direction with the code of another.
        SpaceMismatch: The store names no latent space.
    """
    path = Path(path)
    if path.suffix == SUFFIX:
        if is_direction(path):
            direction = read_direction(path)
            direction.know(path)
            return direction.translations()
        state = load_state(path)
        space = read_metadata(path).get("space")
        if not space:
            raise SpaceMismatch(f"{path} does not name the latent space of its translations: fetch or import it again.")
        return {name: _translation(name, space, tensor.numpy(), path) for name, tensor in sorted(state.items())}
    if not path.is_dir():
        raise BadInput(f"The folder of translations {path} does not exist.")
    return load_arrays(path, stored_space(path))


def know_own(paths: Iterable[str]) -> None:
    """Make the codes of own directions among the files known, so that edits may be named after them; raises as `load`.

    Other stores, and missing files, are left to `load`.
    """
    for path in map(Path, paths):
        if path.suffix == SUFFIX and path.is_file() and is_direction(path):
            read_direction(path).know(path)


def load_arrays(folder: Path | str, space: str) -> dict[str, Translation]:
    """Translations of the given space from the .npy files of a folder; raises BadInput as `load`."""
    paths = sorted(Path(folder).glob("*.npy"))
    if not paths:
        raise BadInput(f"{folder} holds no translation: expected are files such as Bp_max.npy or Hc_1_fr_0.npy.")
    return {path.stem: _translation(path.stem, space, read_array(path), path) for path in paths}


def save(path: Path | str, translations: Iterable[Translation], metadata: Mapping[str, str] | None = None) -> None:
    """Write translations.

    Args:
        path: A .safetensors file (half precision), or a folder for one .npy per translation.
        translations: Translations of one space.
        metadata: Entries of the file's header, or of space.json in the folder.

    Raises:
        SpaceMismatch: None, or translations of several spaces.
    """
    path = Path(path)
    items = list(translations)
    spaces = sorted({item.space for item in items})
    if len(spaces) != 1:
        raise SpaceMismatch(f"{path} takes translations of one latent space, not of {', '.join(spaces) or 'none'}.")
    information = {**(metadata or {}), "space": spaces[0]}
    if path.suffix == SUFFIX:
        import torch

        save_state(path, {item.name: torch.from_numpy(item.path.copy()) for item in items}, information)
        return
    for item in items:
        buffer = io.BytesIO()
        np.save(buffer, item.path, allow_pickle=False)
        write_atomic(path / f"{item.name}.npy", buffer.getvalue())
    write_atomic(path / SPACE_FILE, (json.dumps(information, indent=1, sort_keys=True) + "\n").encode())


def require_space(translations: Mapping[str, Translation], space: str, n_style: int, dim: int) -> None:
    """Check the translations; raises SpaceMismatch for another space, BadInput for another shape."""
    for translation in translations.values():
        if translation.space != space:
            raise SpaceMismatch(
                f"Translation {translation.name} belongs to {translation.space}, the generator to {space}: "
                "choose the model set that it was made with."
            )
        if translation.path.shape[1:] != (n_style, dim):
            raise BadInput(
                f"Translation {translation.name} has the shape {translation.path.shape}; "
                f"{space} needs (K, {n_style}, {dim})."
            )


def stored_space(folder: Path) -> str:
    """Latent space of a folder; raises SpaceMismatch without space.json, BadInput if that is damaged."""
    return _information(folder)["space"]


def _information(folder: Path) -> dict[str, str]:
    try:
        information = json.loads((folder / SPACE_FILE).read_text(encoding="utf-8"))
        return {"space": str(information["space"]), **information}
    except FileNotFoundError as error:
        raise SpaceMismatch(
            f"{folder} does not name the latent space of its translations: "
            f"run `face-edit directions import {folder} --output STORE`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f'{folder / SPACE_FILE} is damaged: it should read {{"space": "NAME"}}.') from error


def read_array(path: Path) -> np.ndarray:
    """Array of a .npy file; raises BadInput for any other content."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadInput(f"{path} cannot be read as a NumPy array: save it again with numpy.save.") from error
    if not isinstance(array, np.ndarray):
        raise BadInput(f"{path} is an archive instead of one NumPy array: save it with numpy.save.")
    return array


def _translation(name: str, space: str, array: np.ndarray, path: Path) -> Translation:
    parse(name)
    if array.ndim != 3 or array.size == 0 or array.dtype.kind != "f":
        raise BadInput(
            f"{name} in {path} should be floats of shape (K, n_style, dim), not {array.dtype} {array.shape}."
        )
    if not np.isfinite(array).all():
        raise BadInput(f"{name} in {path} holds values that are not finite.")
    return Translation(name, space, array.astype(np.float32))
