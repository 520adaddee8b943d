"""Two snapshots of a portrait's edit, and copy and paste of edits between portraits."""

import json
from collections.abc import Callable
from functools import partial

from PyQt6.QtCore import QMimeData, QObject
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QApplication

from apps.editor.model.edit_state import EditState
from apps.editor.model.session import Document
from apps.editor.window import Window
from pipeline.core.errors import BadInput

NAMES = ("A", "B")


class Snapshots(QObject):
    """Snapshots A and B of each open portrait, and edits on the clipboard."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._kept: dict[tuple[Document, str], EditState] = {}
        keep, go = self.tr("Keep as snapshot {0}"), self.tr("Go to snapshot {0}")
        keys = list(enumerate(NAMES, 7))
        self.keep = {x: self._action(keep.format(x), partial(self.store, x), f"Shift+F{n}") for n, x in keys}
        self.recall = {x: self._action(go.format(x), partial(self.go, x), f"F{n}") for n, x in keys}
        self.copy_action = self._action(self.tr("&Copy edit"), self.copy, "Ctrl+Shift+C")
        self.paste_action = self._action(self.tr("&Paste edit"), self.paste, "Ctrl+Shift+V")
        self._session.current_updated.connect(lambda _: self._refresh())
        self._session.documents_changed.connect(self._forget_closed)
        self._refresh()

    def _action(self, text: str, do: Callable[[], None], key: str) -> QAction:
        return self._window.add_action("edit", "snapshots", text, do, key)

    def store(self, name: str) -> None:
        """Keep the current edit under a name."""
        document = self._session.current
        if document is not None:
            self._kept[document, name] = document.edit_state
            keys = self.recall[name].shortcut().toString()
            self._window.show_message(self.tr("Snapshot {0} is kept; {1} goes back to it").format(name, keys))
            self._refresh()

    def go(self, name: str) -> None:
        """Replace the current edit by a snapshot, as an entry of the history."""
        document = self._session.current
        edit_state = self._kept.get((document, name)) if document else None
        if edit_state is not None:
            self._session.end_gesture()
            self._session.change(edit_state, self.tr("Snapshot {0}").format(name))
            self._window.show_message(self.tr("Snapshot {0}").format(name), 2000)

    def copy(self) -> None:
        """Put the current edit on the clipboard, as JSON."""
        document, clipboard = self._session.current, QApplication.clipboard()
        if document is not None and clipboard is not None:
            content = QMimeData()
            content.setText(json.dumps(document.edit_state.to_dict()))
            clipboard.setMimeData(content)
            self._window.show_message(self.tr("The edit of {0} is copied").format(document.name))

    def paste(self) -> None:
        """Replace the current edit by that of the clipboard, without strengths that lack a translation here."""
        document, clipboard = self._session.current, QApplication.clipboard()
        if document is None or document.portrait is None or clipboard is None:
            return
        try:
            edit_state = EditState.from_dict(json.loads(clipboard.text()))
        except (BadInput, ValueError):
            self._window.show_message(self.tr("There is no edit on the clipboard: copy one first."))
            return
        known = {name: strength for name, strength in edit_state.strengths.items() if name in document.translations}
        self._session.end_gesture()
        self._session.change(EditState(known, edit_state.off, edit_state.settings), self.tr("Paste edit"))
        left_out = ", ".join(name for name in edit_state.strengths if name not in known)
        if left_out:
            self._window.show_message(self.tr("{0} has no translation to {1}").format(document.name, left_out))

    def _forget_closed(self) -> None:
        opened = self._session.documents
        self._kept = {key: edit_state for key, edit_state in self._kept.items() if key[0] in opened}

    def _refresh(self) -> None:
        document = self._session.current
        ready = document is not None and document.portrait is not None
        for action in (*self.keep.values(), self.copy_action, self.paste_action):
            action.setEnabled(ready)
        for name, action in self.recall.items():
            action.setEnabled(document is not None and (document, name) in self._kept)


def install(window: Window) -> None:
    """Add the actions to the edit menu."""
    Snapshots(window)
