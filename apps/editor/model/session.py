"""Application state, in the GUI thread: open documents, their edits and undo stacks, the picture on screen.

Widgets call methods (`move`, `change`, `open` ...) and listen to the signals; they hold no state themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from itertools import count
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QObject, QTimer, pyqtSignal
from PyQt6.QtGui import QUndoCommand, QUndoGroup, QUndoStack

from apps.editor.language import translated
from apps.editor.model.edit_state import EditState
from pipeline.core.attributes import known_attributes, parse
from pipeline.core.types import Frame, Image, Portrait, Translation

GESTURE_TIMEOUT = 400
"""Milliseconds after the last wheel or key step until its gesture ends."""


class Stage(Enum):
    """Stage of a document's projection."""

    WAITING = "waiting"
    PROJECTING = "projecting"
    READY = "ready"
    FAILED = "failed"


@dataclass(eq=False, kw_only=True)
class DocumentState:
    """The part of a document that a project stores.

    Attributes:
        image: Crop, uint8 (S, S, 3).
        path: File of the crop or of its photo, if any.
        crop: Transform from the photo to the crop, if it was cut out of one.
        portrait: Portrait with latent, once a first estimate is known.
        translations: Translations by identifier; in a project file only those in use.
        present: Class of the portrait by attribute code.
        rough: The latent is only the encoder's estimate.
        note: Reason for a failure, or a warning.
        refused: Reason by identifier of the edits that do not suit the portrait; their sliders are dimmed.
    """

    name: str
    image: Image
    path: Path | None = None
    crop: object | None = None
    portrait: Portrait | None = None
    translations: Mapping[str, Translation] = field(default_factory=dict)
    present: Mapping[str, int] = field(default_factory=dict)
    edit_state: EditState = field(default_factory=EditState)
    rough: bool = True
    note: str = ""
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(eq=False, kw_only=True)
class Document(DocumentState):
    """An open portrait; only the session changes it.

    Attributes:
        number: Identifier in signals and requests.
        progress: Completed share of the projection, 0..1.
    """

    number: int
    undo: QUndoStack
    stage: Stage = Stage.WAITING
    progress: float = 0.0

    def saved(self) -> DocumentState:
        """A copy of the state to store."""
        return DocumentState(**{each.name: getattr(self, each.name) for each in fields(DocumentState)})


@dataclass(frozen=True, eq=False)
class Picture:
    """The newest rendering of the current document.

    Attributes:
        image: uint8 (S, S, 3).
        settled: Rendered in full and blended; otherwise a preview.
        frame: Blended frame with its support, for settled pictures of an edit.
        quality: Preview level, or "full".
        seconds: Rendering time.
        stamp: Number of the request, increasing.
    """

    image: Image
    settled: bool
    frame: Frame | None = None
    quality: str = ""
    seconds: float = 0.0
    stamp: int = 0


