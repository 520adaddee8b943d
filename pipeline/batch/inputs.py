"""Input files of a batch command."""

import hashlib
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.files import sha256


def made_from(name: str, path: Path, latents: Path | None) -> str:
    """Hash of what the portrait `name` is made from: its picture, and its latent if `latents` holds one."""
    if not path.is_file():
        raise BadInput(f"There is no image {path}.")
    parts = [sha256(path)]
    given = latents / f"{name}.npy" if latents else None
    if given is not None and given.is_file():
        parts.append(sha256(given))
    return parts[0] if len(parts) == 1 else hashlib.sha256("".join(parts).encode()).hexdigest()
