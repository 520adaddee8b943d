"""Closing a portrait, and the window."""

from PyQt6.QtGui import QKeySequence

from apps.editor.window import Window


def install(window: Window) -> None:
    """Two actions."""
    session = window.session

    def close() -> None:
        if session.current is not None:
            session.close(session.current)

    window.add_action("file", "close", window.tr("&Close portrait"), close, QKeySequence.StandardKey.Close)
    window.add_action("file", "close", window.tr("&Quit"), window.close, "Ctrl+Q")
