"""Nets of a model set, opened on first use."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pipeline.core.allocator import keep_freed_memory
from pipeline.core.backends.compilable import Compilable
from pipeline.core.backends.compiled import take_over
from pipeline.core.backends.engines import choose_backend
from pipeline.core.devices import choose_device
from pipeline.core.errors import MissingWeights
from pipeline.core.model_sets import net_for_photographs
from pipeline.core.types import BackendName, BackendRole, DetectorName, Floats, Translation
from pipeline.core.weights import built_translations, fingerprint, locate, model_set, model_sets, read_metadata, state
from pipeline.photo.detector import FaceDetector, open_detector
from pipeline.photo.matte import PersonMatte, open_matte
from pipeline.photo.opencv_nets import is_fetched

if TYPE_CHECKING:
    from postprocess.depth import DepthEstimator
    from postprocess.identity import IdentityNet, SFace
    from postprocess.nets.occlusion import OcclusionNet
    from postprocess.own_pixels.ageing import Ageing
    from postprocess.own_pixels.motions import Motion
    from postprocess.parsing import FaceParser
    from postprocess.restoration import FaceRestorer
    from projection.attributes.clip import ClipScorer
    from projection.attributes.population import PopulationPredictor
    from projection.attributes.predictor import AttributePredictor
    from projection.encoder import LatentEncoder
    from projection.generator import LatentGenerator
    from projection.perceptual import LpipsVgg, ParserFeatures

T = TypeVar("T")


class Models:
    """Lazily opened nets of a model set; each property raises MissingWeights for an absent, damaged or wrong file.

    Args:
        device: auto, cpu, cuda, cuda:N or mps.
        detector: Face detector for photographs, as for `open_detector`.
        backend: What runs the nets, as for `choose_backend`; nets without a `BackendRole` are run by torch.
        backend_of: Another backend for single nets, by role.

    Attributes:
        backends: The chosen backend of each role.
        ran: Sentences about the nets that another backend than torch runs, or was to run.

    Raises:
        BadConfig: Unknown model set, device or backend.
    """

    def __init__(
        self,
        set_name: str = "demo",
        device: str = "auto",
        detector: DetectorName = "auto",
        backend: BackendName = "torch",
        backend_of: Mapping[BackendRole, BackendName] = MappingProxyType({}),
    ) -> None:
        keep_freed_memory()
        self._detector_name: DetectorName = detector
        self.set = model_set(set_name)
        self.device = choose_device(device)
        self._asked: dict[str, BackendName] = {role: backend_of.get(role, backend) for role in get_args(BackendRole)}
        self.backends = {role: choose_backend(name, self.device.type) for role, name in self._asked.items()}
        self.ran: list[str] = []

    def __reduce__(self) -> "tuple[type[Models], tuple[Any, ...]]":
        """A copy in another process opens the nets anew, on a device of the same name."""
        return type(self), (self.set.name, str(self.device), self._detector_name, "torch", self._asked)

    @property
    def space(self) -> str:
        """Name of the latent space of this set's latents and translations."""
        return self.set.space

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all weights of the set, by which a run refuses other weights."""
        return fingerprint(self.set)

    def has(self, role: str) -> bool:
        """Whether the file for `role` is declared and valid."""
        try:
            locate(self.set, role)
        except MissingWeights:
            return False
        return True

    def _open(self, role: str, opener: Callable[..., T], *extra: Any) -> T:
        path = locate(self.set, role)
        config = self.set.files[role].config
        try:
            opened = opener(path, dict(config), self.device, *extra)
        except RuntimeError as error:  # torch's complaint about keys and shapes
            if "state_dict" not in str(error):
                raise
            raise MissingWeights(
                f"{path} does not fit the {role} of {self.set.name}: restore the declared file."
            ) from error
        if isinstance(opened, Compilable):
            name = role.partition("-")[0]
            take_over(opened, name, path, config, self._asked.get(name, "torch"), self.ran.append)
        return opened

    @cached_property
    def generator(self) -> "LatentGenerator":
        """Generator: latents to images."""
        from projection.generator import LatentGenerator

        return self._open("generator", LatentGenerator.open, self.space)

    @cached_property
    def encoder(self) -> "LatentEncoder":
        """Encoder: images to initial latents."""
        from projection.encoder import LatentEncoder

        return self._open("encoder", LatentEncoder.open)

    @property
    def encoder_or_none(self) -> "LatentEncoder | None":
        """The encoder; None for a set without one, whose inversions start from the mean latent."""
        return self.encoder if "encoder" in self.set.files else None

    @cached_property
    def predictor(self) -> "AttributePredictor | PopulationPredictor":
        """Predictor of attributes, with which the translations were found.

        The set's own; if that is absent or predicts CelebA's attributes, CLIP predicts the others.
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

    def clip_weights(self) -> tuple[Path, Mapping[str, Any]]:
        """File and config of CLIP: the set's own, else that of the first set which can be fetched.

        Raises:
            MissingWeights: It is not here; the message names the command that fetches it.
        """
        others = [each for each in model_sets().values() if not each.instead]
        declared = next(each for each in (self.set, *others) if "clip" in each.files)
        return locate(declared, "clip"), declared.files["clip"].config

    @cached_property
    def clip(self) -> "ClipScorer":
        """CLIP, for sentences."""
        from projection.attributes.clip import ClipScorer

        return ClipScorer.open(*self.clip_weights(), self.device)

    @cached_property
    def judge(self) -> "AttributePredictor":
        """A second predictor for evaluation only, independent of the translations."""
        from projection.attributes.predictor import AttributePredictor

        return self._open("judge", AttributePredictor.open)

    @cached_property
    def detector(self) -> FaceDetector:
        """Face detector for photographs; for one thread."""
        return open_detector(self._detector_name)

    @cached_property
    def matte(self) -> PersonMatte | None:
        """Matte of persons in photographs, None where it was not fetched; for one thread."""
        return open_matte() if is_fetched("matte") else None

    @cached_property
    def parser(self) -> "FaceParser":
        """Face parser, 19 classes."""
        from postprocess.parsing import FaceParser

        return self._open("parser", FaceParser.open)

    @cached_property
    def depth(self) -> "DepthEstimator":
        """Estimator of inverse depth; the smaller net if only that is present."""
        from postprocess.depth import DepthEstimator

        smaller = not self.has("depth") and self.has("depth-hybrid")
        return self._open("depth-hybrid" if smaller else "depth", DepthEstimator.open)

    @cached_property
    def restorer(self) -> "FaceRestorer":
        """Restorer of rendered faces."""
        from postprocess.restoration import FaceRestorer

        return self._open("restorer", FaceRestorer.open)

    @cached_property
    def face_restorer(self) -> "FaceRestorer":
        """Restorer of photographed faces."""
        from postprocess.restoration import FaceRestorer

        return self._open("face_restorer", FaceRestorer.open)

    @cached_property
    def occluder(self) -> "OcclusionNet":
        """Net for the visible part of a face; inference uses its ONNX export."""
        from postprocess.nets.occlusion import open_occluder

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
        """Perceptual distance: LPIPS-VGG if the set declares its trunk, else the features of the parser."""
        from projection.perceptual import LpipsVgg, ParserFeatures

        if "vgg16" in self.set.files:
            return self._open("vgg16", LpipsVgg.open)
        return ParserFeatures(self.parser.features)

    @cached_property
    def translations(self) -> dict[str, Translation]:
        """Translations of the set by name, else those built for its space; may be empty."""
        if self._store is None:
            return {}
        from projection.translations import load, require_space

        found = load(self._store)
        require_space(found, self.space, self.set.n_style, self.set.dim)
        return found

    @cached_property
    def motions(self) -> "Mapping[str, Motion]":
        """Motion of a face's pixels by name of the edit; empty for a set without."""
        from postprocess.own_pixels.motions import load_motions

        return load_motions(locate(self.set, "motions")) if "motions" in self.set.files else {}

    @cached_property
    def beard(self) -> Floats | None:
        """Density of a beard, see `postprocess.own_pixels.beards.load_beard`; None for a set without."""
        from postprocess.own_pixels.beards import load_beard

        return load_beard(locate(self.set, "beard")) if "beard" in self.set.files else None

    @property
    def coarse(self) -> bool:
        """Whether curls, and glasses and dyed hair in photographs, are drawn: the generator is too coarse for them."""
        return self.set.embedded

    @cached_property
    def ageing(self) -> "Ageing | None":
        """What age does to faces; None for a set that does not know it."""
        from postprocess.own_pixels.ageing import load_ageing

        return load_ageing(locate(self.set, "ageing")) if "ageing" in self.set.files else None

    @cached_property
    def gains(self) -> dict[str, float]:
        """Change of the attribute by each calibrated translation at strength 1."""
        from projection.translations import gains

        return {} if self._store is None else gains(self._store)

    @property
    def _store(self) -> Path | None:
        """File of the translations, or None."""
        if "translations" in self.set.files:
            return locate(self.set, "translations")
        built = built_translations(self.set)
        return built if built.is_file() else None
