"""The window on the embedded models and sample portraits, from opening to an edit."""

import pytest
from pytestqt.qtbot import QtBot

from apps.editor import check_screen, controller
from apps.editor.model.session import Stage
from pipeline.config import Budget
from pipeline.core.errors import NoScreen
from pipeline.models import Models
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, settle, wait_for_message


def test_the_demo_opens_and_edits(
    make_window: MakeWindow, demo_models: Models, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controller, "DEMO_PORTRAITS", 1)
    window = make_window(demo_models, steps=["domain_mixup"])
    window.controller.open_demo()
    session = window.session
    qtbot.waitUntil(lambda: session.current is not None and session.current.stage is Stage.READY, timeout=WAIT)
    document = session.current
    assert document is not None
    settle(window)
    assert session.prediction is not None
    start = float(session.prediction["Bp"])
    window.panel.rows["Bp"].chips["Bp_max"].click()
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.frame and session.prediction), timeout=WAIT)
    assert session.prediction is not None and session.picture is not None and session.picture.frame is not None
    assert float(session.prediction["Bp"]) > start + 0.3
    outside = session.picture.frame.support == 0
    assert outside.any()
    assert (session.picture.image[outside] == document.image[outside]).all()
    assert window.prediction.text() == f"Lips: {session.prediction['Bp']:+.2f}"

    far = document.edit_state.strength("Bp_max")
    context, row = window.controller.context, window.panel.rows["Bp"]
    context.config = context.config.model_copy(update={"budget": Budget(identity=0.005)})
    session.reset()
    row.chips["Bp_max"].click()
    wait_for_message(window, "big is not reached: the person would change too much")
    assert row.note.isVisible() and document.edit_state.strength("Bp_max") < far


def test_no_screen_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoScreen, match="No display"):
        check_screen()


def test_a_missing_library_is_one_sentence_with_the_way_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise OSError("libxcb-cursor.so.0: cannot open shared object file")

    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("QT_QPA_PLATFORM")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("ctypes.CDLL", missing)
    with pytest.raises(NoScreen, match=r"libxcb-cursor.*apt-get install.*libxcb-cursor0"):
        check_screen()
