"""What the user arranged is there at the next start."""

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QDockWidget
from pytestqt.qtbot import QtBot

from apps.editor.window import Window
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import add


def dock(window: Window, name: str) -> QDockWidget:
    found = window.findChild(QDockWidget, name)
    assert found is not None
    return found


def test_size_panels_and_folded_groups_stay(make_window: MakeWindow, qtbot: QtBot) -> None:
    first = make_window()
    assert not dock(first, "history").isVisible() and dock(first, "scores").isVisible()
    dock(first, "scores").hide()
    dock(first, "history").show()
    first.resize(770, 650)  # the screen of these tests is small
    first.resizeDocks([dock(first, "sliders")], [400], Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: dock(first, "sliders").width() == 400)
    first.panel.headers["hair"].setChecked(False)
    first.close()
    again = make_window()
    assert (again.width(), again.height()) == (770, 650)
    assert dock(again, "history").isVisible() and not dock(again, "scores").isVisible()
    qtbot.waitUntil(lambda: dock(again, "sliders").width() == 400)
    assert {group for group, header in again.panel.headers.items() if not header.isChecked()} == {"hair"}


def test_zoom_goes_with_the_portrait_or_stays(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    add(window)
    second = add(window, seed=2)
    window.canvas.set_zoom(4.0)
    window.session.open(second)
    assert window.canvas.zoom == 1.0
    fits = next(action for action in window.actions() if action.text() == "Fit e&very portrait")
    fits.trigger()
    window.canvas.set_zoom(4.0)
    window.session.open(window.session.documents[0])
    assert window.canvas.zoom == 4.0
    window.close()
    again = make_window()
    add(again)
    assert again.canvas.zoom == 4.0
