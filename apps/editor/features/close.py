"""Closing a portrait, and the window."""

from PyQt6.QtGui import QKeySequence

from apps.editor.project import ProjectActions
from apps.editor.window import Window


def install(window: Window) -> None:
    """Two actions."""
    session = window.session

    def close() -> None:
        document, projects = session.current, window.findChild(ProjectActions)
        assert projects is not None
        if document is not None:
            projects.leave([document], window.tr("Close portrait"), lambda: session.close(document))

    window.add_action("file", "close", window.tr("&Close portrait"), close, QKeySequence.StandardKey.Close)
    window.add_action("file", "close", window.tr("&Quit"), window.close, "Ctrl+Q")
