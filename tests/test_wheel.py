"""The wheel is complete and works from any folder: flat packages must not depend on the checkout."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("apps", "pipeline", "projection", "postprocess", "configs")


def _run(*command: str | Path, cwd: Path | str = "/") -> str:
    # Neither the checkout nor the tests' own environment may be what answers.
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def uv() -> str:
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".uv" / "bin")
    assert found, "run the tests through make, which provides uv"
    return found


@pytest.fixture(scope="module")
def wheel(uv: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source distribution: what is in it is in both."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(uv, "build", "--out-dir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(uv: str, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Interpreter of a fresh environment with the wheel; the dependencies are those of the running one."""
    folder = tmp_path_factory.mktemp("env") / "venv"
    _run(uv, "venv", "--python", sys.executable, folder)
    python = folder / "bin" / "python"
    _run(uv, "pip", "install", "--python", python, "--no-deps", wheel)
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # Lines of a path file come after the environment's own packages; path files found there do not count.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_wheel_holds_what_git_holds_and_no_tests(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == set(PACKAGES)
    tracked = set(_run("git", "-C", ROOT, "ls-files", "-z", *PACKAGES).split("\0")) - {""}
    assert {name for name in tracked if (ROOT / name).is_file()} <= names


def test_the_wheel_holds_the_licences(wheel: Path) -> None:
    names = {name.partition(".dist-info/licenses/")[2] for name in zipfile.ZipFile(wheel).namelist()}
    assert "LICENSE" in names
    assert {f"third_party_licenses/{path.name}" for path in ROOT.glob("third_party_licenses/*.txt")} <= names


def test_the_command_runs_from_the_root_folder(python: Path) -> None:
    assert "usage: face-edit" in _run(python.parent / "face-edit", "--help")
    assert "face-edit" in _run(python.parent / "face-edit", "--version")


def test_the_packages_come_from_the_wheel_and_find_their_data(python: Path) -> None:
    code = (
        "import apps, pipeline.config as c; from pipeline.core.weights import model_sets;"
        "from pipeline.world.samples import samples;"
        "print(apps.__file__); print(list(c.load_config().step_settings())); print(*model_sets());"
        "print(len(samples()))"
    )
    where, steps, sets, people = _run(python, "-c", code).splitlines()
    assert Path(where).is_relative_to(python.parents[1])
    assert "segmentation" in steps
    assert "demo" in sets.split()
    assert int(people) > 0
