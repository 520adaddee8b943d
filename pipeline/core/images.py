"""Image files: any common format is read as RGB uint8, or refused in one sentence; PNG and JPEG are written."""

import base64
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.core.colours import to_srgb
from pipeline.core.errors import BadInput
from pipeline.core.files import write_atomic
from pipeline.core.png_text import without_bad_texts
from pipeline.core.types import Image

if TYPE_CHECKING:
    from PIL import Image as pillow

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
HEIF_SUFFIXES = (".heic", ".heif")
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""Brands of HEIF files with HEVC images, at byte 8 (ISO/IEC 23008-12, annex B)."""

MAX_PIXELS = 100_000_000
PNG_OPTIONS = {"compress_level": 3}
JPEG_OPTIONS = {"quality": 95, "subsampling": 0}

READING: ContextVar[Path | None] = ContextVar("READING", default=None)
"""The image file that is being read, for warnings of libraries that do not name it."""

MAX_PSNR = 60.0
"""Ceiling of `psnr` in dB, the value for equal images: smaller differences are invisible, and means stay finite."""


def read_image(path: Path | str, max_pixels: int = MAX_PIXELS) -> Image:
    """Pixels of an image file, uint8 (H, W, 3) RGB, upright.

    EXIF orientation is applied, 16-bit and grey are scaled to 8-bit RGB, CMYK and palettes converted, transparency
    laid on white, colours of another profile converted to sRGB.

    Raises:
        BadInput: See `open_image`.
    """
    from PIL import ImageOps

    with open_image(path, max_pixels) as file:
        file.load()
        return to_srgb(to_rgb(ImageOps.exif_transpose(file)), file.info.get("icc_profile"))


@contextmanager
def open_image(path: Path | str, max_pixels: int = MAX_PIXELS) -> "Iterator[pillow.Image]":
    """An image file open in Pillow, not decoded yet; any error within the block becomes BadInput.

    A file of several pictures gives its first one, with a warning.

    Raises:
        BadInput: A file that is missing, not an image, truncated, or larger than `max_pixels`.
    """
    from PIL import Image as pillow
    from PIL import UnidentifiedImageError

    path = Path(path)
    before = READING.set(path)
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # opening a pipe would wait for its writer forever
            raise BadInput(f"{path} is a pipe or a device, not an image file.")
        # Our limit replaces Pillow's. A filter, not catch_warnings: images are read in several threads at once.
        warnings.simplefilter("ignore", pillow.DecompressionBombWarning)
        with pillow.open(without_bad_texts(path) or path) as file:
            if file.width * file.height > max_pixels:
                raise BadInput(
                    f"{path} has {file.width} x {file.height} pixels, more than the {max_pixels / 1e6:g} megapixels "
                    "allowed: shrink it first."
                )
            _tell_of_others(path, file)
            yield file
    except BadInput:
        raise
    except FileNotFoundError as error:
        raise BadInput(f"There is no image {path}.") from error
    except UnidentifiedImageError as error:
        raise BadInput(_unreadable(path)) from error
    except pillow.DecompressionBombError as error:
        raise BadInput(f"{path} has more than the {max_pixels / 1e6:g} megapixels allowed: shrink it first.") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a folder, not an image.") from error
    except PermissionError as error:
        raise BadInput(f"{path} may not be read: check its permissions.") from error
    except Exception as error:  # decoders raise OSError, SyntaxError, struct.error, MemoryError, ... on broken bytes
        reason = " ".join(str(error).split()) or type(error).__name__
        raise BadInput(f"{path} is damaged or truncated ({reason}): export it again.") from error
    finally:
        READING.reset(before)


def write_image(path: Path | str, image: Image) -> None:
    """Write uint8 (H, W, 3) RGB as PNG or JPEG (quality 95, full chroma) by the suffix; raises BadInput on failure."""
    from PIL import Image as pillow

    path = Path(path)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise BadInput(f"Cannot write {path}: it needs RGB uint8 pixels, not {image.dtype} of shape {image.shape}.")
    if path.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise BadInput(f"Cannot write {path}: name it .png or .jpg.")
    kind, options = ("PNG", PNG_OPTIONS) if path.suffix.lower() == ".png" else ("JPEG", JPEG_OPTIONS)
    buffer = io.BytesIO()
    pillow.fromarray(np.ascontiguousarray(image)).save(buffer, kind, **options)
    write_atomic(path, buffer.getvalue())


def jpeg_url(image: Image) -> str:
    """An image, uint8 (H, W, 3), as the data URL of a JPEG, for pages that hold their pictures."""
    from PIL import Image as pillow

    buffer = io.BytesIO()
    pillow.fromarray(image).save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def list_images(folder: Path | str) -> tuple[list[Path], list[str]]:
    """Images directly in `folder`, sorted by name, and the names of other files, which are left out.

    The content decides, or the suffix where that is one of images: a damaged photo and a HEIC photo are listed, so that
    their names are reported. Hidden files and folders are not mentioned.

    Raises:
        BadInput: `folder` is no folder, or may not be read.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.")
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.is_file())
    except OSError as error:
        raise BadInput(f"{folder} cannot be read: {error.strerror or error}.") from error
    images = [path for path in files if path.suffix.lower() in SUFFIXES + HEIF_SUFFIXES or _is_image(path)]
    return images, [path.name for path in files if path not in set(images)]


