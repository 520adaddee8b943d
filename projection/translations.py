"""Which translations a portrait gets, and how translations are stored.

Names, priorities and the rule for baldness are those of the challenge's reference pipeline, so its folders can be used
as they are.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from pipeline.core.attributes import BALD, BALD_CLASS, TranslationName, attributes, canonical, parse
from pipeline.core.errors import BadInput, SpaceMismatch
from pipeline.core.files import write_atomic
from pipeline.core.types import Translation

SPACE_FILE = "space.json"


def select(values: Mapping[str, int], *folders: Mapping[str, Translation]) -> dict[str, Translation]:
    """Edits of one portrait.

    Within a folder X_n_fr_m overrides X_n where the portrait's X is m. Values that are already there and attributes
    whose present class is not in `values` are left out; Hc_4 becomes `bald`.

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
    if attributes()[name.code].kind == "cursor":
        return True
    present = str(values.get(name.code, name.value))
    return present != name.value and name.source in (None, present)


def cursor_strength(name: str, value: float, gain: float) -> float:
    """Strength in 0..2 that takes a portrait's cursor from `value` to the canonical value of `name`, such as "Bp_max".

    gain: change of the cursor at strength 1, as found by calibration. A portrait that is already there gets 0.
    """
    (target,) = canonical(name).values()
    return float(np.clip((target - value) / gain, 0.0, 2.0))


def gains(path: Path | str) -> dict[str, float]:
    """What each measured translation of a store changes at strength 1, by name (see `cursor_strength`)."""
    path = Path(path)
    if path.suffix == ".safetensors":
        from pipeline.core.weights import read_metadata

        report = read_metadata(path).get("report", "{}")
    else:
        report = _information(path).get("report", "{}")
    return {name: float(outcome["gain"]) for name, outcome in json.loads(report).items() if outcome["gain"] is not None}


def load(path: Path | str) -> dict[str, Translation]:
    """Translations of a folder of .npy files or of one .safetensors file, by name.

    Raises BadInput for what is missing, malformed or damaged, SpaceMismatch for a folder that does not say its space.
    """
    path = Path(path)
    if path.suffix == ".safetensors":
        from pipeline.core.weights import load_state, read_metadata

        state = load_state(path)
        space = read_metadata(path).get("space")
        if not space:
            raise SpaceMismatch(f"{path} does not say which latent space its translations belong to.")
        return {name: _translation(name, space, tensor.numpy(), path) for name, tensor in sorted(state.items())}
    if not path.is_dir():
        raise BadInput(f"There is no folder of translations {path}.")
    return load_arrays(path, stored_space(path))


def load_arrays(folder: Path | str, space: str) -> dict[str, Translation]:
    """The .npy files of a folder as translations of the given space, whatever the folder itself says."""
    paths = sorted(Path(folder).glob("*.npy"))
    if not paths:
        raise BadInput(f"{folder} holds no translation (files such as Bp_max.npy or Hc_1_fr_0.npy).")
    return {path.stem: _translation(path.stem, space, read_array(path), path) for path in paths}


def save(path: Path | str, translations: Iterable[Translation], metadata: Mapping[str, str] | None = None) -> None:
    """Write translations of one space: a .safetensors file (half precision), or a folder with a .npy for each.

    `metadata` goes into the file, or beside the space's name in the folder's space.json.
    """
    path = Path(path)
    items = list(translations)
    spaces = sorted({item.space for item in items})
    if len(spaces) != 1:
        raise SpaceMismatch(f"Translations of one space go into {path}, not of {', '.join(spaces) or 'none'}.")
    information = {**(metadata or {}), "space": spaces[0]}
    if path.suffix == ".safetensors":
        import torch

        from pipeline.core.weights import save_state

        save_state(path, {item.name: torch.from_numpy(item.path.copy()) for item in items}, information)
        return
    for item in items:
        buffer = io.BytesIO()
        np.save(buffer, item.path, allow_pickle=False)
        write_atomic(path / f"{item.name}.npy", buffer.getvalue())
    write_atomic(path / SPACE_FILE, (json.dumps(information, indent=1, sort_keys=True) + "\n").encode())


def require_space(translations: Mapping[str, Translation], space: str, n_style: int, dim: int) -> None:
    """SpaceMismatch unless every translation belongs to this space, BadInput unless it has its shape."""
    for translation in translations.values():
        if translation.space != space:
            raise SpaceMismatch(
                f"Translation {translation.name} belongs to {translation.space}, the generator to {space}."
            )
        if translation.path.shape[1:] != (n_style, dim):
            raise BadInput(
                f"Translation {translation.name} has the shape {translation.path.shape}; "
                f"{space} needs (K, {n_style}, {dim})."
            )


def stored_space(folder: Path) -> str:
    """The space that a folder of translations belongs to; SpaceMismatch when it does not say, BadInput for nonsense."""
    return _information(folder)["space"]


def _information(folder: Path) -> dict[str, str]:
    try:
        information = json.loads((folder / SPACE_FILE).read_text(encoding="utf-8"))
        return {"space": str(information["space"]), **information}
    except FileNotFoundError as error:
        raise SpaceMismatch(
            f"{folder} does not say which latent space its translations belong to: "
            f"run `face-edit directions import {folder} --output STORE`."
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f'{folder / SPACE_FILE} is damaged: it should read {{"space": "NAME"}}.') from error


def read_array(path: Path) -> np.ndarray:
    """The one array of a .npy file; BadInput for anything else."""
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        raise BadInput(f"{path} is damaged or no NumPy array: save it again with numpy.save.") from error
    if not isinstance(array, np.ndarray):
        raise BadInput(f"{path} is an archive, not one NumPy array.")
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
