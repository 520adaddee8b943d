"""Previews are quicker than full pictures, and the benchmark sees what it says; no test looks at seconds alone."""

import subprocess
import sys

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from apps import editor
from apps.bench.cli import main
from apps.bench.editor import edit_many, resident_memory
from apps.bench.mouse import MOVES, MouseDriver
from apps.editor.model.edit_state import EditState
from apps.editor.model.session import Picture
from apps.editor.threads.render_context import RenderContext
from apps.editor.threads.render_thread import Renderer
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.types import Portrait
from pipeline.models import Models
from tests.apps.editor.interaction import WAIT
from tests.support.photos import rendered

ROUNDS = 6


@pytest.mark.parametrize("name", ["Bp_max", "Hc_0", "Hs_1"])
@pytest.mark.parametrize("crop", [None, object()], ids=["portrait", "photograph"])
def test_a_preview_takes_at_most_a_quarter_of_a_full_picture(
    demo_models: Models, qtbot: QtBot, crop: object, name: str
) -> None:
    context = RenderContext(lambda: (load_config(None, []), demo_models))
    image = rendered(1, demo_models.generator.resolution)[0]
    portrait = Portrait("portrait", image, demo_models.encoder.encode([image])[0], demo_models.space, crop)
    renderer, results, errors = Renderer(context), list[Picture](), list[object]()
    renderer.finished.connect(lambda _, picture: results.append(picture))
    renderer.request_failed.connect(lambda *failure: errors.append(failure))
    renderer.start()
    try:
        for number in range(ROUNDS):  # each is a preview and then a full picture: a busy machine is so for both
            edit_state = EditState({name: 0.5 + number / ROUNDS})
            edit = edit_state.to_edit({name: demo_models.translations[name]})
            stamp = renderer.request(1, portrait, edit, edit_state, True)
            qtbot.waitUntil(lambda: any(each.settled and each.stamp == stamp for each in results), timeout=WAIT)  # noqa: B023
    finally:
        renderer.stop()
    assert errors == []
    previews = [each.seconds for each in results if not each.settled]
    full = [each.seconds for each in results if each.settled]
    assert (len(previews), len(full)) == (ROUNDS, ROUNDS)
    assert 4 * min(previews) <= min(full)


def test_every_move_of_the_mouse_comes_on_screen_in_order(window: Window) -> None:
    stamps = list[int]()
    window.canvas.painted.connect(lambda: stamps.append(window.session.picture.stamp if window.session.picture else 0))
    asked = list[bool]()
    window.session.edit_state_changed.connect(lambda _, settled: asked.append(settled))
    drag = MouseDriver(window).drag("Bp")
    assert 0 < len(drag.moves) == asked.count(False) <= MOVES
    assert min(drag.moves) > 0 and drag.release > 0
    assert stamps == sorted(stamps) and stamps[-1] == window.controller.renderer.newest
    document = window.session.current
    assert document is not None and document.undo.count() == 1


def test_memory_is_looked_at_after_every_so_many_edits(window: Window) -> None:
    told = list[int]()
    used = edit_many(window, 7, told.append, interval=3)
    assert told == [3, 6] and len(used) == 2
    assert np.isnan(used).all() or min(used) > 50
    assert resident_memory() == pytest.approx(used[-1], rel=0.5, nan_ok=True)


def test_the_window_of_the_benchmark_leaves_nothing_to_crash_on() -> None:
    """Its application ends with it: a window that outlived it crashed at the interpreter's end."""
    script = (
        "from apps.bench.mouse import open_window; from pipeline.config import load_config; "
        "from pipeline.models import Models; config = load_config(None, [])\n"
        "with open_window(config, Models('demo', 'cpu')) as window: print(window.isVisible())"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_the_launch_is_seen_before_torch_is_imported() -> None:
    command = [sys.executable, "-m", "apps.bench.startup"]
    when, torch = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert float(when) > 0 and torch == "False"


def test_without_qt_the_benchmark_of_the_editor_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise editor.NoScreen("The editor needs system libraries.")

    monkeypatch.setattr(editor, "check_screen", missing)
    with pytest.raises(editor.NoScreen, match="needs system libraries"):
        main(["editor", "--runs", "1", "--edits", "0"])
