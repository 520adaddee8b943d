"""Choice of a retouching: settings, parser, device, faces."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.beautify.faces import Retoucher
from pipeline.beautify.parsers import knows_photographs, open_parser
from pipeline.core.files import sha256
from pipeline.core.weights import locate, model_set
from pipeline.photo.detector import open_detector
from pipeline.photo.face_mesh import open_face_mesh
from pipeline.photo.opencv_nets import is_fetched, net_file

if TYPE_CHECKING:
    from postprocess.steps.beautify import Settings


@dataclass(frozen=True)
class RetouchJob:
    """What a retoucher is opened from.

    Attributes:
        parser: Model set of the face parser.
        device: auto, cpu, cuda, cuda:N or mps.
        aligned: Whether the pictures are crops with one face each.
        face: Number of the one face to retouch, 1 = the largest; None: every face.
    """

    settings: "Settings"
    parser: str
    device: str = "auto"
    aligned: bool = False
    face: int | None = None

    def open(self) -> Retoucher:
        """The retoucher with its nets; raises MissingWeights if there is no such parser or it is not here."""
        parse = open_parser(self.parser, self.device)
        detector = None if self.aligned else open_detector()
        return Retoucher(self.settings, parse, detector, open_face_mesh(), knows_photographs(self.parser), self.face)

    def identity(self) -> dict[str, str]:
        """Names and SHA-256 of the nets that the results depend on."""
        found = {"parser": self.parser, "parser_sha256": sha256(locate(model_set(self.parser), "parser"))}
        return found | {net: sha256(net_file(net)) for net in ("landmarks", "iris") if is_fetched(net)}
