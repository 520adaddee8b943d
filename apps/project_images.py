"""`face-edit project-images`: a folder of crops to latents, their reconstructions and a table of errors."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.console import add_settings
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.config import RunConfig
    from pipeline.core.types import Floats, Image, Tuning
    from pipeline.models import Models
    from projection.inversion.settings import Progress

EPILOG = """\
example:
  face-edit project-images portraits --output-dir run1 --set projection.n_iter=300

writes, for every square crop of the folder,
  projected_latents/NAME.npy   latent, float32 (n_style, dim): (14, 128) for the demo set, (18, 512) for the FFHQ sets
  projected_latents/NAME.json  its latent space, the photo's hash, psnr (dB), loss, seconds
  reconstructions/NAME.png     what the generator makes of it
with --set projection.tuning.steps=100 also
  projected_latents/NAME.safetensors  what is added to the generator's weights for this portrait
and errors.csv over all of them. Started again, only what is missing or has changed is projected.
"""
FIGURES = ("psnr", "tuned_psnr", "inversion_identity", "tuned_identity", "loss", "seconds")
COLUMNS = ("name", *FIGURES, "error")


@dataclass(frozen=True)
class Places:
    """Where the results of a photo go."""

    folder: Path

    def latent(self, name: str) -> Path:
        return self.folder / "projected_latents" / f"{name}.npy"

    def note(self, name: str) -> Path:
        return self.folder / "projected_latents" / f"{name}.json"

    def tuning(self, name: str) -> Path:
        return self.folder / "projected_latents" / f"{name}.safetensors"

    def reconstruction(self, name: str) -> Path:
        return self.folder / "reconstructions" / f"{name}.png"

    def stored(self, name: str, made_from: str, space: str) -> dict[str, Any] | None:
        """The note of a photo whose results are whole and were made from the same photo, settings and weights."""
        try:
            note = json.loads(self.note(name).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        needed = [self.latent(name), self.reconstruction(name)]
        if "tuned_psnr" in note:
            needed.append(self.tuning(name))
        whole = all(path.is_file() for path in needed)
        return note if whole and (note.get("made_from"), note.get("space")) == (made_from, space) else None

    def store(
        self, name: str, note: dict[str, Any], latent: Floats, reconstruction: Image, tuning: Tuning | None
    ) -> None:
        """Write the results; the note comes last and says that they are whole."""
        import numpy as np

        from pipeline.core.files import write_atomic
        from pipeline.core.images import write_image
        from pipeline.edit.invert import save_tuning

        buffer = io.BytesIO()
        np.save(buffer, latent)
        self.note(name).unlink(missing_ok=True)
        write_atomic(self.latent(name), buffer.getvalue())
        write_image(self.reconstruction(name), reconstruction)
        if tuning is None:
            self.tuning(name).unlink(missing_ok=True)  # of an earlier start with other settings
        else:
            save_tuning(self.tuning(name), tuning, note["space"])
        write_atomic(self.note(name), (json.dumps(note) + "\n").encode())


def main(argv: list[str]) -> int:
    """Run the command; 0 when every photo has its latent, 1 when some could not be read."""
    arguments = _parser().parse_args(argv)
    from pipeline.config import load_config
    from pipeline.core.images import list_images
    from pipeline.models import Models

    short = ("models", "device", "precision")
    sets = [f"{name}={value}" for name in short if (value := getattr(arguments, name)) is not None]
    config = load_config(arguments.config, [*arguments.set, *sets])
    photos = list_images(arguments.input_dir)
    if not photos:
        raise BadInput(f"There are no images in {arguments.input_dir}.")
    _check_names(photos)
    models = Models(config.models, config.device)
    rows = project_folder(photos, Places(arguments.output_dir), models, config)
    return 1 if any(row.get("error") for row in rows) else 0


def project_folder(photos: Sequence[Path], places: Places, models: Models, config: RunConfig) -> list[dict[str, Any]]:
    """Project the photos batch by batch and return the rows of errors.csv, which is written after every batch.

    A batch of which anything is missing is projected whole, so that pixels do not depend on where a run was stopped.
    """
    rows: list[dict[str, Any]] = []
    with _bar(len(photos)) as (console, advance):
        for start in range(0, len(photos), config.batch):
            batch = photos[start : start + config.batch]
            fresh = _project_batch(batch, places, models, config, lambda *at: advance(start, len(batch), *at))  # noqa: B023
            for row in fresh:
                _tell(row, models.set.name, console)
            rows += fresh
            _write_table(places.folder / "errors.csv", rows)
    done = sum(not row.get("error") for row in rows)
    console.print(f"{done} of {len(rows)} portraits projected to {places.folder}", highlight=False, soft_wrap=True)
    return rows


def _project_batch(
    batch: Sequence[Path], places: Places, models: Models, config: RunConfig, progress: Progress
) -> list[dict[str, Any]]:
    from pipeline.core.images import resize
    from pipeline.edit.invert import tune_portrait
    from pipeline.edit.latent_store import read_crop
    from projection.inversion.project import project

    rows: dict[str, dict[str, Any]] = {}
    images: dict[str, Image] = {}
    origins = {path.stem: _made_from(path, models, config) for path in batch}
    for path in batch:
        note = places.stored(path.stem, origins[path.stem], models.space)
        if note is not None:
            rows[path.stem] = {key: note[key] for key in FIGURES if key in note}
    if len(rows) < len(batch):
        for path in batch:
            try:
                images[path.stem] = read_crop(path)
            except BadInput as error:
                rows[path.stem] = {"error": str(error)}
    missing = [name for name in images if name not in rows]
    if missing:
        from pipeline.edit.render import arithmetic

        begun = time.perf_counter()
        with arithmetic(config.precision, models.device):
            perceptual = models.perceptual if config.projection.perceptual else None
            encoder = models.encoder_or_none
            found = project(list(images.values()), models.generator, encoder, perceptual, config.projection, progress)
        seconds = (time.perf_counter() - begun) / len(images)
        for index, name in enumerate(images):
            if name not in missing:
                continue
            latent, reconstruction, tuning = found.latents[index], found.recon[index], None
            figures = {"psnr": round(float(found.psnr[index]), 3), "loss": round(float(found.loss[index]), 6)}
            begun = time.perf_counter()
            if config.projection.tuning.steps:
                target = resize(images[name], models.generator.resolution)
                tuned = tune_portrait(target, latent, reconstruction, models, config.projection, progress)
                tuning, reconstruction, figures = tuned.tuning, tuned.reconstruction, figures | tuned.figures
            rows[name] = {**figures, "seconds": round(seconds + time.perf_counter() - begun, 2)}
            note = {"space": models.space, "made_from": origins[name], **rows[name]}
            places.store(name, note, latent, reconstruction, tuning)
    return [{"name": path.stem, **rows[path.stem]} for path in batch]


def _made_from(path: Path, models: Models, config: RunConfig) -> str:
    """One hash over what decides a photo's latent: the photo, the settings and the weights."""
    from pipeline.core.files import sha256

    try:
        photo = sha256(path)
    except OSError:
        photo = "unreadable"
    settings = f"{config.projection.model_dump_json()} {config.precision} {models.fingerprint}"
    return hashlib.sha256(f"{photo} {settings}".encode()).hexdigest()


