"""The truth of the editor: which portraits are open, and what is done to each.

Widgets call the intentions (`move`, `change`, `open` ...) and listen to the signals; they remember nothing themselves.
All of it lives in the GUI thread.
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
from pipeline.core.attributes import attributes, parse
from pipeline.core.types import Frame, Image, Portrait, Translation

PAUSE = 400
"""Milliseconds after which steps with the wheel or the keys count as finished."""


class Stage(Enum):
    """How far a document is."""

    WAITING = "waiting"
    PROJECTING = "projecting"
    READY = "ready"
    FAILED = "failed"


@dataclass(eq=False, kw_only=True)
class DocumentState:
    """What a project keeps of a document.

    image: crop, uint8 (S, S, 3) · path: where it is from · crop: transform to the photo, or none · portrait: with its
    latent, as soon as there is a first guess · translations: what it can be moved by, by identifier; in a project those
    of its recipe · present: its classes by code · rough: its latent is only the encoder's guess · note: why it failed,
    or what to be careful about
    """

    name: str
    image: Image
    path: Path | None = None
    crop: object | None = None
    portrait: Portrait | None = None
    translations: Mapping[str, Translation] = field(default_factory=dict)
    present: Mapping[str, int] = field(default_factory=dict)
    recipe: EditState = field(default_factory=EditState)
    rough: bool = True
    note: str = ""


@dataclass(eq=False, kw_only=True)
class Document(DocumentState):
    """One portrait that is open. Only the session changes it. progress: of the projection, 0..1"""

    number: int
    undo: QUndoStack
    stage: Stage = Stage.WAITING
    progress: float = 0.0

    def saved(self) -> DocumentState:
        """As it is now; what happens to the document later does not reach it."""
        return DocumentState(**{each.name: getattr(self, each.name) for each in fields(DocumentState)})


@dataclass(frozen=True, eq=False)
class Picture:
    """What is on screen: the newest rendering of the current document.

    settled: rendered in full and blended; else a preview · frame: with its support, of settled ones · quality: in words
    stamp: of the request it answers, growing with time
    """

    image: Image
    settled: bool
    frame: Frame | None = None
    quality: str = ""
    seconds: float = 0.0
    stamp: int = 0


class Session(QObject):
    """Open documents, the current one, their recipes and histories, and what is on screen."""

    documents_changed = pyqtSignal()
    """A document came or went."""
    document_changed = pyqtSignal(object)
    """Document: its stage, progress, portrait or translations are others now."""
    current_changed = pyqtSignal(object)
    """Document or None: another one is open in the canvas."""
    current_updated = pyqtSignal(object)
    """Document or None: another one, or something else is known of it."""
    recipe_changed = pyqtSignal(object, bool)
    """Document, settled: the current one has another recipe; not settled while a slider is held."""
    picture_changed = pyqtSignal(object)
    """Picture or None."""
    reading_changed = pyqtSignal(object)
    """What the predictor says of the picture, arrays by code, or None."""
    said = pyqtSignal(str)
    """A sentence for the user."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.history = QUndoGroup(self)
        self.documents: list[Document] = []
        self.current: Document | None = None
        self.picture: Picture | None = None
        self.reading: Mapping[str, Any] | None = None
        self._numbers, self._gestures = count(1), count(1)
        self._gesture: int | None = None
        self._nudged = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE)
        self._pause.timeout.connect(self.release)

    # Documents

    def add(self, name: str, image: Image, path: Path | None = None, crop: object | None = None) -> Document:
        """Open a crop, uint8 (S, S, 3); the first one becomes the current one."""
        number, undo = next(self._numbers), QUndoStack(self.history)
        document = Document(name=name, image=image, path=path, crop=crop, number=number, undo=undo)
        self.documents.append(document)
        self.documents_changed.emit()
        if self.current is None:
            self.open(document)
        return document

    def open(self, document: Document | None) -> None:
        """Make a document the current one."""
        if document is self.current:
            return
        self.release()
        self.current = document
        self.history.setActiveStack(document.undo if document else None)
        self.show(None)
        self.current_changed.emit(document)
        self.current_updated.emit(document)

    def close(self, document: Document) -> None:
        """Close a document; its neighbour becomes the current one."""
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
        """Note what is newly known of a document."""
        for name, value in values.items():
            setattr(document, name, value)
        self.document_changed.emit(document)
        if document is self.current:
            self.current_updated.emit(document)

    @property
    def unsaved(self) -> list[Document]:
        """The documents with edits that are in no project."""
        return [document for document in self.documents if not document.undo.isClean()]

    # The recipe of the current document

    def grab(self) -> None:
        """A slider is held from now on: its changes are previews, and one entry of the history."""
        self.release()
        self._gesture = next(self._gestures)

    def release(self) -> None:
        """The slider is let go."""
        self._pause.stop()
        self._nudged = ""
        if self._gesture is not None:
            self._gesture = None
            if self.current is not None:
                self.recipe_changed.emit(self.current, True)

    def move(self, identifier: str, strength: float) -> None:
        """Set the strength of an identifier; other targets of its attribute go to 0."""
        if self.current is not None:
            title = translated(attributes()[parse(identifier).code].title)
            self.change(self.current.recipe.moved(identifier, strength), f"{title} {strength:.2f}")

    def nudge(self, identifier: str, strength: float) -> None:
        """Like `move`, by a step of the wheel or a key: steps in quick succession are one gesture."""
        if self.current is not None:
            attribute = attributes()[parse(identifier).code]
            recipe = self.current.recipe.moved(identifier, strength)
            self.step(attribute.code, recipe, f"{translated(attribute.title)} {strength:.2f}")

    def step(self, key: str, recipe: EditState, text: str) -> None:
        """Like `change`, as one of the quick steps by which `key` changes: together they are one gesture."""
        if self._nudged != key:
            self.grab()
            self._nudged = key
        self.change(recipe, text)
        self._pause.start()

    def change(self, recipe: EditState, text: str) -> None:
        """Give the current document another recipe, as an entry of its history called `text`."""
        if self.current is not None and recipe != self.current.recipe:
            self.current.undo.push(ChangeEdit(self, self.current, recipe, text, self._gesture))

    def reset(self) -> None:
        """Undo everything, in one entry."""
        self.release()
        self.change(EditState(), self.tr("Reset"))

    def undo(self) -> None:
        """Take back the newest entry of the current document's history."""
        self.release()
        self.history.undo()

    def redo(self) -> None:
        """Do it again."""
        self.release()
        self.history.redo()

    def apply(self, document: Document, recipe: EditState) -> None:
        """Only for entries of the history: everybody else calls `change`."""
        document.recipe = recipe
        self.recipe_changed.emit(document, self._gesture is None)

    # What is on screen

    def show(self, picture: Picture | None) -> None:
        """Put a picture of the current document on screen."""
        self.picture = picture
        self.picture_changed.emit(picture)
        if picture is None:
            self.read(None)

    def read(self, reading: Mapping[str, Any] | None) -> None:
        """Note what the predictor says of the picture."""
        self.reading = reading
        self.reading_changed.emit(reading)


CHANGE = 1


class ChangeEdit(QUndoCommand):
    """From one recipe to another; changes of the same gesture, such as a drag, become one entry."""

    def __init__(
        self, session: "Session", document: "Document", after: EditState, text: str, gesture: int | None
    ) -> None:
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
