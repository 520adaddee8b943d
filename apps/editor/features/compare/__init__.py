"""Comparison of before and after: split, side by side, original while a key is held, difference map."""

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QToolButton

from apps.editor.features.compare.heat_map import HeatMap
from apps.editor.features.compare.hold_space import HoldSpace
from apps.editor.features.compare.views import Original, SideBySide, Split
from apps.editor.widgets.canvas import View
from apps.editor.window import Window


class Compare(QObject):
    """The chosen view of the canvas, and the original while a key or button is held."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._original = window, Original()
        self._group = QActionGroup(self)
        self.plain = self._add(View(), self.tr("&Edited picture"), "Ctrl+1")
        self.split = self._add(Split(), self.tr("&Split"), "Ctrl+2", tip=self.tr("Before and after, with a handle"))
        self.side_by_side = self._add(SideBySide(), self.tr("Side &by side"), "Ctrl+3")
        self._chosen: View = self.plain.data()
        self.plain.setChecked(True)
        self.heat_map = HeatMap(window.session, window.canvas)
        tip = self.tr("Where the edit changed the picture, and by how much")
        self.difference = window.add_action(
            "view", "compare", self.tr("&Difference"), self._switch_map, "Ctrl+D", checkable=True, toolbar=True, tip=tip
        )
        self.button = QToolButton(window.toolbar)
        self.button.setText(self.tr("Original"))
        self.button.setToolTip(self.tr("The portrait as it was, while this or the space bar is held"))
        self.button.pressed.connect(lambda: self.hold(True))
        self.button.released.connect(lambda: self.hold(False))
        window.toolbar.addWidget(self.button)
        self.space = HoldSpace(window, self.hold)

    def hold(self, held: bool) -> None:
        """Show the original while held, then the chosen view again."""
        self._window.canvas.set_view(self._original if held else self._chosen)

    def _add(self, view: View, text: str, shortcut: str, tip: str = "") -> QAction:
        action = self._window.add_action(
            "view", "compare", text, lambda: self._choose(view), shortcut, checkable=True, toolbar=True, tip=tip
        )
        action.setData(view)
        self._group.addAction(action)
        return action

    def _switch_map(self) -> None:
        self.heat_map.switch(self.difference.isChecked())

    def _choose(self, view: View) -> None:
        self._chosen = view
        self._window.canvas.set_view(view)


def install(window: Window) -> None:
    """Add the views and the difference map to the view menu and the tool bar."""
    Compare(window)
