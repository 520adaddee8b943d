"""The user's own model sets: sets.yaml in the weights folder, in the schema of configs/models.yaml.

Names from users and imported files are plain names in the weights folder, never paths out of it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.core.errors import BadConfig, BadInput
from pipeline.core.files import write_atomic

FILE = "sets.yaml"
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
HEAD = "# Your own model sets, written by `face-edit models import`; the schema is that of configs/models.yaml.\n"


def is_safe(name: str) -> bool:
    """Whether this is a plain file name, not a path."""
    return SAFE_NAME.fullmatch(name) is not None and not name.endswith(".")


def safe_name(name: str, what: str) -> str:
    """The name itself; raises BadInput with the noun `what` for an unsafe one."""
    if not is_safe(name):
        raise BadInput(f"{name!r} cannot be the name of {what}: use letters, digits, dots, dashes and underscores.")
    return name


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """Declared sets of a weights folder by name; raises BadConfig for an unreadable file and an unsafe name."""
    import yaml

    path = folder / FILE
    try:
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadConfig(f"{path} cannot be read ({str(error).splitlines()[0]}): repair or remove it.") from error
    try:
        if not isinstance(declared, dict):
            raise BadInput("it must map names to model sets.")
        for name, content in declared.items():
            safe_name(str(name), "a model set")
            if not isinstance(content, dict) or not isinstance(content.get("files"), dict):
                raise BadInput(f"{name} has no files.")
            for file in content["files"].values():
                if not isinstance(file, dict):
                    raise BadInput(f"a file of {name} is not a mapping.")
                if "file" in file:
                    safe_name(str(file["file"]), "a file of weights")
    except BadInput as error:
        raise BadConfig(f"{path} is wrong: {error}") from error
    return declared


def write(folder: Path, declared: Mapping[str, Mapping[str, Any]]) -> None:
    """Write sets.yaml; raises BadInput if that fails."""
    import yaml

    text = yaml.safe_dump(dict(declared), sort_keys=False, allow_unicode=True, width=120)
    write_atomic(folder / FILE, (HEAD + text).encode())
