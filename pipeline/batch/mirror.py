"""Folders at addresses, such as s3://bucket/photos, and their copies on this machine, in which commands work.

fsspec opens the addresses. Files go both ways whole, and only those that are new or have changed. A manifest follows
the files that it names, so that an address always holds a run that can be continued.
"""

import hashlib
import json
import shutil
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.core.errors import BadInput
from pipeline.core.files import address_of, atomic_file, json_bytes, write_atomic
from pipeline.core.images import SUFFIXES
from pipeline.core.progress import SILENT, Progress

INDEX, OWNER, LOCK = ".mirror.json", ".owner", ".mirror.lock"
SECONDS = 30.0
"""Time between two publications of a running command."""
LAST = "manifest"
"""Beginning of the names of files that follow all others."""
IDENTIFYING = ("size", "ETag", "md5Hash", "crc32c", "LastModified", "mtime", "created")
"""What file systems say of a file, as far as it changes with its content."""


class Mirror:
    """A folder at an address, and its copy.

    Args:
        address: Such as gs://bucket/photos.
        folder: Of the copy; the same on all machines.
        token: Of the command that works in it, see `claim`.
    """

    def __init__(self, address: str, folder: Path, token: str = "") -> None:
        self.address, self.folder, self.token = address, folder, token
        self._known: dict[str, list[Any]] = {}
        with suppress(OSError, ValueError):
            self._known = json.loads((folder / INDEX).read_text("utf-8"))
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return Mirror, (self.address, self.folder, self.token)

    def claim(self) -> None:
        """Mark the copy as that of this process: elsewhere the same path is another copy."""
        self.token = uuid.uuid4().hex
        write_atomic(self.folder / OWNER, self.token.encode())

    def is_shared(self, fresh: bool) -> bool:
        """Whether this machine sees the copy of the process that has claimed it; otherwise there is a copy of its own.

        Args:
            fresh: Whether what other commands have left in that copy is removed.
        """
        from filelock import FileLock

        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder.parent / LOCK):  # of several workers on a machine
            owner = self.folder / OWNER
            found = owner.read_text("utf-8") if owner.is_file() else ""
            if found not in (self.token, self._copied):
                if fresh:
                    shutil.rmtree(self.folder)
                    self._known = {}
                write_atomic(owner, self._copied.encode())
        return found == self.token

    @property
    def _copied(self) -> str:
        return f"copy of {self.token}"

    def names(self) -> dict[str, Mapping[str, Any]]:
        """What the file system says of the files at the address, by their relative names; without hidden ones."""
        with self._opened() as (system, root):
            try:
                found = system.find(root, detail=True)
            except FileNotFoundError:
                return {}
        names = {path[len(root) :].lstrip("/"): about for path, about in found.items()}
        return {name: about for name, about in names.items() if name and _is_plain(name)}

    def about(self, names: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        """As `names()`, of some files that are there."""
        with self._opened() as (system, root):
            return {name: system.info(f"{root}/{name}") for name in names}

    def fetch(self, names: Mapping[str, Mapping[str, Any]], progress: Progress = SILENT) -> None:
        """Copy files of the address here that are new or have changed there; `names` as of `names()`."""
        with self._lock, self._opened() as (system, root):
            for number, (name, about) in enumerate(names.items()):
                progress.step("fetching", number, len(names))
                path, there = self.folder / name, _identity(about)
                if self._known.get(name, [None])[0] == there and path.is_file():
                    continue
                with atomic_file(path) as file, system.open(f"{root}/{name}", "rb") as source:
                    while block := source.read(2**20):
                        file.write(block)
                self._note(name, there, path)
            self._save()

    def publish(self) -> list[str]:
        """Copy files to the address that are new or have changed here, and remove there those that are gone here.

        Returns:
            Names of the copied files.
        """
        with self._lock, self._opened() as (system, root):
            # Before the others are listed: what they are written for may be added to a manifest in the meantime.
            manifests = {path.name: (path.stat(), path.read_bytes()) for path in self.folder.glob(f"{LAST}*")}
            files = {
                path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()
            }
            plain = {name: path for name, path in files.items() if _is_plain(name)}
            copied = []
            for name, path in plain.items():
                if name not in manifests and self._is_changed(name, path.stat()):
                    system.makedirs(f"{root}/{name}".rpartition("/")[0], exist_ok=True)
                    before = path.stat()
                    system.put_file(str(path), f"{root}/{name}")
                    self._note(name, _identity(system.info(f"{root}/{name}")), before)
                    copied.append(name)
            for name, (before, data) in manifests.items():
                if self._is_changed(name, before):
                    system.pipe_file(f"{root}/{name}", data)
                    self._note(name, _identity(system.info(f"{root}/{name}")), before)
                    copied.append(name)
            for name in [name for name in self._known if name not in plain]:
                with suppress(FileNotFoundError):
                    system.rm_file(f"{root}/{name}")
                del self._known[name]
            self._save()
        return copied

    def _is_changed(self, name: str, now: Any) -> bool:
        return self._known.get(name, [None])[1:] != [now.st_size, now.st_mtime_ns]

    def _note(self, name: str, there: str, here: Any) -> None:
        found = here.stat() if isinstance(here, Path) else here
        self._known[name] = [there, found.st_size, found.st_mtime_ns]

    def _save(self) -> None:
        write_atomic(self.folder / INDEX, json_bytes(self._known))

    @contextmanager
    def _opened(self) -> Iterator[tuple[Any, str]]:
        """The file system of the address and the path in it; raises BadInput for whatever goes wrong there."""
        import fsspec

        try:
            system, root = fsspec.core.url_to_fs(self.address, use_listings_cache=False)
            yield system, root.rstrip("/")
        except ImportError as error:
            raise BadInput(f"{self.address} cannot be opened: {error}.") from error
        except (OSError, ValueError) as error:
            raise BadInput(f"{self.address} cannot be used: {' '.join(str(error).split()) or error!r}.") from error


@contextmanager
def copies(
    inputs: Sequence[Path], output: Path, cache: Path, progress: Progress = SILENT, seconds: float = SECONDS
) -> Iterator[tuple[list[Path], Path, tuple[Mirror, ...]]]:
    """Copies of inputs and of an output folder for the time of a command.

    Args:
        inputs: Folders of photos and photos, of which some are addresses; the others stay as they are.
        output: A folder, perhaps at an address: it is published every so many seconds and at the end.
        cache: Folder for mirrors.
        progress: Told what is fetched.

    Yields:
        The inputs and the output on this machine, and the mirrors.

    Raises:
        BadInput: Nothing is at an address, or it cannot be used.
    """
    found = [_fetched(place, cache, progress) for place in inputs]
    mirrors = [mirror for _, mirror in found if mirror is not None]
    for mirror in mirrors:
        mirror.claim()
    here = [place for place, _ in found]
    if (address := address_of(output)) is None:
        yield here, output, tuple(mirrors)
        return
    mirror = _mirror(address, cache)
    mirror.fetch(mirror.names(), progress)
    mirror.claim()
    with _published(mirror, seconds):
        yield here, mirror.folder, (*mirrors, mirror)


def _mirror(address: str, cache: Path) -> Mirror:
    digest = hashlib.sha256(address.encode()).hexdigest()[:16]
    return Mirror(
        address, cache / digest / PurePosixPath(address).name.replace(":", "_")
    )  # reports show the name of their folder


def _fetched(place: Path, cache: Path, progress: Progress) -> tuple[Path, Mirror | None]:
    """Copy of the photos of a folder at an address, or of one photo; the place itself if it is none."""
    if (address := address_of(place)) is None:
        return place, None
    single = place.suffix.lower() in SUFFIXES
    mirror = _mirror(address.rpartition("/")[0] if single else address, cache)
    if single:  # web servers list no folders
        wanted = mirror.about([place.name])
    else:
        wanted = {name: about for name, about in mirror.names().items() if "/" not in name}
    if not wanted:
        raise BadInput(f"There is nothing at {address}.")
    mirror.fetch(wanted, progress)
    return (mirror.folder / place.name if single else mirror.folder), mirror


@contextmanager
def _published(mirror: Mirror, seconds: float) -> Iterator[None]:
    """Publish a mirror every so many seconds and at the end of the block."""
    over = threading.Event()

    def keep() -> None:
        while not over.wait(seconds):
            with suppress(BadInput):  # the last publication says it
                mirror.publish()

    thread = threading.Thread(target=keep, name="publisher", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        mirror.publish()


def of_items(items: Iterable[str]) -> Callable[[str], bool]:
    """Whether a file, by its relative name, is of one of some items: its name or one of its folders is theirs."""
    wanted = set(items)
    return lambda name: any(part in wanted or PurePosixPath(part).stem in wanted for part in PurePosixPath(name).parts)


def _identity(about: Mapping[str, Any]) -> str:
    return " ".join(str(about[key]) for key in IDENTIFYING if about.get(key) is not None)


def _is_plain(name: str) -> bool:
    """Whether a relative name has no hidden and no parent folders."""
    return not any(part.startswith(".") for part in PurePosixPath(name).parts)
