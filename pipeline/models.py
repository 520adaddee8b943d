"""The nets of one model set, opened when first used: every command asks here and nobody else knows file names."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pipeline.core.errors import BadConfig, MissingWeights
from pipeline.core.model_sets import net_for_photographs
from pipeline.core.types import Translation
from pipeline.core.weights import built_translations, fingerprint, locate, model_set, read_metadata, state
from pipeline.photo.detector import open_detector

if TYPE_CHECKING:
    import torch

    from pipeline.photo.detector import FaceDetector
    from postprocess.depth import DepthEstimator
    from postprocess.identity import IdentityNet, SFace
    from postprocess.nets.occluder import OccluderNet
    from postprocess.parsing import FaceParser
    from postprocess.restoration import FaceRestorer
    from projection.attributes.population import PopulationPredictor
    from projection.attributes.predictor import AttributePredictor
    from projection.encoder import LatentEncoder
    from projection.generator import LatentGenerator
    from projection.perceptual import LpipsVgg, ParserFeatures

T = TypeVar("T")


class Models:
    """Lazily opened nets of the set `set_name` on `device` (auto, cpu, cuda, cuda:N, mps).

    `detector_set` names the set whose detector finds faces in photographs. Opening raises MissingWeights in one
    sentence for an absent, damaged or wrong file.
    """

    def __init__(self, set_name: str = "demo", device: str = "auto", detector_set: str | None = None) -> None:
        self._detector_set = detector_set
        self.set = model_set(set_name)
        self.device = choose_device(device)

    @property
    def space(self) -> str:
        """Name of the latent space that all latents and translations of this set live in."""
        return self.set.space

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all weights of the set: a run resumed with other weights is refused by it."""
        return fingerprint(self.set)

    def has(self, role: str) -> bool:
        """Whether the file for `role` is declared and in its place."""
        try:
            locate(self.set, role)
        except MissingWeights:
            return False
        return True

    def _open(self, role: str, opener: Callable[..., T], *extra: Any) -> T:
        path = locate(self.set, role)
        try:
            return opener(path, dict(self.set.files[role].config), self.device, *extra)
        except RuntimeError as error:  # torch's complaint about keys and shapes
            if "state_dict" not in str(error):
                raise
            raise MissingWeights(
                f"{path} does not fit the {role} of model set {self.set.name}: put the declared file in its place."
            ) from error

    @cached_property
    def generator(self) -> "LatentGenerator":
        """Latents to images."""
        from projection.generator import LatentGenerator

        return self._open("generator", LatentGenerator.open, self.space)

    @cached_property
    def encoder(self) -> "LatentEncoder":
        """Images to a first guess of their latents."""
        from projection.encoder import LatentEncoder

        return self._open("encoder", LatentEncoder.open)

    @property
    def encoder_or_none(self) -> "LatentEncoder | None":
        """The encoder; None where the set declares none, so that an inversion starts from the mean latent."""
        return self.encoder if "encoder" in self.set.files else None

    @cached_property
    def predictor(self) -> "AttributePredictor | PopulationPredictor":
        """Attributes of an image; the translations were found with it.

        The set's own predictor; where that speaks of CelebA's attributes or is not here, CLIP reads the others.
        """
        own = self.set.files.get("predictor")
        if own is None or own.config.get("architecture") == "anycost":
            return self._on_population()
        from projection.attributes.predictor import AttributePredictor

        return self._open("predictor", AttributePredictor.open)

    def _on_population(self) -> "PopulationPredictor":
        from projection.attributes.celeba import CelebaScorer
        from projection.attributes.clip import ClipScorer
        from projection.attributes.population import PopulationPredictor, RawScorer, load_scales

        scorers: list[RawScorer] = []
        if "predictor" in self.set.files and state(self.set, "predictor") != "missing":
            scorers.append(self._open("predictor", CelebaScorer.open))
        if "clip" in self.set.files or not scorers:
            scorers.append(self._open("clip", ClipScorer.open))
        built = built_translations(self.set)
        scales = load_scales(read_metadata(built).get("population", "{}")) if built.is_file() else {}
        return PopulationPredictor(scorers, scales)

    @cached_property
    def judge(self) -> "AttributePredictor":
        """A second predictor that took no part in finding the translations: only for measuring."""
        from projection.attributes.predictor import AttributePredictor

        return self._open("judge", AttributePredictor.open)

    @cached_property
    def detector(self) -> "FaceDetector":
        """Face detection in photographs; for one thread."""
        return open_detector(self._detector_set)

    @cached_property
    def parser(self) -> "FaceParser":
        """Face parsing, 19 classes."""
        from postprocess.parsing import FaceParser

        return self._open("parser", FaceParser.open)

    @cached_property
    def depth(self) -> "DepthEstimator":
        """Inverse depth; by the smaller net where only that was fetched."""
        from postprocess.depth import DepthEstimator

        smaller = not self.has("depth") and self.has("depth-hybrid")
        return self._open("depth-hybrid" if smaller else "depth", DepthEstimator.open)

    @cached_property
    def restorer(self) -> "FaceRestorer":
        """Face restoration."""
        from postprocess.restoration import FaceRestorer

        return self._open("restorer", FaceRestorer.open)

    @cached_property
    def face_restorer(self) -> "FaceRestorer":
        """Restoration of photographed faces."""
        from postprocess.restoration import FaceRestorer

        return self._open("face_restorer", FaceRestorer.open)

    @cached_property
    def occluder(self) -> "OccluderNet":
        """What of a face is visible; ONNX Runtime runs what is exported from it."""
        from postprocess.nets.occluder import open_occluder

        return self._open("occluder", open_occluder)

    @cached_property
    def identity(self) -> "IdentityNet | SFace":
        """Identity embedding of aligned faces: the set's own net, else SFace."""
        from postprocess.identity import IdentityNet, SFace

        if "identity" in self.set.files:
            return self._open("identity", IdentityNet.open)
        from pipeline.core.crop import FFHQ_512

        net = net_for_photographs("recogniser")
        return SFace.open(locate(model_set(net.models), net.role), FFHQ_512)

    @cached_property
    def perceptual(self) -> "LpipsVgg | ParserFeatures":
        """Perceptual distance: LPIPS-VGG where the set declares its trunk, else the features of the parser."""
        from projection.perceptual import LpipsVgg, ParserFeatures

        if "vgg16" in self.set.files:
            return self._open("vgg16", LpipsVgg.open)
        return ParserFeatures(self.parser.features)

    @cached_property
    def translations(self) -> dict[str, Translation]:
        """Translations that come with the set, by name; else those built for its space, if there are any."""
        if self._store is None:
            return {}
        from projection.translations import load, require_space

        found = load(self._store)
        require_space(found, self.space, self.set.n_style, self.set.dim)
        return found

    @cached_property
    def gains(self) -> dict[str, float]:
        """What each of the set's translations changes at strength 1, as far as calibration measured it."""
        from projection.translations import gains

        return {} if self._store is None else gains(self._store)

    @property
    def _store(self) -> Path | None:
        """File of the translations, if there is one."""
        if "translations" in self.set.files:
            return locate(self.set, "translations")
        built = built_translations(self.set)
        return built if built.is_file() else None


def choose_device(name: str) -> "torch.device":
    """The device called `name`; auto is CUDA, else MPS, else the CPU. BadConfig when it is not here."""
    import torch

    kind = name.partition(":")[0]
    if kind == "auto":
        kind = name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    if kind not in ("cpu", "cuda", "mps"):
        raise BadConfig(f"There is no device {name}: choose auto, cpu, cuda, cuda:N or mps.")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise BadConfig(f"There is no device {name}: choose auto, cpu, cuda, cuda:N or mps.") from error
    if kind == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise BadConfig(f"The device {name} is not on this machine: choose auto or cpu (see `face-edit doctor`).")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise BadConfig("The device mps is not on this machine: choose auto or cpu (see `face-edit doctor`).")
    return device
