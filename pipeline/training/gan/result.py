"""What a training leaves: a model set of the user's own, and its card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.model_sets import ModelSet, model_set, model_sets
from pipeline.core.weights import built_translations, expected_path, locate, read_metadata
from pipeline.downloads.own_sets import OwnSet, declare
from pipeline.models import Models
from pipeline.training.context import commit
from pipeline.training.gan.distances import Distances
from pipeline.training.gan.loop import GanTraining
from pipeline.training.gan.settings import INCEPTION, GanSettings
from pipeline.training.gan.start import DISCRIMINATOR, discriminator_config, generator_config
from projection.translations import save

GENERATOR, CARD = "generator.safetensors", "model_card.md"
TRAINING = "training"
"""Key of the generator's metadata that tells whose result it is."""
KEPT_KEYS = ("tuning_steps", "not_on_photographs")
"""Keys of the set that was tuned, true of the result too."""


@dataclass(frozen=True)
class Origin:
    """Where a training comes from.

    Attributes:
        name: Name of the set to make.
        like: The set that the other nets are of.
        tuned: Name of the set whose generator was tuned, or None.
        signature: What tells the training from others.
        folder: Folder of the training.
    """

    name: str
    like: ModelSet
    tuned: str | None
    signature: str
    folder: Path

    @property
    def digest(self) -> str:
        """Hash of the signature."""
        return hashlib.sha256(self.signature.encode()).hexdigest()


def require_free(origin: Origin) -> None:
    """Check the name; raises BadInput if it is that of a set which this training has not made."""
    taken = model_sets().get(origin.name)
    if taken is None:
        return
    path = expected_path(taken.files["generator"]) if "generator" in taken.files else None
    if taken.embedded or path is None or not path.is_file() or _maker(path) != origin.digest:
        raise BadInput(
            f"There is a model set {origin.name} already: choose another --name, or remove it with "
            f"`face-edit models remove {origin.name}`."
        )


def write_set(training: GanTraining, origin: Origin, found: Distances | None) -> ModelSet:
    """Declare the averaged generator and the discriminator as a model set, with a copy and a card in the folder.

    A tuned generator keeps the translations of its set: its mapping network is the same, and directions of the latent
    space keep their meaning in tuned generators (StyleAlign, Wu et al. 2022).

    Raises:
        BadInput: A file cannot be written.
    """
    settings, net = training.settings, training.nets.mean_generator
    net.convolve_in(None)
    metadata = {
        "what": f"generator of the user's images, {net.resolution} px",
        "when": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "images": str(len(training.images)),
        "kimg": f"{training.kimg:.3f}",
        "settings": json.dumps(asdict(settings)),
        "metrics": json.dumps(asdict(found) if found else {}),
        "torch": torch.__version__,
        "commit": commit(),
        TRAINING: origin.digest,
    }
    title = f"Tuned from {origin.tuned}" if origin.tuned else "Trained"
    own = OwnSet(
        origin.name,
        origin.like,
        f"{title} on {len(training.images)} images, {net.resolution} px",
        # Layers of larger images than those trained on are elastic only where they were before.
        elastic=settings.elastic and (settings.resolution == net.resolution or origin.like.elastic),
        keys={key: getattr(origin.like, key) for key in KEPT_KEYS} if origin.tuned else {},
        without=() if origin.tuned else ("encoder", "motions"),
        metadata=metadata,
    )
    judge = training.nets.discriminator
    nets = {DISCRIMINATOR: (judge.state_dict(), discriminator_config(judge))}
    models = declare(own, net.state_dict(), generator_config(net), nets)
    if origin.tuned:
        _carry_translations(model_set(origin.tuned), models)
    write_atomic(origin.folder / GENERATOR, locate(models, "generator").read_bytes())
    write_atomic(origin.folder / CARD, card(models, origin, settings, metadata).encode())
    return models


def card(models: ModelSet, origin: Origin, settings: GanSettings, metadata: Mapping[str, str]) -> str:
    """The model card, Markdown."""
    figures = json.loads(metadata["metrics"])
    source = f", tuned from the set {origin.tuned}" if origin.tuned else ""
    licence = "those of the images" + (f" and of {origin.tuned}" if origin.tuned else "")
    rows = {
        "generator": f"{models.resolution} px{source}; latents of the space {models.space}",
        "images": f"{metadata['images']}, resized to {settings.resolution} px",
        "training": f"{metadata['kimg']} thousand images, {metadata['when']}, commit {metadata['commit']}",
        "other nets": f"those of the set {origin.like.name}",
        "licence and permitted use": licence,
    }
    if figures:
        other = "" if figures["features"] == INCEPTION else ", not Inception's"
        of = f"to the images at {settings.resolution} px, features {figures['features']}{other}"
        rows |= {"FID": f"{figures['fid']:.3f} ({of})", "KID x 1000": f"{figures['kid']:.3f}"}
    if settings.resolution < models.resolution:
        rows["finer levels"] = f"above {settings.resolution} px they are those of {origin.tuned}"
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items())
    given = "".join(f"| {name} | {value} |\n" for name, value in asdict(settings).items())
    return (
        f"# {models.name}\n\n{models.title}.\n\n| | |\n|---|---|\n{table}\n"
        f"## Settings\n\n| setting | value |\n|---|---|\n{given}\n"
        f"## Use\n\n```sh\nface-edit models list {models.name}\n{_use(models, origin)}\n```\n"
    )


def _use(models: ModelSet, origin: Origin) -> str:
    """Command to go on with."""
    if origin.tuned:
        return f"face-edit run-pipeline portraits --output-dir runs/{models.name} --models {models.name}"
    return f"face-edit directions extract --models {models.name}"


def _carry_translations(base: ModelSet, models: ModelSet) -> None:
    found = Models(base.name, "cpu").translations
    if not found:
        return
    source = locate(base, "translations") if "translations" in base.files else built_translations(base)
    metadata = {key: value for key, value in read_metadata(source).items() if key not in ("format", "space")}
    items = [replace(item, space=models.space) for item in found.values()]
    save(built_translations(models), items, metadata)


def _maker(path: Path) -> str | None:
    try:
        return read_metadata(path).get(TRAINING)
    except Exception:  # of a file that is no safetensors
        return None
