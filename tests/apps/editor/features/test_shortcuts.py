"""The sheet of shortcuts, and the keyboard: every action, no key twice, every control in turn."""

from collections import Counter

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication, QMenu, QTreeWidgetItem, QWidget
from pytestqt.qtbot import QtBot

from apps.editor.features.shortcuts import ShortcutSheet, keys_of, leaves
from apps.editor.language import plain_text
from apps.editor.window import Window


def in_menus(window: Window) -> list[QAction]:
    bar = window.menuBar()
    assert bar is not None
    return [action for menu in bar.actions() for _, action in leaves(menu)]


def test_every_action_is_in_a_menu_that_the_keyboard_opens(window: Window) -> None:
    reached = in_menus(window)
    own = [action for action in window.actions() if not action.isSeparator()]
    assert own and [action.text() for action in own if action not in reached] == []
    bar = window.menuBar()
    assert bar is not None
    letters = [action.text().partition("&")[2][:1].lower() for action in bar.actions()]
    assert all(letters) and len(set(letters)) == len(letters)


def test_no_two_actions_share_a_key(window: Window) -> None:
    actions = {*window.findChildren(QAction), *in_menus(window)}
    keys = Counter(keys.toString() for action in actions for keys in action.shortcuts() if keys.toString())
    assert len(keys) > 30 and [key for key, count in keys.items() if count > 1] == []


def test_no_two_entries_of_a_menu_share_a_letter(window: Window) -> None:
    for menu in window.findChildren(QMenu):
        texts = [action.text() for action in menu.actions()]
        letters = Counter(text.partition("&")[2][:1].lower() for text in texts if "&" in text)
        assert [(menu.title(), letter) for letter, count in letters.items() if count > 1] == []


def test_the_sheet_lists_what_the_menus_hold(window: Window, qtbot: QtBot) -> None:
    for key in (Qt.Key.Key_F1, Qt.Key.Key_Question):
        window.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
        window.canvas.setFocus()
        qtbot.keyClick(window.canvas, key)
        qtbot.waitUntil(lambda: window.findChild(ShortcutSheet) is not None)
        sheet = window.findChild(ShortcutSheet)
        assert sheet is not None
        rows = list(_rows(sheet))
        assert [keys for _, keys in rows] == [keys_of(action) for action in in_menus(window)]
        assert ("Undo", "Ctrl+Z") in rows and ("Keyboard shortcuts", "F1, ?") in rows
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: window.findChild(ShortcutSheet) is None)


def test_a_question_mark_can_be_searched_for(window: Window, qtbot: QtBot) -> None:
    window.panel.search.setFocus()
    qtbot.keyClicks(window.panel.search, "?")
    assert window.panel.search.text() == "?" and window.findChild(ShortcutSheet) is None


def test_f6_goes_around_the_parts_of_the_window(window: Window, qtbot: QtBot) -> None:
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    window.canvas.setFocus()
    first = next(row for row in window.panel.rows.values() if row.isVisible()).slider
    for expected in (window.filmstrip, first, window.canvas):
        qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_F6)
        assert window.focusWidget() is expected
    qtbot.keyClick(window.canvas, Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    assert window.focusWidget() is first
    window.panel.search.setFocus()
    qtbot.keyClick(window.panel.search, Qt.Key.Key_F6)
    assert window.focusWidget() is window.canvas


def test_tab_goes_down_the_sliders_and_through_each_of_them(window: Window) -> None:
    def tab(widget: QWidget) -> QWidget:
        """What the tabulator comes to next."""
        following = widget.nextInFocusChain()
        while following is not None and not (
            following.focusPolicy() & Qt.FocusPolicy.TabFocus and following.isVisible() and following.isEnabled()
        ):
            following = following.nextInFocusChain()
        assert following is not None
        return following

    rows = [row for row in window.panel.rows.values() if row.isVisible()]
    rows.sort(key=lambda row: row.mapTo(window, row.rect().topLeft()).y())
    controls = [control for row in rows for control in (row.slider, row.number, *row.chips.values())]
    here: QWidget = rows[0].slider
    seen: list[QWidget] = [here]
    while len(seen) < len(controls) + 8:
        here = tab(here)
        seen.append(here)
    assert [widget for widget in seen if widget in controls][: len(controls)] == controls


def test_plain_text_of_an_action() -> None:
    assert [plain_text(text) for text in ("&Save image …", "เปิด(&O) …", "R&eset")] == ["Save image", "เปิด", "Reset"]


def _rows(sheet: ShortcutSheet) -> list[tuple[str, str]]:
    groups = [item for i in range(sheet.tree.topLevelItemCount()) if (item := sheet.tree.topLevelItem(i))]
    found: list[QTreeWidgetItem] = [
        child for group in groups for i in range(group.childCount()) if (child := group.child(i))
    ]
    return [(item.text(0), item.text(1)) for item in found]
