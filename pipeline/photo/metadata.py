"""What a photo says about itself, kept while its pixels are edited, and the mark that says that they were."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from pipeline.core.version import package_version

if TYPE_CHECKING:
    from PIL import Image as pillow

ORIENTATION, SOFTWARE, EXIF_IFD, GPS_IFD, WIDTH, HEIGHT = 0x0112, 0x0131, 0x8769, 0x8825, 0xA002, 0xA003
DESCRIPTIVE = {270, 271, 272, 282, 283, 296, 305, 306, 315, 316}
"""Tags below 700 that describe the photo; their neighbours describe how a TIFF file stores it."""

ELSEWHERE = {700, 33723, 34377, 34675}  # XMP, IPTC, Photoshop and ICC blocks within a TIFF
LONGEST_XMP = 60_000  # a JPEG segment holds 65 533 bytes
SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's term for a photo of which a part was made by a trained model."""

OUR_NAMESPACE = "https://github.com/valentingol/gan-face-editing/ns/1.0/"
PACKET = """<x:xmpmeta xmlns:x="adobe:ns:meta/">\
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta>"""


@dataclass(frozen=True)
class Metadata:
    """icc: colour profile of the pixels · exif: block without orientation · xmp: packet · dpi: pixels per inch."""

    icc: bytes | None = None
    exif: bytes | None = None
    xmp: str | None = None
    dpi: tuple[float, float] | None = None

    def to_write(self, recipe: Mapping[str, Any] | None, size: tuple[int, int], gps: bool) -> "Metadata":
        """What is written with pixels of this size (width, height).

        recipe: how they were edited, none if they were not; an edit is marked by EXIF Software, and in XMP by IPTC's
        source type and the recipe as JSON · gps: keep the place where the photo was taken
        """
        exif, xmp = _load(self.exif), self.xmp
        if not gps:
            exif.pop(GPS_IFD, None)
            xmp = None if xmp is None else _without(xmp, r"exif:GPS\w+")
        if EXIF_IFD in exif:
            details = exif.get_ifd(EXIF_IFD)
            details.update({tag: value for tag, value in zip((WIDTH, HEIGHT), size, strict=True) if tag in details})
        if recipe is not None:
            exif[SOFTWARE] = f"gan-face-editing {package_version()}"
            xmp = _marked(xmp or PACKET, recipe)
        return Metadata(self.icc, exif.tobytes() if len(exif) else None, xmp, self.dpi)


def read_metadata(file: "pillow.Image") -> Metadata:
    """Of an image open in Pillow; a block that cannot be read is left out."""
    xmp = file.info.get("xmp") or file.info.get("XML:com.adobe.xmp") or ""
    text = xmp.decode("utf-8", "ignore") if isinstance(xmp, bytes) else str(xmp)
    dpi = file.info.get("dpi")
    return Metadata(
        icc=file.info.get("icc_profile") or None,
        exif=_exif(file),
        xmp=_without(text, "tiff:Orientation") if "</rdf:RDF>" in text and len(text) < LONGEST_XMP else None,
        dpi=(float(dpi[0]), float(dpi[1])) if dpi else None,
    )


def orientation(file: "pillow.Image") -> int:
    """EXIF orientation 1 to 8; 1 where there is none that makes sense."""
    try:
        found = file.getexif().get(ORIENTATION, 1)
    except Exception:  # a broken block says nothing
        return 1
    return found if found in range(1, 9) else 1


def _exif(file: "pillow.Image") -> bytes | None:
    try:
        exif = _load(file.getexif().tobytes())
        for tag in list(exif):
            if tag in ELSEWHERE or (tag < 700 and tag not in DESCRIPTIVE):
                del exif[tag]
        return exif.tobytes() if len(exif) else None
    except Exception:  # parsers raise anything on a broken block
        return None


def _load(block: bytes | None) -> "pillow.Exif":
    from PIL import Image as pillow

    exif = pillow.Exif()
    if block is not None:
        exif.load(block)
    return exif


def _marked(packet: str, recipe: Mapping[str, Any]) -> str:
    packet = re.sub(r'<rdf:Description rdf:about="" xmlns:faceedit=[^>]*/>', "", packet)
    packet = _without(packet, "Iptc4xmpExt:DigitalSourceType")
    mark = (
        f'<rdf:Description rdf:about="" xmlns:faceedit="{OUR_NAMESPACE}" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{SYNTHETIC}" '
        f"faceedit:Recipe={quoteattr(json.dumps(recipe, sort_keys=True), {chr(62): '&gt;'})}/>"
    )
    return packet.replace("</rdf:RDF>", f"{mark}</rdf:RDF>", 1)


def _without(packet: str, name: str) -> str:
    """A packet without a property (a pattern), whether that is an attribute or an element."""
    patterns = (rf'\s{name}\s*=\s*"[^"]*"', rf"\s{name}\s*=\s*'[^']*'", rf"<({name})\b[^>]*?(?:/>|>.*?</\1\s*>)")
    for pattern in patterns:
        packet = re.sub(pattern, "", packet, flags=re.DOTALL)
    return packet
