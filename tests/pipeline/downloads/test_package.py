"""Files inside Python packages: pip is asked once, with the user's configuration, and nothing unverified arrives."""

import hashlib
import sys
from collections import namedtuple
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest

from pipeline.core.errors import BadInput, MissingWeights
from pipeline.core.model_sets import HOME_VARIABLE, ModelFile, ModelSet, PackageSource, model_set
from pipeline.core.weights import locate
from pipeline.downloads import fetch, package
from pipeline.downloads.package import Wheels
from tests.support.package_nets import ROLES
from tests.support.recorder import Recorder

NAME = "tiny_nets-1.0-cp311-cp311-manylinux_2_28_x86_64.whl"
MEMBERS = {"tiny_nets/one.tflite": b"one" * 1000, "tiny_nets/two.tflite": b"two" * 2000}


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A published wheel for another machine, which pip finds by the user's configuration, and a weights folder."""
    path = tmp_path / "published" / NAME
    path.parent.mkdir()
    with ZipFile(path, "w") as archive:
        for name, content in MEMBERS.items():
            archive.writestr(name, content)
        archive.writestr("tiny_nets/__init__.py", "raise SystemExit('nothing of a package is run')")
        archive.writestr("tiny_nets-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-nets\nVersion: 1.0\n")
        archive.writestr("tiny_nets-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\n")
        archive.writestr("tiny_nets-1.0.dist-info/RECORD", "")
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "weights"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(path.parent))
    monkeypatch.delenv(fetch.OFFLINE_VARIABLE, raising=False)
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def the_set(wheel: Path, **facts: object) -> ModelSet:
    """A set with both files of the wheel; `facts` are what its source says otherwise."""
    content = wheel.read_bytes()
    files = {}
    for name, inside in MEMBERS.items():
        source = replace(PackageSource(NAME, len(content), digest(content), name), **facts)  # type: ignore[arg-type]
        role = Path(name).stem
        files[role] = ModelFile(None, f"{role}.tflite", (source,), len(inside), digest(inside), "MIT")
    return ModelSet("tiny", "", files=files)


def refused(models: ModelSet) -> str:
    with pytest.raises(MissingWeights) as error:
        fetch.fetch(models, "one")
    assert not fetch.expected_path(models.files["one"]).exists()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_one_download_serves_all_files_of_a_wheel(wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (here / "pip.py").write_text("raise SystemExit('this is not the package client')")
    monkeypatch.chdir(here)
    left_over = tmp_path / "weights" / f".{NAME}.part" / NAME
    left_over.parent.mkdir(parents=True)
    left_over.write_bytes(b"the beginning of a wh")
    models, progress = the_set(wheel), Recorder()
    with Wheels() as wheels:
        for role in models.files:
            assert fetch.fetch(models, role, progress, wheels=wheels).fetched
    assert [locate(models, Path(name).stem).read_bytes() for name in MEMBERS] == list(MEMBERS.values())
    assert progress.steps == [("tiny_nets==1.0", 0, 0)]
    assert {path.name for path in (tmp_path / "weights").iterdir() if path.suffix not in (".lock", ".sha256")} == {
        "one.tflite",
        "two.tflite",
    }
    assert not fetch.fetch(models, "one").fetched


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"sha256": "0" * 64}, "is another wheel than the declared one, its SHA-256 is"),
        ({"member": "tiny_nets/three.tflite"}, "has no file tiny_nets/three.tflite"),
        ({"member": "tiny_nets/two.tflite"}, f"gives another file, its SHA-256 is {digest(b'two' * 2000)}"),
        ({"package": NAME.replace("1.0", "2.0")}, "2.0 is in no package index that pip can reach: check the network"),
        ({"package": NAME.replace("cp311", "cp399")}, "is in no package index that pip can reach"),
    ],
)
def test_what_is_not_the_declared_file_is_refused(wheel: Path, facts: dict[str, str], message: str) -> None:
    said = refused(the_set(wheel, **facts))
    assert message in said
    assert said.endswith("or get one.tflite elsewhere and run `face-edit models import one.tflite`.")


def test_an_index_that_does_not_answer(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("NO_INDEX", "0"), ("FIND_LINKS", ""), ("INDEX_URL", "http://127.0.0.1:9/"), ("RETRIES", "1")):
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert "tiny_nets==1.0 cannot be reached, the package index does not answer pip" in refused(the_set(wheel))


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("/usr/bin/python3: No module named pip", f"missing here: run `{sys.executable} -m ensurepip`"),
        ("ERROR: Wheel is invalid.\nlast line", "cannot be downloaded by pip: Wheel is invalid)"),
        ("", "cannot be downloaded by pip: no message)"),
    ],
)
def test_what_pip_says_is_understood(wheel: Path, monkeypatch: pytest.MonkeyPatch, said: str, message: str) -> None:
    monkeypatch.setattr(package, "_run", lambda *_: (1, said.splitlines()))
    assert message in refused(the_set(wheel))


def test_a_full_disk_is_said_before_and_during_the_download(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = the_set(wheel)
    full = "[Errno 28] No space left on device"
    with monkeypatch.context() as patch, pytest.raises(BadInput, match="The disk is full"):
        patch.setattr(package, "_run", lambda *_: (2, [f"ERROR: Could not install packages: {full}"]))
        fetch.fetch(models, "one")
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(2**20))
    with pytest.raises(BadInput, match="free some space"):
        fetch.fetch(models, "one")


def test_offline_nothing_is_asked(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(fetch.OFFLINE_VARIABLE, "1")
    monkeypatch.setattr(package, "_run", None)
    assert "FACE_EDIT_OFFLINE is set" in refused(the_set(wheel))


@pytest.mark.parametrize(
    "name", ["mediapipe.whl", "../a-1-cp311-cp311-any.whl", "a-1-cp311-cp311-any.zip", "-r-1-2-3-4.whl"]
)
def test_a_package_is_named_by_its_wheel(name: str) -> None:
    with pytest.raises(ValueError, match="no file name of a wheel"):
        PackageSource(name, 1, "0" * 64, "net.tflite")


def test_the_published_nets_arrive(package_nets: Path) -> None:
    """The real package from the real index, whatever machine this is."""
    models = model_set("faces")
    assert [locate(models, role).parent for role in ROLES] == [package_nets] * len(ROLES)
