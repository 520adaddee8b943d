"""Weights arrive whole and genuine or not at all, however their hosts behave."""

import errno
import hashlib
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core import digests
from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, ModelFile, ModelSet
from pipeline.core.progress import SILENT, Progress
from pipeline.core.weights import locate
from pipeline.downloads import fetch, google_drive
from pipeline.downloads.client import RetryPolicy
from pipeline.downloads.fetch import Arrival, missing_bytes, part_path, wanted_roles
from pipeline.downloads.licences import acknowledge
from tests.support.misbehaving_server import (
    Misbehaving,
    Request,
    cut_off,
    endless,
    page,
    redirect,
    slow,
    status,
    whole,
)

CONTENT = bytes(range(256)) * 1200
DIGEST = hashlib.sha256(CONTENT).hexdigest()
PATIENCE = RetryPolicy(silence=2.0, attempts=3, pause=0.0)
QUICK = RetryPolicy(silence=0.3, attempts=3, pause=0.0)


class Recorder(Progress):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.begun: list[tuple[float, float | None]] = []
        self.notes: list[str] = []
        self.bytes = 0.0

    def start(self, total: float | None, done: float = 0) -> None:
        self.begun.append((done, total))

    def advance(self, items: float = 1.0, images: int = 0) -> None:
        self.bytes += items

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A weights folder of its own, and no proxy."""
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", fetch.OFFLINE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "weights"


def the_set(*sources: str, known: bool = True, **facts: object) -> ModelSet:
    declared = {"bytes": len(CONTENT), "sha256": DIGEST} if known else {}
    file = replace(ModelFile(file="net.pt", sources=sources, licence="MIT"), **{**declared, **facts})
    return ModelSet("tiny", "", files={"net": file})


def arrive(models: ModelSet, progress: Progress = SILENT, patience: RetryPolicy = PATIENCE) -> Arrival:
    arrival = fetch.fetch(models, "net", progress, patience)
    assert arrival.path.read_bytes() == CONTENT
    assert not part_path(arrival.path).exists()
    return arrival


def refused(models: ModelSet, match: str, patience: RetryPolicy = PATIENCE) -> str:
    with pytest.raises(MissingWeights, match=match) as error:
        fetch.fetch(models, "net", SILENT, patience)
    assert not fetch.expected_path(models.files["net"]).exists()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_arrives_and_is_not_asked_for_again(host: Misbehaving) -> None:
    models = the_set(host.put("/net", whole(CONTENT)))
    progress = Recorder()
    assert arrive(models, progress) == Arrival(locate(models, "net"), DIGEST, fetched=True, pinned=False)
    assert (progress.begun, progress.bytes) == ([(0, len(CONTENT))], len(CONTENT))
    assert not arrive(models).fetched
    assert len(host.seen) == 1


def test_a_source_without_the_file_is_followed_by_the_next(host: Misbehaving) -> None:
    progress = Recorder()
    arrive(the_set(host.address("/gone"), "http://127.0.0.1:9/", host.put("/net", whole(CONTENT))), progress)
    assert "404" in progress.notes[0]
    assert "cannot be reached" in progress.notes[1]


def test_no_source_has_it(host: Misbehaving) -> None:
    models = the_set(host.address("/gone"), "ftp://127.0.0.1/net")
    message = refused(models, r"answers 404 Not Found; .*protocol.*try again later")
    assert message.endswith("run `face-edit models import net.pt`.")
    refused(replace(models, instead="ffhq-stylegan2"), r"reported gone.*run `face-edit models fetch ffhq-stylegan2`\.$")


def test_503_and_then_fine(host: Misbehaving) -> None:
    progress = Recorder()
    arrive(the_set(host.put("/net", status(503, Retry_After=0), whole(CONTENT))), progress)
    assert "503" in progress.notes[0]


def test_503_for_ever(host: Misbehaving) -> None:
    refused(the_set(host.put("/net", status(503))), "answers 503 Service Unavailable")
    assert len(host.seen) == PATIENCE.attempts


def test_a_cut_off_transfer_is_continued(host: Misbehaving) -> None:
    progress = Recorder()
    arrive(the_set(host.put("/net", cut_off(CONTENT, 100_000), whole(CONTENT))), progress)
    assert [done for done, _ in progress.begun] == [0, 100_000]
    assert host.seen[1][1]["Range"] == "bytes=100000-"


def test_every_attempt_may_break_as_long_as_there_is_progress(host: Misbehaving) -> None:
    def stumbling(request: Request) -> None:
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}"
        request.head(206 if start else 200, Content_Length=len(CONTENT) - start, Content_Range=span)
        request.wfile.write(CONTENT[start : start + 40_000])
        request.hang_up()

    arrive(the_set(host.put("/net", stumbling)))
    assert len(host.seen) > PATIENCE.attempts


def test_no_progress_ends(host: Misbehaving) -> None:
    refused(the_set(host.put("/net", cut_off(CONTENT, 0))), "broke off the connection")
    assert len(host.seen) == PATIENCE.attempts


def test_a_server_without_ranges_starts_again(host: Misbehaving) -> None:
    progress = Recorder()
    arrive(the_set(host.put("/net", cut_off(CONTENT, 100_000), whole(CONTENT, ranges=False))), progress)
    assert [done for done, _ in progress.begun] == [0, 0]


def test_another_source_continues_what_one_began(host: Misbehaving) -> None:
    first = host.put("/first", cut_off(CONTENT, 100_000), status(404))
    progress = Recorder()
    arrive(the_set(first, host.put("/second", whole(CONTENT))), progress)
    assert [done for done, _ in progress.begun] == [0, 100_000]


def test_without_a_hash_only_the_same_file_is_continued(host: Misbehaving) -> None:
    source = host.put("/net", cut_off(b"x" * len(CONTENT), 100_000, etag='"old"'), whole(CONTENT, etag='"new"'))
    assert arrive(the_set(source, known=False)).pinned
    assert host.seen[1][1]["If-Range"] == '"old"'


def test_wrong_bytes_are_refused(host: Misbehaving) -> None:
    wrong = host.put("/wrong", whole(CONTENT[:-1] + b"?"))
    refused(the_set(wrong), "gives another file, its SHA-256 is")
    arrive(the_set(wrong, host.put("/net", whole(CONTENT))))


def test_a_wrong_beginning_is_given_up(host: Misbehaving, folder: Path) -> None:
    models = the_set(host.put("/net", whole(CONTENT)))
    folder.mkdir()
    for left in (b"?" * 1000, b"?" * len(CONTENT), b"?" * (len(CONTENT) + 1)):
        part_path(folder / "net.pt").write_bytes(left)
        arrive(models)
        (folder / "net.pt").unlink()


@pytest.mark.parametrize("content", [CONTENT[:-1], CONTENT + b"?"])
def test_a_wrong_size_is_refused_before_it_is_fetched(host: Misbehaving, content: bytes) -> None:
    progress = Recorder()
    with pytest.raises(MissingWeights, match=f"offers {len(content)} bytes instead of {len(CONTENT)}"):
        fetch.fetch(the_set(host.put("/net", whole(content))), "net", progress, PATIENCE)
    assert progress.bytes == 0


def test_a_stream_without_end_is_left(host: Misbehaving) -> None:
    refused(the_set(host.put("/net", endless(CONTENT))), f"sends more than {len(CONTENT)} bytes")


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/octet-stream"])
def test_a_web_page_is_no_file(host: Misbehaving, kind: str) -> None:
    source = host.put("/net", page("\n<!DOCTYPE html><html>Sign in</html>", kind))
    refused(the_set(source, known=False), "web page instead of the file")


def test_a_redirect_is_followed(host: Misbehaving) -> None:
    host.put("/cdn", cut_off(CONTENT, 100_000), whole(CONTENT))
    arrive(the_set(host.put("/net", redirect("/cdn"))))
    assert [path for path, _ in host.seen] == ["/net", "/cdn"] * 2


def test_a_circle_of_redirects_ends(host: Misbehaving) -> None:
    refused(the_set(host.put("/net", redirect("/net"))), "redirect")


def test_a_slow_server_is_waited_for(host: Misbehaving) -> None:
    arrive(the_set(host.put("/net", slow(CONTENT, 8, 0.06))), patience=QUICK)
    assert len(host.seen) == 1


def test_a_silent_server_is_asked_again(host: Misbehaving) -> None:
    progress = Recorder()
    arrive(the_set(host.put("/net", slow(CONTENT, 2, 1.0), whole(CONTENT))), progress, QUICK)
    assert progress.begun[1][0] == len(CONTENT) // 2
    assert "stopped sending" in progress.notes[0]


def test_a_full_disk_while_writing(host: Misbehaving, folder: Path) -> None:
    models = the_set(host.put("/net", whole(CONTENT)))
    folder.mkdir()
    part = part_path(folder / "net.pt")
    part.symlink_to("/dev/full")
    with pytest.raises(BadInput, match="The disk is full"):
        fetch.fetch(models, "net", SILENT, PATIENCE)
    part.unlink()
    arrive(models)


def test_a_full_disk_while_placing(host: Misbehaving, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    models = the_set(host.put("/net", whole(CONTENT)))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(BadInput, match="The disk is full"):
            fetch.fetch(models, "net", SILENT, PATIENCE)
    assert not (folder / "net.pt").exists()
    arrive(models)
    assert len(host.seen) == 1  # what was whole is not fetched again


def test_too_little_space_is_told_before_anything_is_fetched(host: Misbehaving) -> None:
    models = the_set(host.put("/net", endless(CONTENT)), bytes=10**18, sha256=DIGEST)
    with pytest.raises(BadInput, match=r"1000000000\.0 GB are to come: free some space"):
        fetch.fetch(models, "net", SILENT, PATIENCE)


def test_a_folder_that_cannot_be_made(host: Misbehaving, folder: Path) -> None:
    folder.write_bytes(b"a file")
    with pytest.raises(BadInput, match="Cannot write"):
        fetch.fetch(the_set(host.put("/net", whole(CONTENT))), "net", SILENT, PATIENCE)


def test_a_file_without_a_hash_is_pinned(host: Misbehaving, folder: Path) -> None:
    models = the_set(host.put("/net", whole(CONTENT), whole(CONTENT[::-1])), known=False)
    assert arrive(models).pinned
    assert digests.note_path(folder / "net.pt").read_text() == f"{DIGEST}  net.pt\n"
    (folder / "net.pt").unlink()
    refused(models, r"gives another file.*to accept another file than before, remove .*net\.pt\.sha256\.$")


def test_a_file_that_lies_there_already_is_pinned(folder: Path) -> None:
    folder.mkdir()
    (folder / "net.pt").write_bytes(CONTENT)
    arrival = arrive(the_set("http://127.0.0.1:9/", known=False))
    assert (arrival.fetched, arrival.pinned, digests.noted(arrival.path)) == (False, True, DIGEST)


def test_a_damaged_file_is_replaced(host: Misbehaving, folder: Path) -> None:
    folder.mkdir()
    (folder / "net.pt").write_bytes(CONTENT[::-1])
    progress = Recorder()
    assert arrive(the_set(host.put("/net", whole(CONTENT))), progress).fetched
    assert "will be replaced" in progress.notes[0]


@pytest.mark.parametrize("value", ["1", "true"])
def test_offline_nothing_is_asked(host: Misbehaving, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    models = the_set(host.put("/net", whole(CONTENT)))
    monkeypatch.setenv(fetch.OFFLINE_VARIABLE, value)
    refused(models, "FACE_EDIT_OFFLINE is set: unset it, or import a copy")
    assert not host.seen
    monkeypatch.setenv(fetch.OFFLINE_VARIABLE, "0")
    arrive(models)


def test_the_proxy_of_the_environment_is_used(host: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    host.put("/net", whole(CONTENT))
    monkeypatch.setenv("HTTP_PROXY", host.address(""))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    arrive(the_set("http://weights.invalid/net"))
    assert host.seen[0][0] == "http://weights.invalid/net"


def test_a_proxy_of_no_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "nonsense://127.0.0.1:1")
    with pytest.raises(BadInput, match="proxy that the environment names"):
        fetch.fetch(the_set("http://weights.invalid/net"), "net", SILENT, PATIENCE)


def test_a_non_commercial_licence_has_to_be_acknowledged_once(host: Misbehaving) -> None:
    models = the_set(host.put("/net", whole(CONTENT)), licence="NVIDIA (non-commercial)", notice="NVIDIA-StyleGAN2.txt")
    with pytest.raises(BadInput, match=r"non-commercially.*NVIDIA-StyleGAN2\.txt.*--accept-licence\.$"):
        fetch.fetch(models, "net", SILENT, PATIENCE)
    assert not host.seen
    acknowledge(models.files["net"])
    arrive(models).path.unlink()
    arrive(models)


CONFIRMATION = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head><body>
<form id="search" action="/search"><input type="hidden" name="q" value="1"></form>
<form id="download-form" action="/download" method="get"><input type="submit" value="Download anyway"/>
<input type="hidden" name="id" value="1&amp;2"><input type="hidden" name="confirm" value="t"></form></body></html>"""


