"""Reading and writing of photographs with their bit depth, channels and metadata."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from pipeline.core.colours import from_srgb, is_colourless, to_srgb
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256, write_atomic
from pipeline.core.images import open_image, to_rgb
from pipeline.core.types import Image
from pipeline.photo.metadata import Metadata, orientation, read_metadata

if TYPE_CHECKING:
    from PIL import Image as pillow

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
"""A photo's own pixels: (H, W) grey, or (H, W, C) with 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels."""

_DIRECT = ("L", "LA", "RGB", "RGBA")


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright photograph.

    Attributes:
        name: Name in messages and of output files.
        digest: SHA-256 of its file; empty without one.
        recipe: Description of the edits of its pixels; None for an unedited photo.
    """

    name: str
    pixels: Pixels
    metadata: Metadata = field(default_factory=Metadata)
    digest: str = ""
    recipe: Mapping[str, Any] | None = None

    @property
    def rgb(self) -> Image:
        """Input for nets: uint8 (H, W, 3) in sRGB, transparency laid on white."""
        return to_srgb(self.flat, self.metadata.icc)

    @cached_property
    def colourless(self) -> bool:
        """Whether it is black and white, in whatever mode: no pixel's channels differ by more than `GREY` levels."""
        return is_colourless(self.flat)

    def own(self, image: Image) -> Image:
        """An sRGB image, uint8 (h, w, 3), converted to the photo's colour profile."""
        return from_srgb(image, self.metadata.icc)

    @property
    def flat(self) -> Image:
        """Its colours in its own profile at 8 bits: uint8 (H, W, 3), transparency laid on white."""
        pixels = self.pixels if self.pixels.ndim == 3 else self.pixels[:, :, None]
        if pixels.dtype == np.uint16:
            pixels = np.rint(pixels / np.float32(257)).astype(np.uint8)
        if pixels.shape[2] in (2, 4):
            cover = pixels[:, :, -1:].astype(np.float32) / 255
            pixels = np.rint(pixels[:, :, :-1] * cover + 255 * (1 - cover)).astype(np.uint8)
        return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))


def read_photo(path: Path | str) -> Photo:
    """A photo with its own depth and channels.

    EXIF orientation is applied; grey stays grey, 16 bits stay 16 bits, alpha is kept; palettes and CMYK become RGB, the
    latter by its colour profile.

    Raises:
        BadInput: See `open_image`.
    """
    path = Path(path)
    with open_image(path) as file:
        deep = file.mode != "I;16" and any(";16" in str(tile[3]) for tile in getattr(file, "tile", []))
        file.load()
        turn, metadata = orientation(file), read_metadata(file)
        pixels = _deep_colours(path) if deep else None
        if pixels is None:
            pixels, kept = _pixels(file)
            metadata = metadata if kept else Metadata(None, metadata.exif, metadata.xmp, metadata.dpi)
    return Photo(path.stem, _upright(pixels, turn), metadata, sha256(path))


def write_photo(path: Path | str, photo: Photo, gps: bool = False, quality: int = 95) -> None:
    """Write a photo and its metadata as lossless PNG, or as JPEG or WebP (8 bits, no alpha), by the suffix.

    Args:
        photo: The photo; its recipe becomes part of the metadata.
        gps: Whether to keep the place where it was taken.
        quality: Quality of JPEG and WebP, 1..100.

    Raises:
        BadInput: Another suffix, or the file cannot be written.
    """
    path, suffix = Path(path), Path(path).suffix.lower()
    if suffix == ".png":
        content = encode_png(photo, gps)
    elif suffix in (".jpg", ".jpeg", ".webp"):
        content = _encode_8_bit(photo, "WEBP" if suffix == ".webp" else "JPEG", gps, quality)
    else:
        raise BadInput(f"Cannot write {path}: name it .png, which keeps every pixel, .jpg or .webp.")
    write_atomic(path, content)


