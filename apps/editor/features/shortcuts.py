"""Sheet of keyboard shortcuts, read from the menus so that it is complete."""

from collections.abc import Iterator

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction, QKeySequence
from PyQt6.QtWidgets import QDialog, QDialogButtonBox, QHeaderView, QTreeWidget, QTreeWidgetItem, QVBoxLayout

from apps.editor.language import plain_text
from apps.editor.window import Window


def leaves(action: QAction, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], QAction]]:
    """Actions below an entry of the menu bar, with the titles on their path."""
    if action.isSeparator():
        return
    path = (*path, plain_text(action.text()))
    menu = action.menu()
    if menu is None:
        yield path, action
        return
    for below in menu.actions():
        yield from leaves(below, path)


def keys_of(action: QAction) -> str:
    """Shortcuts of an action in the system's notation."""
    return ", ".join(keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts())


class ShortcutSheet(QDialog):
    """Dialog with the shortcuts, one group for each menu."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.tree = QTreeWidget(self)
        self.tree.setAccessibleName(self.windowTitle())
        self.tree.setHeaderLabels([self.tr("Action"), self.tr("Keys")])
        self.tree.setRootIsDecorated(False)
        bar = window.menuBar()
        assert bar is not None
        for menu in bar.actions():
            group = QTreeWidgetItem(self.tree, [plain_text(menu.text())])
            font = group.font(0)
            font.setBold(True)
            group.setFont(0, font)
            for path, action in leaves(menu):
                QTreeWidgetItem(group, [" › ".join(path[1:]), keys_of(action)])
        self.tree.expandAll()
        self.tree.setCurrentItem(self.tree.topLevelItem(0))
        header = self.tree.header()
        assert header is not None
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tree)
        layout.addWidget(buttons)
        self.resize(520, 640)


def install(window: Window) -> None:
    """Add the sheet to the help menu."""
    action = window.add_action(
        "help", "help", window.tr("&Keyboard shortcuts"), lambda: ShortcutSheet(window).open(), "F1"
    )
    action.setShortcuts([QKeySequence("F1"), QKeySequence("?")])
