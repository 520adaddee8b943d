"""Menu actions that open and save projects."""

from PyQt6.QtGui import QKeySequence

from apps.editor.project import ProjectDialogs
from apps.editor.window import Window


def add_project_actions(window: Window) -> None:
    """Add three actions to the file menu, and ask about unsaved edits when the window closes."""
    projects, keys, session = ProjectDialogs(window), QKeySequence.StandardKey, window.session
    window.add_action("file", "open", window.tr("Open pro&ject …"), projects.ask_open, "Ctrl+Shift+O")
    save = window.add_action("file", "save", window.tr("&Save project"), projects.save, keys.Save)
    save_as = window.add_action("file", "save", window.tr("Save project &as …"), projects.ask_save, "Ctrl+Shift+S")

    def refresh() -> None:
        for action in (save, save_as):
            action.setEnabled(bool(session.documents))

    session.documents_changed.connect(refresh)
    window.may_close = projects.may_close
    refresh()