def encode_png(photo: Photo, gps: bool = False) -> bytes:
    """Content of a PNG file of a photo with its depth, channels and metadata; `gps` as for `write_photo`."""
    from PIL import Image as pillow
    from PIL.PngImagePlugin import PngInfo

    about, shared = _about(photo, gps)
    buffer, info = io.BytesIO(), PngInfo()
    if about.xmp is not None:
        info.add_itxt("XML:com.adobe.xmp", about.xmp)
    if photo.pixels.dtype == np.uint16 and photo.pixels.ndim == 3:
        pillow.new("L", (1, 1)).save(buffer, "PNG", pnginfo=info, **shared)
        return _with_chunks_of(buffer.getvalue(), photo.pixels)
    pillow.fromarray(photo.pixels).save(buffer, "PNG", pnginfo=info, compress_level=3, **shared)
    return buffer.getvalue()


def _encode_8_bit(photo: Photo, kind: str, gps: bool, quality: int) -> bytes:
    from PIL import Image as pillow

    about, shared = _about(photo, gps)
    if about.xmp is not None:
        shared["xmp"] = about.xmp.encode()
    plain, buffer = photo.flat if photo.pixels.ndim == 3 else photo.flat[:, :, 0].copy(), io.BytesIO()
    pillow.fromarray(plain).save(buffer, kind, quality=quality, subsampling=0, **shared)
    return buffer.getvalue()


def _about(photo: Photo, gps: bool) -> tuple[Metadata, dict[str, Any]]:
    """Metadata to write, and the part of it that Pillow takes alike for all formats."""
    about = photo.metadata.to_write(photo.recipe, (photo.pixels.shape[1], photo.pixels.shape[0]), gps)
    parts = {"icc_profile": about.icc, "exif": about.exif, "dpi": about.dpi}
    return about, {key: value for key, value in parts.items() if value is not None}


def _pixels(file: "pillow.Image") -> tuple[Pixels, bool]:
    """Pixels of a decoded image, and whether its colour profile still applies to them."""
    if file.mode.startswith("I;16"):
        return np.asarray(file).astype(np.uint16), True
    if file.mode in ("I", "F"):  # a mode without a defined range
        return to_rgb(file)[:, :, 0].copy(), True
    if file.mode == "CMYK":
        return np.array(_from_cmyk(file)), False
    if file.mode == "1":
        return np.array(file.convert("L")), True
    if file.has_transparency_data and file.mode not in ("LA", "RGBA"):
        return np.array(file.convert("LA" if file.mode in ("L", "La") else "RGBA")), True
    return np.array(file if file.mode in _DIRECT else file.convert("RGB")), file.mode != "LAB"


def _from_cmyk(file: "pillow.Image") -> "pillow.Image":
    from PIL import ImageCms

    profile = file.info.get("icc_profile")
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        converted = ImageCms.profileToProfile(file, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):  # no profile, or not one of CMYK
        return file.convert("RGB")
    return file.convert("RGB") if converted is None else converted


def _deep_colours(path: Path) -> Pixels | None:
    """16-bit colours, which Pillow would reduce to 8; None if OpenCV cannot read them."""
    import cv2

    found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    if found is None or found.dtype != np.uint16 or found.ndim != 3 or found.shape[2] not in (3, 4):
        return None
    colours: NDArray[np.uint16] = found[:, :, [2, 1, 0, 3][: found.shape[2]]]
    return colours


def _upright(pixels: Pixels, turn: int) -> Pixels:
    if turn >= 5:
        pixels = pixels.swapaxes(0, 1)
    down, right = {2: (1, -1), 3: (-1, -1), 4: (-1, 1), 6: (1, -1), 7: (-1, -1), 8: (-1, 1)}.get(turn, (1, 1))
    return cast(Pixels, np.ascontiguousarray(pixels[::down, ::right]))


def _with_chunks_of(small: bytes, pixels: Pixels) -> bytes:
    """A PNG of 16-bit colours, by OpenCV, with the metadata of a small PNG, by Pillow."""
    import cv2

    order = [2, 1, 0, 3][: pixels.shape[2]]
    _, encoded = cv2.imencode(".png", pixels[:, :, order], [cv2.IMWRITE_PNG_COMPRESSION, 3])
    large, header = encoded.tobytes(), 33  # signature and IHDR
    place, kept = header, b""
    while small[place + 4 : place + 8] != b"IEND":
        end = place + 12 + int.from_bytes(small[place : place + 4], "big")
        kept += small[place:end] if small[place + 4 : place + 8] != b"IDAT" else b""
        place = end
    return large[:header] + kept + large[header:]