class Session(QObject):
    """Open documents, the current one, its history and its picture on screen.

    Attributes:
        documents: Open documents in the order of the gallery.
        prediction: Predicted attributes of the picture by code.
        project_path: Project file last saved to or opened.
    """

    documents_changed = pyqtSignal()
    """A document was opened or closed."""
    document_changed = pyqtSignal(object)
    """Document whose stage, progress, portrait or translations changed."""
    current_changed = pyqtSignal(object)
    """Document that is now current, or None."""
    current_updated = pyqtSignal(object)
    """Current document or None, after it was replaced or its fields changed."""
    edit_state_changed = pyqtSignal(object, bool)
    """Document whose edit changed; False while a slider is held."""
    picture_changed = pyqtSignal(object)
    """Picture on screen, or None."""
    prediction_changed = pyqtSignal(object)
    """Predicted attributes of the picture, arrays by code, or None."""
    message = pyqtSignal(str)
    """A sentence for the user."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = QUndoGroup(self)
        self.documents: list[Document] = []
        self.current: Document | None = None
        self.picture: Picture | None = None
        self.prediction: Mapping[str, Any] | None = None
        self.project_path: Path | None = None
        self._numbers, self._gestures = count(1), count(1)
        self._gesture: int | None = None
        self._step_key = ""
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(GESTURE_TIMEOUT)
        self._timer.timeout.connect(self.end_gesture)

    # Documents

    def add(self, name: str, image: Image, path: Path | None = None, crop: object | None = None) -> Document:
        """Open a crop, uint8 (S, S, 3); the first one becomes current."""
        number, undo = next(self._numbers), QUndoStack(self.history)
        document = Document(name=name, image=image, path=path, crop=crop, number=number, undo=undo)
        self.documents.append(document)
        self.documents_changed.emit()
        if self.current is None:
            self.open(document)
        return document

    def open(self, document: Document | None) -> None:
        """Make a document current."""
        if document is self.current:
            return
        self.end_gesture()
        self.current = document
        self.history.setActiveStack(document.undo if document else None)
        self.show(None)
        self.current_changed.emit(document)
        self.current_updated.emit(document)

    def close(self, document: Document) -> None:
        """Close a document; its neighbour becomes current."""
        place = self.documents.index(document)
        self.documents.remove(document)
        if document is self.current:
            self.open(self.documents[min(place, len(self.documents) - 1)] if self.documents else None)
        document.undo.deleteLater()
        self.documents_changed.emit()

    def find(self, number: int) -> Document | None:
        """The open document of this number."""
        return next((document for document in self.documents if document.number == number), None)

    def update(self, document: Document, **values: Any) -> None:
        """Set fields of a document."""
        for name, value in values.items():
            setattr(document, name, value)
        self.document_changed.emit(document)
        if document is self.current:
            self.current_updated.emit(document)

    @property
    def unsaved(self) -> list[Document]:
        """Documents with edits that are not saved in a project."""
        return [document for document in self.documents if not document.undo.isClean()]

    # The edit of the current document

    def begin_gesture(self) -> None:
        """Start a gesture, as when a slider is pressed: its changes are previews and merge into one undo entry."""
        self.end_gesture()
        self._gesture = next(self._gestures)

    def end_gesture(self) -> None:
        """End the gesture, as when the slider is released."""
        self._timer.stop()
        self._step_key = ""
        if self._gesture is not None:
            self._gesture = None
            if self.current is not None:
                self.edit_state_changed.emit(self.current, True)

    def move(self, identifier: str, strength: float) -> None:
        """Set the strength of an identifier and reset other targets of its attribute."""
        if self.current is not None:
            title = translated(known_attributes()[parse(identifier).code].title)
            self.change(self.current.edit_state.with_strength(identifier, strength), f"{title} {strength:.2f}")

    def nudge(self, identifier: str, strength: float) -> None:
        """Like `move`, for wheel and key steps: steps in quick succession form one gesture."""
        if self.current is not None:
            attribute = known_attributes()[parse(identifier).code]
            edit_state = self.current.edit_state.with_strength(identifier, strength)
            self.step(attribute.code, edit_state, f"{translated(attribute.title)} {strength:.2f}")

    def step(self, key: str, edit_state: EditState, text: str) -> None:
        """Like `change`; steps of the same `key` in quick succession form one gesture."""
        if self._step_key != key:
            self.begin_gesture()
            self._step_key = key
        self.change(edit_state, text)
        self._timer.start()

    def change(self, edit_state: EditState, text: str) -> None:
        """Change the edit of the current document, as an undo entry titled `text`."""
        if self.current is not None and edit_state != self.current.edit_state:
            self.current.undo.push(ChangeEdit(self, self.current, edit_state, text, self._gesture))

    def reset(self) -> None:
        """Remove the whole edit, as one undo entry."""
        self.end_gesture()
        self.change(EditState(), self.tr("Reset"))

    def undo(self) -> None:
        """Undo the newest entry of the current history."""
        self.end_gesture()
        self.history.undo()

    def redo(self) -> None:
        """Redo the entry undone last."""
        self.end_gesture()
        self.history.redo()

    def apply(self, document: Document, edit_state: EditState) -> None:
        """Set a document's edit without an undo entry; for `ChangeEdit` only."""
        document.edit_state = edit_state
        self.edit_state_changed.emit(document, self._gesture is None)

    # Picture on screen

    def show(self, picture: Picture | None) -> None:
        """Show a picture of the current document."""
        self.picture = picture
        self.picture_changed.emit(picture)
        if picture is None:
            self.show_prediction(None)

    def show_prediction(self, prediction: Mapping[str, Any] | None) -> None:
        """Set the predicted attributes of the picture."""
        self.prediction = prediction
        self.prediction_changed.emit(prediction)


CHANGE_EDIT = 1
"""Qt's identifier of mergeable undo commands."""


class ChangeEdit(QUndoCommand):
    """Undo entry from one edit to another; entries of the same gesture, such as a drag, merge."""

    def __init__(self, session: Session, document: Document, after: EditState, text: str, gesture: int | None) -> None:
        super().__init__(text)
        self._session, self._document = session, document
        self.before, self.after, self.gesture = document.edit_state, after, gesture

    def id(self) -> int:
        return CHANGE_EDIT

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