def test_google_drive_is_confirmed(host: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_drive, "DOMAINS", ("127.0.0.1",))
    host.put("/download", cut_off(CONTENT, 100_000), whole(CONTENT))
    progress = Recorder()
    arrive(the_set(host.put("/uc", page(CONFIRMATION))), progress)
    assert host.seen[1][0] == "/download?id=1%262&confirm=t"
    assert [done for done, _ in progress.begun] == [0, 100_000]


def test_google_drive_is_out_of_quota(host: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google_drive, "DOMAINS", ("127.0.0.1",))
    source = host.put("/uc", page("<html><title>Google Drive - Quota exceeded</title></html>"))
    refused(the_set(source), "downloaded too often: try again tomorrow")
    host.put("/download", page(CONFIRMATION))  # confirmed and asked again
    refused(the_set(host.put("/uc", page(CONFIRMATION))), "Google answers with a web page")


def test_only_google_is_believed_to_be_google_drive() -> None:
    assert google_drive.is_drive("https://drive.google.com/uc?id=1")
    assert not google_drive.is_drive("https://google.com.example.org/uc?id=1")
    stolen = CONFIRMATION.replace("/download", "https://example.org/download")
    assert google_drive.confirmed_address(stolen, "https://drive.google.com/uc") is None


FETCHING = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background starts without it
import sys
from pipeline.core.model_sets import ModelFile, ModelSet
from pipeline.downloads.fetch import fetch
file = ModelFile(file="net.pt", sources=(sys.argv[1],), bytes=int(sys.argv[2]), sha256=sys.argv[3], licence="MIT")
print("fetched" if fetch(ModelSet("tiny", "", files={"net": file}), "net").fetched else "here")
"""


def _start(source: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", FETCHING, source, str(len(CONTENT)), DIGEST]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_two_processes_fetch_once(host: Misbehaving, folder: Path) -> None:
    source = host.put("/net", slow(CONTENT, 5, 0.3))
    processes = [_start(source) for _ in range(2)]
    assert sorted(process.communicate(timeout=60)[0].strip() for process in processes) == ["fetched", "here"]
    assert len(host.seen) == 1


def test_ctrl_c_in_the_middle_keeps_what_is_here(host: Misbehaving, folder: Path) -> None:
    source = host.put("/net", slow(CONTENT, 2, 30.0), whole(CONTENT))
    process = _start(source)
    part = part_path(folder / "net.pt")
    while not (part.exists() and host.seen) and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert part.stat().st_size == len(CONTENT) // 2
    progress = Recorder()
    arrive(the_set(source), progress)
    assert progress.begun == [(len(CONTENT) // 2, len(CONTENT))]


def test_threads_of_one_process_fetch_once(host: Misbehaving) -> None:
    models = the_set(host.put("/net", slow(CONTENT, 4, 0.05)))
    threads = [threading.Thread(target=arrive, args=(models,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(host.seen) == 1


def test_what_a_set_wants() -> None:
    files = {
        "generator": ModelFile(file="both.pt", bytes=5),
        "encoder": ModelFile(file="both.pt", bytes=5),
        "extra": ModelFile(file="extra.pt", bytes=7, optional=True),
        "inside": ModelFile(path="projection/weights/generator.safetensors"),
        "unknown": ModelFile(file="unknown.pt"),
    }
    models = ModelSet("tiny", "", files=files)
    assert wanted_roles(models) == ["generator", "unknown"]
    assert wanted_roles(models, ["extra", "encoder"]) == ["extra", "encoder"]
    assert missing_bytes([(models, "extra"), (models, "encoder")]) == 12
    with pytest.raises(MissingWeights, match="has no parser; it has generator, encoder"):
        wanted_roles(models, ["parser"])
