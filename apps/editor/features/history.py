"""Undo, redo, reset and the history panel."""

from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QUndoView

from apps.editor.window import Window


def install(window: Window) -> None:
    """Add actions for the history of the current portrait, and its panel."""
    session, history, keys = window.session, window.session.history, QKeySequence.StandardKey
    undo = window.add_action("edit", "undo", window.tr("&Undo"), session.undo, keys.Undo, toolbar=True)
    redo = window.add_action("edit", "undo", window.tr("&Redo"), session.redo, keys.Redo, toolbar=True)
    reset = window.add_action("edit", "change", window.tr("R&eset"), session.reset, "Ctrl+R", toolbar=True)

    def refresh() -> None:
        document = session.current
        undo.setEnabled(history.canUndo())
        redo.setEnabled(history.canRedo())
        reset.setEnabled(document is not None and bool(document.edit_state.strengths))

    for signal in (history.canUndoChanged, history.canRedoChanged, session.edit_state_changed, session.current_changed):
        signal.connect(lambda *_: refresh())
    refresh()
    view = QUndoView(history)
    view.setEmptyLabel(window.tr("As it was"))
    view.setAccessibleName(window.tr("History"))
    window.add_dock("history", view.accessibleName(), view, visible=False)