def _is_image(path: Path) -> bool:
    from PIL import Image as pillow

    try:
        with pillow.open(path):
            return True
    except Exception:  # whatever a decoder makes of bytes that are none of its own
        return False


def resize(image: Image, size: int) -> Image:
    """Square uint8 (size, size, 3): area averaging when shrinking, cubic when enlarging."""
    import cv2

    if image.shape[:2] == (size, size):
        return image
    shrinking = size * size <= image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinking else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, (size, size), interpolation=method), np.uint8)


def psnr(first: Image, second: Image, mask: NDArray[np.bool_] | None = None) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 images (H, W, 3), at most MAX_PSNR.

    Args:
        first: One image.
        second: The other one; the order does not matter.
        mask: Pixels (H, W) to compare; all by default. The result is NaN where there is none.
    """
    error = np.square(first.astype(np.float32) - second.astype(np.float32))
    if mask is not None:
        error = error[mask]
    if not error.size:
        return float("nan")
    return float(min(10 * np.log10(255.0**2 / max(error.mean(), np.float32(1e-12))), MAX_PSNR))


def _tell_of_others(path: Path, file: "pillow.Image") -> None:
    """Warn if the file holds several pictures."""
    if file.format == "MPO" and path.suffix.lower() in (".jpg", ".jpeg"):
        return  # a phone's photo with its depth or brightness
    several = False
    with suppress(Exception):  # of a damaged second picture
        several = bool(getattr(file, "is_animated", False))
    if several:
        warnings.warn(f"{path} holds several pictures: the first one is used.", stacklevel=4)


def _unreadable(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(12)
    if path.suffix.lower() in HEIF_SUFFIXES or (start[4:8] == b"ftyp" and start[8:] in HEIF_BRANDS):
        return f"{path} is a HEIC photo, which cannot be read: save it as JPEG or PNG, and use that."
    return f"{path} is not an image that can be read (PNG, JPEG, WebP, BMP or TIFF)."


def to_rgb(image: "pillow.Image") -> Image:
    """Pixels of a decoded image of any mode, uint8 (H, W, 3), transparency laid on white."""
    from PIL import Image as pillow

    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        values = np.asarray(image).astype(np.float64)
        # The modes "I" and "F" define no range, and 16-bit PNGs and TIFFs open in them: the values decide.
        scale = 255.0 if values.max(initial=0) <= 255 and image.mode in ("I", "F") else 65535.0
        grey = np.clip(np.rint(values * (255.0 / scale)), 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        upper = image.convert("RGBA")
        white = pillow.new("RGBA", upper.size, (255, 255, 255, 255))
        image = pillow.alpha_composite(white, upper)
    return np.array(image.convert("RGB"), np.uint8)
