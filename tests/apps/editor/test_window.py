"""The window: quick to start, one edit and history for each portrait."""

from pathlib import Path

from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.window import Window
from tests.apps.editor.interaction import add, drag_slider, settle


def test_the_window_is_there_before_torch_and_gone_before_the_interpreter(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import atexit, os, sys; folder = sys.argv[1]; os.environ['QT_QPA_PLATFORM'] = 'offscreen'\n"
        "from pathlib import Path; from PyQt6 import sip\n"
        "from PyQt6.QtCore import QSettings; from PyQt6.QtWidgets import QApplication\n"
        "from tests.apps.editor.windows import build_window\n"
        "settings = QSettings(folder + '/settings.ini', QSettings.Format.IniFormat)\n"
        "atexit.register(lambda: print(sip.isdeleted(window)))\n"  # called after what the window registers
        "application = QApplication([]); window = build_window(lambda: None, Path(folder), settings)\n"
        "window.show(); application.processEvents(); print('torch' in sys.modules, 'cv2' in sys.modules)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output.split() == ["False", "False", "True"]  # deleted before PyQt's own end, which may crash otherwise


def test_each_portrait_has_its_own_edit_and_history(window: Window, qtbot: QtBot) -> None:
    session = window.session
    first = session.current
    drag_slider(window, "Bp", 0.5, 0.9)
    second = add(window, seed=2)
    window.filmstrip.setCurrentRow(1)
    assert session.current is second
    assert window.panel.rows["Bp"].slider.value() == 0
    assert not session.history.canUndo()
    settle(window)
    assert session.picture is not None and (session.picture.image == second.image).all()
    session.close(second)
    assert session.current is first and session.history.canUndo()


def test_an_exception_in_a_slot_would_fail_a_test(window: Window) -> None:
    with capture_exceptions() as raised:
        window.add_action("help", "help", "Break", lambda: 1 / 0).trigger()
    assert raised[0][0] is ZeroDivisionError
