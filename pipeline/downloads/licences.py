"""Licences of weights: their texts, and which of those that forbid commercial use the user has acknowledged."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.weights import ModelFile, weights_folder

ACKNOWLEDGED = "acknowledged_licences.txt"


def text(notice: str) -> str:
    """Text of a notice in third_party_licenses/, of the checkout or of the installed package; BadInput when absent."""
    checkout = Path(__file__).parents[2] / "third_party_licenses" / notice
    if checkout.is_file():
        return checkout.read_text(encoding="utf-8")
    try:
        for path in files("gan-face-editing") or []:
            if path.parts[-2:] == ("third_party_licenses", notice):
                return path.read_text(encoding="utf-8")
    except PackageNotFoundError:
        pass
    raise BadInput(f"The licence text {notice} is missing from this installation: reinstall.")


def is_acknowledged(file: ModelFile) -> bool:
    """Whether the file may be had without a question: no licence forbids commercial use, or the user knows."""
    return not file.non_commercial or file.licence in _acknowledged()


def acknowledge(file: ModelFile) -> None:
    """Remember that the user knows the licence of the file."""
    if not is_acknowledged(file):
        lines = [*_acknowledged(), file.licence]
        write_atomic(weights_folder() / ACKNOWLEDGED, "".join(f"{line}\n" for line in lines).encode())


def require_acknowledged(file: ModelFile) -> None:
    """BadInput, saying what to do, when the user has not acknowledged a licence that forbids commercial use."""
    if not is_acknowledged(file):
        raise BadInput(
            f"{file.file} may only be used non-commercially ({file.licence}): read third_party_licenses/{file.notice}, "
            "then start again with --accept-licence."
        )


def _acknowledged() -> list[str]:
    path = weights_folder() / ACKNOWLEDGED
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
