"""The check that tests leave nothing running does find what they leave."""

from collections.abc import Iterator
from contextlib import contextmanager

from PyQt6.QtCore import QThread, QTimer
from pytestqt.qtbot import QtBot

from tests.apps.editor.leftovers import describe, running


@contextmanager
def nothing_else() -> Iterator[None]:
    assert running() == []
    yield
    assert running() == []


def test_a_timer_that_would_fire_is_found(qtbot: QtBot) -> None:
    with nothing_else():
        timer = QTimer()
        timer.setObjectName("late")
        assert running() == []
        timer.start(60_000)
        assert [describe(each) for each in running()] == ["QTimer late of nobody"]
        timer.stop()


def test_a_thread_that_has_not_ended_is_found(qtbot: QtBot) -> None:
    with nothing_else():
        thread = QThread()
        thread.start()
        assert running() == [thread]
        thread.quit()
        assert thread.wait(20_000)
