"""The editor's real window without a screen; whatever it starts has to end with its test."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import QCoreApplication, QEvent, QTimer
from pytestqt.qtbot import QtBot

from apps.editor.window import Window
from pipeline.core.attributes import forget_own
from tests.apps.editor.interaction import add
from tests.apps.editor.leftovers import describe, running
from tests.apps.editor.windows import build_window, settings_file
from tests.support.toy_models import ToyModels
from tests.support.toy_run import toy_config

MakeWindow = Callable[..., Window]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the user's is read or written, and own sliders are forgotten after the test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield
    forget_own()


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Threads and timers of a test end with it, Python's and Qt's."""
    before = set(threading.enumerate())
    yield
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert [describe(each) for each in running()] == []


@pytest.fixture
def make_window(qtbot: QtBot, tmp_path: Path) -> Iterator[MakeWindow]:
    """Opens windows on toy models, or on others; they are closed after the test."""
    made: list[Window] = []

    def make(models: Any = None, **settings: Any) -> Window:
        config = toy_config(**settings)
        window = build_window(lambda: (config, models or ToyModels()), tmp_path / "cache", settings_file(tmp_path))
        window.controller.failed.connect(_raise)
        qtbot.addWidget(window, before_close_func=lambda _: window.close_now())
        window.show()
        window.controller.start()
        made.append(window)
        return window

    yield make
    for window in made:
        window.close_now()
        assert [timer for timer in window.controller.findChildren(QTimer) if timer.isActive()] == []
        assert [timer for timer in window.findChildren(QTimer) if timer.isActive() and timer.objectName()] == []


@pytest.fixture
def window(make_window: MakeWindow) -> Window:
    """A window on toy models with a portrait that is ready and rendered."""
    window = make_window()
    add(window)
    return window


def _raise(error: Exception) -> None:
    raise error
