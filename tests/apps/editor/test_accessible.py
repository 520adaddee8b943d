"""Whatever can have the keyboard has a name that a screen reader says."""

from pathlib import Path

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QAbstractButton, QComboBox, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from tests.apps.editor.all_dialogs import everything


def name_of(widget: QWidget) -> str:
    """What Qt tells a screen reader: the given name, a button's text, or the text of the label beside it."""
    if widget.accessibleName():
        return widget.accessibleName()
    if isinstance(widget, QAbstractButton | QLabel):
        return widget.text()
    if isinstance(widget, QTabBar):
        return "".join(widget.tabText(place) for place in range(widget.count()))
    labels = widget.window().findChildren(QLabel)
    return next((label.text() for label in labels if label.buddy() is widget), "")


def test_every_widget_that_takes_the_keyboard_has_a_name(qtbot: QtBot, tmp_path: Path) -> None:
    with everything(tmp_path) as shown:
        widgets = {
            widget: top
            for top in shown
            for widget in top.findChildren(QWidget)
            if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
            and widget.focusProxy() is None
            and not widget.objectName().startswith("qt_")  # a part of one that has a name, as is a list that pops up
            and not isinstance(_owner(widget), QComboBox)
        }
        assert len(widgets) > 80
        nameless = [
            f"{type(top).__name__}: {type(widget).__name__} in {type(widget.parent()).__name__}"
            for widget, top in widgets.items()
            if not name_of(widget).strip()
        ]
    assert nameless == [], nameless


def _owner(widget: QWidget) -> QObject | None:
    """The parent of the frame that a widget is in."""
    frame = widget.parent()
    return frame.parent() if frame is not None else None
