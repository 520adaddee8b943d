"""The challenge's zip: reproducible build from a run, and a strict check of everything the platform checks."""

import io
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pipeline.core.challenge import OFFICIAL_NAMES, expected_identifiers
from pipeline.core.errors import BadInput
from pipeline.core.files import atomic_file
from pipeline.core.images import read_image, resize
from pipeline.core.progress import SILENT, Progress

SIZE = 512
"""Width and height of every image of a submission, pixels."""

MAX_BYTES = 1_000_000_000
"""Largest zip that the platform accepts."""

MAX_IMAGE_BYTES = 20_000_000
"""Largest entry that is unpacked, more than any PNG of this size needs."""


@dataclass(frozen=True)
class Problem:
    """A fault of a zip: its kind, its entry ("" = the zip itself) and a sentence."""

    kind: str
    path: str
    message: str


def expected_files(names: Sequence[str] = OFFICIAL_NAMES) -> list[str]:
    """Image entries of a submission for these inputs, in order."""
    return [f"{name}/{identifier}.png" for name in names for identifier in expected_identifiers(name)]


def build(
    images: Path,
    target: Path,
    names: Sequence[str] = OFFICIAL_NAMES,
    references: Path | None = None,
    progress: Progress = SILENT,
) -> list[str]:
    """Write the zip of `images`/INPUT/IDENTIFIER.png to `target`; returns the entries that are copies of a reference.

    Equal images give equal bytes; the zip is complete or absent. Images of another size are resized to 512 x 512.

    Args:
        images: Folder of the edited images.
        references: Folder with INPUT.png, copied where an edit is absent.

    Raises:
        BadInput: An edit is absent and there are no references, an image is not square, or the zip cannot be written.
    """
    wanted = expected_files(names)
    absent = [path for path in wanted if not (images / path).is_file()]
    if absent and references is None:
        more = f" and {len(absent) - 5} more" if len(absent) > 5 else ""
        raise BadInput(
            f"{images} lacks {len(absent)} of {len(wanted)} edits ({', '.join(absent[:5])}{more}): finish the run, "
            "or copy the reference for them with --references DIR."
        )
    copies, made = set(absent), set[str]()
    with atomic_file(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for number, path in enumerate(wanted):
            folder = path.split("/")[0]
            if folder not in made:
                made.add(folder)
                archive.writestr(_entry(f"{folder}/"), b"")
            source = references / f"{folder}.png" if references and path in copies else images / path
            archive.writestr(_entry(path), _png(source))
            progress.step("writing", number + 1, len(wanted))
    return absent


def check(path: Path, names: Sequence[str] = OFFICIAL_NAMES, progress: Progress = SILENT) -> list[Problem]:
    """All faults of a zip; none for a valid submission. Raises BadInput for a missing file."""
    if not path.is_file():
        raise BadInput(f"There is no zip {path}.")
    problems = []
    if (size := path.stat().st_size) > MAX_BYTES:
        problems.append(Problem("too large", "", f"the zip has {size / 1e9:.2f} GB, at most 1 GB is accepted"))
    try:
        with zipfile.ZipFile(path) as archive:
            problems += _check_names(archive.infolist(), names)
            problems += _check_images(archive, set(expected_files(names)), progress)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
        problems.append(Problem("no zip", "", f"it cannot be read as a zip ({error})"))
    return problems


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system = 3  # the same bytes on every system
    mode = stat.S_IFDIR | 0o755 if name.endswith("/") else stat.S_IFREG | 0o644
    info.external_attr = mode << 16 | (0x10 if name.endswith("/") else 0)
    return info


def _png(path: Path) -> bytes:
    from PIL import Image as pillow

    data = path.read_bytes() if path.is_file() else b""
    if not any(_flaws(data)):
        return data
    image = read_image(path)
    if image.shape[0] != image.shape[1]:
        raise BadInput(f"{path} is {image.shape[1]} x {image.shape[0]} pixels: a submission needs square images.")
    buffer = io.BytesIO()
    pillow.fromarray(resize(image, SIZE)).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


def _check_names(entries: Sequence[zipfile.ZipInfo], names: Sequence[str]) -> Iterator[Problem]:
    wanted = set(expected_files(names))
    folders = {f"{name}/" for name in names}
    found = [entry.filename for entry in entries]
    for name, count in sorted(Counter(found).items()):
        if count > 1:
            yield Problem("duplicate", name, f"is {count} times in the zip")
    for name in sorted(folders - set(found)):
        yield Problem("missing directory", name, "has no directory entry")
    for name in sorted(set(found) - wanted - folders):
        yield _unexpected(name, wanted, folders)
    for name in sorted(wanted - set(found)):
        yield Problem("missing", name, "is missing")


def _unexpected(name: str, wanted: set[str], folders: set[str]) -> Problem:
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or "\\" in name:
        return Problem("unsafe path", name, "is not a plain path inside the zip")
    if name.endswith("/"):
        return Problem("extra directory", name, "is not an input")
    inner = next(("/".join(parts[i:]) for i in range(1, len(parts)) if "/".join(parts[i:]) in wanted), None)
    if inner is not None:
        return Problem("wrong folder", name, f"should be {inner}, without folders around it")
    if len(parts) == 1:
        return Problem("wrong folder", name, "lies outside the folders of the inputs")
    if f"{parts[0]}/" not in folders:
        return Problem("wrong folder", name, f"lies in {parts[0]}, which is not an input")
    plain = str(PurePosixPath(name).with_suffix(".png")).lower().replace("/hc_4.png", "/bald.png")
    twins = [path for path in wanted if path.lower() == plain]
    if twins:
        return Problem("misnamed", name, f"should be called {twins[0]}")
    return Problem("extra", name, "is not part of a submission")


def _check_images(archive: zipfile.ZipFile, wanted: set[str], progress: Progress) -> Iterator[Problem]:
    entries = [entry for entry in archive.infolist() if entry.filename in wanted]
    for number, entry in enumerate(entries):
        if entry.flag_bits & 1:
            yield Problem("encrypted", entry.filename, "is encrypted")
        elif stat.S_ISLNK(entry.external_attr >> 16):
            yield Problem("link", entry.filename, "is a link, not an image")
        elif entry.file_size > MAX_IMAGE_BYTES:
            yield Problem("too large", entry.filename, f"would unpack to {entry.file_size / 1e6:.0f} MB")
        else:
            try:
                flaws = list(_flaws(archive.read(entry)))
            except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, zlib.error) as error:
                flaws = [("corrupt", f"cannot be unpacked ({error})")]
            for kind, message in flaws:
                yield Problem(kind, entry.filename, message)
        progress.step("checking", number + 1, len(entries))


def _flaws(data: bytes) -> Iterator[tuple[str, str]]:
    """Kinds and sentences of the faults of an image file."""
    from PIL import Image as pillow

    try:
        with pillow.open(io.BytesIO(data)) as image:
            if image.format != "PNG":
                yield "no PNG", f"is a {image.format}, not a PNG"
            if image.size != (SIZE, SIZE):
                yield "wrong size", f"has {image.width} x {image.height} pixels instead of {SIZE} x {SIZE}"
                return
            if image.mode != "RGB":
                yield "not RGB", f"has the colour mode {image.mode} instead of RGB"
            image.load()
    except Exception as error:  # decoders raise anything on broken bytes
        yield "corrupt", f"cannot be decoded ({str(error).splitlines()[0] if str(error) else type(error).__name__})"
