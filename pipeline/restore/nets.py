"""Nets of a restoration: names, default, opening."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.core import digests
from pipeline.core.backends.compiled import take_over
from pipeline.core.backends.engines import choose_backend
from pipeline.core.batch_sizes import FACES_ON_GPU
from pipeline.core.errors import BadInput, OutOfMemory
from pipeline.core.model_sets import embedded_note, net_for_photographs
from pipeline.core.types import Image
from pipeline.core.version import package_version
from pipeline.core.weights import ModelFile, locate, model_set, state
from pipeline.photo.detector import FaceDetector
from pipeline.photo.faces import RESTORATION_SIZE
from pipeline.restore.job import RestoreJob

if TYPE_CHECKING:
    import torch

    from postprocess.restoration import FaceRestorer
    from postprocess.upscaling import Upscaler

DEMO = "demo"
"""Name of the embedded net."""


def model_names() -> list[str]:
    """Values of `--model`."""
    return [*model_set(restorer_set()).files, DEMO]


def restorer_set() -> str:
    """Model set of the restorers for photographs."""
    return net_for_photographs("restorer").models


def default_model() -> str:
    """The restorer for photographs if it was fetched, else the embedded net."""
    net = net_for_photographs("restorer")
    return net.role if state(model_set(net.models), net.role) == "here" else DEMO


def declared(model: str) -> ModelFile:
    """The declaration of a model; raises BadInput for an unknown name."""
    if model not in model_names():
        raise BadInput(f"There is no restorer {model}: choose among {', '.join(model_names())}.")
    models, role = _place(model)
    return model_set(models).files[role]


def note(model: str) -> str | None:
    """Sentence for users of photographs about an embedded model, None for another."""
    return embedded_note("restorer", *_place(model))


def _place(model: str) -> tuple[str, str]:
    """Set and role of a model."""
    return ("demo", "face_restorer") if model == DEMO else (restorer_set(), model)


class Restorer:
    """A face restorer with a fidelity for every net.

    CodeFormer has such an input; results of other nets are mixed with the original face, see `strength`.
    """

    def __init__(self, net: "FaceRestorer", fidelity: float) -> None:
        self.net, self.fidelity = net, fidelity
        self.size = net.input_size or RESTORATION_SIZE
        self.at_once = FACES_ON_GPU if net.device.type != "cpu" else None
        if net.has_fidelity:
            net.fidelity = fidelity

    @property
    def strength(self) -> float:
        """Share of the restored face in the result, 1 - fidelity^5: 0.97 at 0.5, 0.83 at 0.7, 0.41 at 0.9, 0 at 1."""
        return 1.0 if self.net.has_fidelity else 1.0 - self.fidelity**5

    def restore(self, faces: Sequence[Image], shares: Sequence[float] | None = None) -> list[Image]:
        """Restore aligned faces, uint8 (size, size, 3); halves the batch when memory runs out.

        Args:
            shares: Part of `strength` that each face takes, 0..1, see `postprocess.sharpness`; all of it by default.

        Raises:
            OutOfMemory: Not enough memory for a single face.
        """
        strengths = [self.strength * share for share in shares or [1.0] * len(faces)]
        changing = [face for face, strength in zip(faces, strengths, strict=True) if strength]
        restored = iter(self._restored(changing) if changing else ())
        return [
            mixed(face, next(restored), strength) if strength else face
            for face, strength in zip(faces, strengths, strict=True)
        ]

    def _restored(self, faces: Sequence[Image]) -> Image:
        import torch

        while True:
            try:
                return self.net.restore(faces, self.at_once)
            except torch.OutOfMemoryError as error:
                at_once = self.at_once or len(faces)
                if at_once == 1:
                    raise OutOfMemory(
                        f"There is not enough free memory on {self.net.device} for one face: "
                        "close other programs that use it, or choose --device cpu."
                    ) from error
                self.at_once = at_once // 2
                if self.net.device.type == "cuda":
                    torch.cuda.empty_cache()


def mixed(face: Image, restored: Image, strength: float) -> Image:
    """`strength`, 0..1, of the restored face, and the rest of the face itself."""
    change = restored.astype(np.float32) - face.astype(np.float32)
    return np.asarray(np.rint(face + np.float32(strength) * change), np.uint8)


@dataclass(frozen=True)
class RestoreNets:
    """Opened nets of a job.

    Attributes:
        detector: None if photos are face crops already.
        upscaler: None to enlarge by Lanczos.
        identity: What results depend on besides the job's settings: version, hashes of weights, device, backend.
        ran: Sentences about the model where another backend than torch runs it, or was to run it.
    """

    restorer: Restorer
    detector: FaceDetector | None
    upscaler: "Upscaler | None"
    identity: dict[str, Any]
    ran: list[str] = field(default_factory=list)


def open_nets(job: RestoreJob, device: "torch.device", detector: FaceDetector | None) -> RestoreNets:
    """Open a job's nets; raises MissingWeights or BadInput as their openers do."""
    from postprocess.restoration import FaceRestorer
    from postprocess.upscaling import Upscaler

    file = declared(job.model)
    models, role = _place(job.model)
    path = locate(model_set(models), role)
    net = FaceRestorer.open(path, file.config, device)
    ran: list[str] = []
    take_over(net, "restorer", path, file.config, job.backend, ran.append)
    identity = {"version": package_version(), "weights": digests.current(path), "device": str(device)}
    identity["backend"] = choose_backend(job.backend, device.type)
    if job.background is not None:
        identity["background"] = digests.current(job.background)
    upscaler = None if job.background is None else Upscaler.open(job.background, device)
    return RestoreNets(Restorer(net, job.fidelity), detector, upscaler, identity, ran)
