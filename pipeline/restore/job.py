"""What a restoration is asked to do, and in which portions it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.batch.inputs import find_inputs
from pipeline.core.errors import BadInput
from pipeline.core.images import MAX_PIXELS, open_image
from pipeline.core.progress import SILENT, Progress

DETECTORS = ("yunet", "aligned")
UPSCALES = (1, 2, 4)
RESTORED, COMPARISONS = "restored", "comparisons"

TOGETHER, PIXELS_TOGETHER = 8, 64_000_000
"""Most photos, and about the most pixels of results, that are held in memory as one portion."""


@dataclass(frozen=True)
class RestoreJob:
    """A restoration as asked for.

    model: a role of the set `restorers`, or demo · fidelity: 0 restores most, 1 leaves faces as they are · upscale: of
    the whole photo · detector: `aligned` where photos are face crops already · no_face: what becomes of a photo without
    a face · background: file of a net that enlarges, none enlarges by Lanczos · gps: results may say where a photo was
    taken · comparisons: also write pairs of before and after
    """

    input_dir: Path
    output_dir: Path
    model: str
    fidelity: float = 0.7
    upscale: int = 1
    detector: str = "yunet"
    no_face: Literal["keep", "skip"] = "keep"
    background: Path | None = None
    gps: bool = False
    comparisons: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.fidelity <= 1:  # also false of NaN
            raise BadInput(
                f"The fidelity {self.fidelity} is out of range: choose 0 (restores most) to 1 (changes least)."
            )
        if self.background is not None and self.upscale == 1:
            raise BadInput("A net for the background enlarges photos: give --upscale 2 or 4 with --background.")

    def settings(self) -> dict[str, Any]:
        """Everything that decides results, by name."""
        return {
            "model": self.model,
            "fidelity": self.fidelity,
            "upscale": self.upscale,
            "face_detector": self.detector,
            "no_face": self.no_face,
            "background": None if self.background is None else self.background.name,
            "gps": self.gps,
        }


@dataclass(frozen=True)
class Item:
    """One photo of a job. pixels: of its result, 0 where the file does not even say its size."""

    name: str
    path: Path
    pixels: int


def items(job: RestoreJob, progress: Progress = SILENT) -> list[Item]:
    """The job's photos, sorted by name; BadInput when there are none, or results would overwrite something."""
    folders = (job.output_dir, job.output_dir / RESTORED, job.output_dir / COMPARISONS)
    found = find_inputs([job.input_dir], folders, progress)
    return [Item(name, path, _pixels(path, job.upscale)) for name, path in found.items()]


def portions(photos: Sequence[Item]) -> list[list[Item]]:
    """The photos in the portions whose faces the net sees together.

    Always cut from all photos: the last bits of a result may depend on what else was in a batch, and must not depend on
    what is done already.
    """
    found: list[list[Item]] = []
    for item in photos:
        room = bool(found) and len(found[-1]) < TOGETHER
        if room and sum(other.pixels for other in found[-1]) + item.pixels <= PIXELS_TOGETHER:
            found[-1].append(item)
        else:
            found.append([item])
    return found


def too_large(item: Item) -> str | None:
    """Why a photo's result would be larger than any photo may be, or nothing."""
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
