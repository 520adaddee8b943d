"""`face-edit editor` as a process: what keeps it from starting is one sentence that says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apps.editor import INSTALL
from apps.editor.app import _project
from pipeline.core.errors import BadInput
from pipeline.core.model_sets import HOME_VARIABLE
from tests.support.no_renderer import BLOCK

NO_DISPLAY = next(f":{number}" for number in range(77, 999) if not Path(f"/tmp/.X11-unix/X{number}").exists())
MISSING = "libEGL.so.1: cannot open shared object file: No such file or directory"
WITHOUT_PLUGIN = """
import sys
from PyQt6.QtCore import QLibraryInfo
QLibraryInfo.path = lambda _: "/nowhere"
from apps.cli import main
sys.exit(main(["editor"]))
"""
SAYS_ITS_DIALOG = """
import sys
from PyQt6.QtWidgets import QApplication
from apps.editor import crash
show = crash.ExceptionHook.show
def say(self, error):
    show(self, error)
    print(self.dialog.text(), flush=True)
    QApplication.quit()
crash.ExceptionHook.show = say
"""
MISSING_MODELS = """
from apps.cli import main
sys.exit(main(["editor", "--set", "models=ffhq-stylegan2"]))
"""
FIRST_PREDICTION = """
from apps.editor import controller
controller.DEMO_PORTRAITS = 1
class Controller(controller.Controller):
    def start(self):
        super().start()
        self.session.prediction_changed.connect(self.say)
    def say(self, prediction):
        if prediction is not None:
            print("predicted", flush=True)
            QApplication.quit()
controller.Controller = Controller
from apps.cli import main
sys.exit(main(["editor", "--set", "projection.n_iter=0"]))
"""


def start(tmp_path: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python on a home of its own, on a desktop whose screen is never reached."""
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY"):
        environment.setdefault(name, "")
    places = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", HOME_VARIABLE)
    own = {name: str(tmp_path / name) for name in places}
    everything = {**os.environ, **own, "DISPLAY": NO_DISPLAY, **environment}
    kept = {name: value for name, value in everything.items() if value}
    return subprocess.run([sys.executable, *command], env=kept, capture_output=True, text=True, check=False)


def one_sentence(outcome: subprocess.CompletedProcess[str]) -> str:
    assert outcome.returncode == 1, outcome.stderr
    (line,) = outcome.stderr.strip().splitlines()
    return line


@pytest.mark.skipif(sys.platform != "linux", reason="libraries of Linux")
def test_missing_libraries_of_qt(tmp_path: Path) -> None:
    (tmp_path / "PyQt6").mkdir()
    (tmp_path / "PyQt6" / "__init__.py").touch()
    (tmp_path / "PyQt6" / "QtCore.py").write_text(f"raise ImportError({MISSING!r})")
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    said = one_sentence(start(tmp_path, "-m", "apps.cli", "editor", PYTHONPATH=path))
    assert said == f"face-edit: The editor needs system libraries ({MISSING}): {INSTALL}"


@pytest.mark.skipif(sys.platform != "linux", reason="platform plugin of Linux")
def test_missing_platform_plugin(tmp_path: Path) -> None:
    said = one_sentence(start(tmp_path, "-c", WITHOUT_PLUGIN))
    assert "/nowhere/platforms/libqxcb.so" in said and said.endswith(INSTALL)


@pytest.mark.skipif(sys.platform != "linux", reason="X server")
def test_a_screen_that_does_not_answer(tmp_path: Path) -> None:
    said = one_sentence(start(tmp_path, "-m", "apps.cli", "editor"))
    assert f"{NO_DISPLAY} does not answer" in said or said.endswith(INSTALL)


def test_missing_models_are_said_with_the_command_that_fetches_them(tmp_path: Path) -> None:
    outcome = start(tmp_path, "-c", SAYS_ITS_DIALOG + MISSING_MODELS, QT_QPA_PLATFORM="offscreen")
    assert "face-edit models fetch ffhq-stylegan2" in outcome.stdout, outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_the_editor_needs_no_renderer_of_people(tmp_path: Path) -> None:
    outcome = start(tmp_path, "-c", BLOCK + SAYS_ITS_DIALOG + FIRST_PREDICTION, QT_QPA_PLATFORM="offscreen")
    assert outcome.stdout.split() == ["predicted"], outcome.stderr


def test_a_project_opens_alone_and_has_to_be_there(tmp_path: Path) -> None:
    project = tmp_path / "work.faceedit"
    with pytest.raises(BadInput, match="does not exist"):
        _project([project])
    project.touch()
    assert _project([project]) == project and _project([tmp_path / "anna.png"]) is None
    with pytest.raises(BadInput, match="opens alone"):
        _project([project, tmp_path / "anna.png"])
