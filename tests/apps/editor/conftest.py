"""The editor's real window without a screen; whatever it starts has to end with its test."""

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PyQt6 import sip
from PyQt6.QtCore import QCoreApplication, QEvent, QSettings, QThread, QTimer
from pytestqt.qtbot import QtBot

from apps.editor.controller import Controller
from apps.editor.model.session import Document, Stage
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from tests.support.toy_models import ToyModels, portrait_image
from tests.support.toy_run import toy_config

MakeWindow = Callable[..., Window]
WAIT = 120_000
"""Milliseconds that a busy machine may take to import what torch imports when it is first used."""


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Threads and timers of a test end with it, Python's and Qt's."""
    before = set(threading.enumerate())
    yield
    assert [thread.name for thread in threading.enumerate() if thread not in before] == []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert [describe(each) for each in running()] == []


def running() -> list[QTimer | QThread]:
    """Timers of Qt that will fire, and threads of Qt that have not ended; not those that Qt itself keeps."""
    found = [each for each in gc.get_objects() if issubclass(type(each), (QTimer, QThread)) and not sip.isdeleted(each)]
    main = QCoreApplication.instance()
    return [
        each
        for each in found
        if (each.isActive() if isinstance(each, QTimer) else each.isRunning() and each is not (main and main.thread()))
    ]


def describe(left: QTimer | QThread) -> str:
    """Whose it is."""
    parent = left.parent()
    return f"{type(left).__name__} {left.objectName()} of {type(parent).__name__ if parent else 'nobody'}"


@pytest.fixture
def make_window(qtbot: QtBot, tmp_path: Path) -> Iterator[MakeWindow]:
    """Opens windows on toy models, or on others; they are closed after the test."""
    made: list[Window] = []

    def make(models: Any = None, **settings: Any) -> Window:
        config = toy_config(**settings)
        editor = Controller(RenderContext(lambda: (config, models or ToyModels())), tmp_path / "cache")
        editor.troubled.connect(_raise)
        window = Window(editor, kept(tmp_path))
        qtbot.addWidget(window, before_close_func=lambda _: window.close_now())
        window.show()
        editor.start()
        made.append(window)
        return window

    yield make
    for window in made:
        window.close_now()
        assert [timer for timer in window.editor.findChildren(QTimer) if timer.isActive()] == []
        assert [timer for timer in window.findChildren(QTimer) if timer.isActive() and timer.objectName()] == []


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot) -> Window:
    """A window on toy models with a portrait that is ready and rendered."""
    window = make_window()
    add(window, qtbot)
    return window


def kept(folder: Path) -> QSettings:
    """Settings in a file of the test's own."""
    return QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)


def add(window: Window, qtbot: QtBot, seed: int = 1) -> Document:
    """Open a toy portrait and wait until it is on screen."""
    document = window.editor.add(f"portrait {seed}", portrait_image(seed))
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    if document is window.session.current:
        settle(window, qtbot)
    return document


def settle(window: Window, qtbot: QtBot) -> None:
    """Wait for the newest picture in full, and what is read of it."""
    session, renderer = window.session, window.editor.renderer

    def settled() -> bool:
        picture = session.picture
        return bool(picture and picture.settled and picture.stamp == renderer.newest and session.reading)

    qtbot.waitUntil(settled, timeout=WAIT)


def _raise(error: Exception) -> None:
    raise error
