"""Model sets of generators that the user imported or trained, declared in sets.yaml of the weights folder."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from pipeline.core import digests, user_model_sets
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256, write_atomic
from pipeline.core.model_sets import model_set
from pipeline.core.progress import SILENT
from pipeline.core.weights import ModelFile, ModelSet, weights_folder
from pipeline.downloads.client import locked, require_space

if TYPE_CHECKING:
    from torch import Tensor

NOT_SHARED = ("generator", "translations", "boundary", "discriminator")
"""Roles whose files mean nothing with another generator."""


@dataclass(frozen=True)
class OwnSet:
    """What a set of the user's is called and made of, beside its generator.

    Attributes:
        name: Its name.
        base: The set whose other files it shares; the encoder where its latents have the shape that the generator
            takes: good for a generator that was tuned from that of `base`, of little use for one trained from nothing.
        title: Its title.
        elastic: Whether the generator is trained for smaller widths and resolutions.
        keys: More keys of the declaration.
        without: Further roles of `base` that it does not share.
        metadata: Metadata of the generator's file.
    """

    name: str
    base: ModelSet
    title: str
    elastic: bool = False
    keys: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    metadata: Mapping[str, str] | None = None


def declare(
    own: OwnSet,
    state: "Mapping[str, Tensor]",
    config: Mapping[str, Any],
    nets: "Mapping[str, tuple[Mapping[str, Tensor], Mapping[str, Any]]] | None" = None,
) -> ModelSet:
    """Write the files of a set and its declaration, in place of one of this name.

    Args:
        own: The set.
        state: State dict of the generator.
        config: Arguments of Generator.
        nets: State dict and arguments of further nets by role.

    Raises:
        BadInput: The disk is full, or a file cannot be written.
    """
    resolution = int(config["resolution"])
    n_style, dim = 2 * resolution.bit_length() - 4, int(config["style_dim"])
    generator = _written(own.name, "generator", state, config, own.metadata)
    shared = {role: file for role, file in own.base.files.items() if role not in (*NOT_SHARED, *own.without)}
    if (own.base.n_style, own.base.dim) != (n_style, dim):
        shared.pop("encoder", None)
    others = {role: _written(own.name, role, *net, None) for role, net in (nets or {}).items()}
    declared = {
        "title": own.title,
        "space": f"{own.name}-{str(generator.sha256)[:8]}",  # latents belong to these weights, not to a name
        "resolution": resolution,
        "n_style": n_style,
        "dim": dim,
        "elastic": own.elastic,
        "also": list(own.base.also),
        **own.keys,
        "files": {role: _declaration(file) for role, file in {"generator": generator, **shared, **others}.items()},
    }
    with locked(weights_folder() / user_model_sets.FILE, SILENT):
        user_model_sets.write(weights_folder(), {**user_model_sets.read(weights_folder()), own.name: declared})
    return model_set(own.name)


def require_own(name: str) -> None:
    """Raise BadInput for a set that is not the user's own."""
    if name not in user_model_sets.read(weights_folder()):
        raise BadInput(
            f"{name} is not a model set of your own: make one with `face-edit train generator` or `models import`."
        )


def add_net(
    name: str, role: str, state: "Mapping[str, Tensor]", config: Mapping[str, Any], metadata: Mapping[str, str]
) -> ModelSet:
    """Add a net to a set of the user's, in place of the one that serves it there.

    Args:
        name: Of the set.
        role: Of the net.
        state: Its state dict.
        config: Its arguments.
        metadata: Of its file.

    Raises:
        BadInput: No set of the user's, the disk is full, or a file cannot be written.
    """
    require_own(name)
    file = _written(name, role, state, config, metadata)
    with locked(weights_folder() / user_model_sets.FILE, SILENT):
        declared = user_model_sets.read(weights_folder())
        declared[name]["files"][role] = _declaration(file)
        user_model_sets.write(weights_folder(), declared)
    return model_set(name)


def _written(
    name: str,
    role: str,
    state: "Mapping[str, Tensor]",
    config: Mapping[str, Any],
    metadata: Mapping[str, str] | None,
) -> ModelFile:
    """Declaration of a net whose file is now in the weights folder, its hash noted."""
    from safetensors.torch import save

    tensors = {key: value.detach().cpu().contiguous().clone() for key, value in sorted(state.items())}
    blob = save(tensors, metadata=None if metadata is None else dict(metadata))
    target = weights_folder() / f"{name}-{role}.safetensors"
    require_space(target.parent, len(blob))
    write_atomic(target, blob)
    digest = sha256(target)
    digests.note(target, digest)
    return ModelFile(file=target.name, bytes=len(blob), sha256=digest, licence="your own", config=dict(config))


def _declaration(file: ModelFile) -> dict[str, Any]:
    """The file as a YAML file declares it: without what is left at its default."""
    blank = asdict(ModelFile())
    return {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asdict(file).items()
        if value != blank[key]
    }
