"""Actions that close the portrait and the window."""

from PyQt6.QtGui import QKeySequence

from apps.editor.project import ProjectDialogs
from apps.editor.window import Window


def install(window: Window) -> None:
    """Add the actions to the file menu; both ask about unsaved edits."""
    session, projects = window.session, ProjectDialogs(window)

    def close() -> None:
        document = session.current
        if document is not None:
            projects.leave([document], window.tr("Close portrait"), lambda: session.close(document))

    window.add_action("file", "close", window.tr("&Close portrait"), close, QKeySequence.StandardKey.Close)
    window.add_action("file", "close", window.tr("&Quit"), window.close, "Ctrl+Q")
