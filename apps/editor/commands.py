"""What stands in the history: one kind of entry, the change of a document's recipe."""

from typing import TYPE_CHECKING

from PyQt6.QtGui import QUndoCommand

from apps.editor.recipe import Recipe

if TYPE_CHECKING:
    from apps.editor.session import Document, Session

CHANGE = 1


class ChangeEdit(QUndoCommand):
    """From one recipe to another; changes of the same gesture, such as a drag, become one entry."""

    def __init__(self, session: "Session", document: "Document", after: Recipe, text: str, gesture: int | None) -> None:
        super().__init__(text)
        self._session, self._document = session, document
        self.before, self.after, self.gesture = document.recipe, after, gesture

    def id(self) -> int:
        return CHANGE

    def redo(self) -> None:
        self._session.apply(self._document, self.after)

    def undo(self) -> None:
        self._session.apply(self._document, self.before)

    def mergeWith(self, other: QUndoCommand | None) -> bool:
        if not isinstance(other, ChangeEdit) or self.gesture is None or other.gesture != self.gesture:
            return False
        self.after = other.after
        self.setText(other.text())
        self.setObsolete(self.after == self.before)
        return True
