"""Job of a restoration, and its portions that are computed together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.batch.inputs import Input, find_inputs
from pipeline.core.batch_sizes import PHOTO_PIXELS, PHOTOS
from pipeline.core.errors import BadInput
from pipeline.core.images import MAX_PIXELS, open_image
from pipeline.core.progress import SILENT, Progress
from pipeline.core.types import BackendName

DETECTORS = ("yunet", "aligned")
UPSCALES = (1, 2, 4)
RESTORED, COMPARISONS = "restored", "comparisons"
NO_CHOICE = "An aligned picture shows one face: leave --face and --all-faces out, or use --face-detector yunet."


@dataclass(frozen=True)
class RestoreJob:
    """A requested restoration.

    Attributes:
        model: A role of the set `restorers`, or demo.
        fidelity: 0 (restores most) to 1 (leaves faces unchanged).
        upscale: Factor for the whole photo, one of `UPSCALES`.
        detector: `aligned` if photos are face crops already.
        no_face: Whether a photo without a face is written to the results.
        background: File of an upscaling net; None: Lanczos.
        face: Number of the only face to restore, 1 = the largest; None: all. Not for the detector `aligned`.
        gps: Whether results keep the GPS position of the photo.
        comparisons: Whether to write images of before and after as well.
        backend: What runs the model, as for `choose_backend`.
    """

    input_dir: Path
    output_dir: Path
    model: str
    fidelity: float = 0.7
    upscale: int = 1
    detector: str = "yunet"
    no_face: Literal["keep", "skip"] = "keep"
    background: Path | None = None
    face: int | None = None
    gps: bool = False
    comparisons: bool = False
    backend: BackendName = "torch"

    def __post_init__(self) -> None:
        if not 0 <= self.fidelity <= 1:  # also false of NaN
            raise BadInput(
                f"The fidelity {self.fidelity} is out of range: choose 0 (restores most) to 1 (changes least)."
            )
        if self.background is not None and self.upscale == 1:
            raise BadInput("--background is a net that enlarges photos: add --upscale 2 or 4.")
        if self.face is not None and self.detector == "aligned":
            raise BadInput(NO_CHOICE)

    def settings(self) -> dict[str, Any]:
        """Everything that determines the results, by name."""
        return {
            "model": self.model,
            "fidelity": self.fidelity,
            "upscale": self.upscale,
            "face_detector": self.detector,
            "no_face": self.no_face,
            "background": None if self.background is None else self.background.name,
            "face": self.face,
            "gps": self.gps,
            "backend": self.backend,
        }


@dataclass(frozen=True)
class Item(Input):
    """One photo of a job.

    Attributes:
        pixels: Number of pixels of its result, 0 if the size cannot be read.
    """

    pixels: int


def items(job: RestoreJob, progress: Progress = SILENT) -> list[Item]:
    """The job's photos, sorted by name; raises BadInput without photos or if results would overwrite one."""
    folders = (job.output_dir, job.output_dir / RESTORED, job.output_dir / COMPARISONS)
    found = find_inputs([job.input_dir], folders, progress)
    return [Item(name, path, _pixels(path, job.upscale)) for name, path in found.items()]


def portions(photos: Sequence[Item]) -> list[list[Item]]:
    """Portions of photos whose faces are restored in one batch.

    Always cut from all photos: the last bits of a result may depend on its batch, and must not depend on which photos
    are complete already.
    """
    found: list[list[Item]] = []
    for item in photos:
        room = bool(found) and len(found[-1]) < PHOTOS
        if room and sum(other.pixels for other in found[-1]) + item.pixels <= PHOTO_PIXELS:
            found[-1].append(item)
        else:
            found.append([item])
    return found


def too_large(item: Item) -> str | None:
    """Error sentence when a photo's result would exceed MAX_PIXELS, or None."""
    if item.pixels <= MAX_PIXELS:
        return None
    return (
        f"The result of {item.path} would have {item.pixels / 1e6:.0f} megapixels, more than the "
        f"{MAX_PIXELS / 1e6:.0f} allowed: choose a smaller --upscale, or shrink the photo."
    )


def _pixels(path: Path, upscale: int) -> int:
    try:
        with open_image(path, max_pixels=1 << 62) as file:
            return file.width * file.height * upscale**2
    except BadInput:
        return 0