def _check_names(photos: Sequence[Path]) -> None:
    seen: dict[str, Path] = {}
    for photo in photos:
        if photo.stem in seen:
            raise BadInput(f"{seen[photo.stem].name} and {photo.name} would get the same latent: rename one of them.")
        seen[photo.stem] = photo


def _tell(row: dict[str, Any], set_name: str, console: Console) -> None:
    from projection.inversion.project import unknown_face_warning

    if error := row.get("error"):
        console.print(f"[red]failed[/] {row['name']}: {error}", highlight=False, soft_wrap=True)
    elif warning := unknown_face_warning(row["psnr"], set_name):
        console.print(f"[yellow]careful[/] {row['name']}: {warning}", highlight=False, soft_wrap=True)


def _write_table(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    from pipeline.core.files import write_atomic

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(path, text.getvalue().encode())


@contextmanager
def _bar(photos: int) -> Iterator[Any]:
    """A bar over all photos with the loss of the running batch; yields the console and the function that moves it."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    columns = (TextColumn("projecting"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[loss]}"))
    with Bar(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=photos, loss="")

        def advance(start: int, count: int, iteration: int, total: int, loss: float) -> None:
            bar.update(task, completed=round(start + count * iteration / total, 2), loss=f"loss {loss:.4f}")

        yield console, advance
        bar.update(task, completed=photos)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="face-edit project-images",
        description="Find the latent of every portrait of a folder.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("input_dir", type=Path, metavar="INPUT_DIR", help="folder of square portrait crops")
    parser.add_argument("--output-dir", type=Path, required=True, metavar="DIR", help="folder for the results")
    add_settings(parser)
    return parser


if __name__ == "__main__":
    from apps.console import run

    sys.exit(run(main))
