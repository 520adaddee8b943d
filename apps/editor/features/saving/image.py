"""Saving the picture on screen: the crop, or the whole photo with the edit pasted back."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QSignalBlocker, QStandardPaths, Qt
from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLabel, QRadioButton, QSlider

from apps.editor.model.edit_state import EditState
from apps.editor.model.session import Document, Picture
from apps.editor.threads.render_context import RenderContext
from apps.editor.widgets.form_dialog import FormDialog, PathLine
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.core.types import Image

SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WebP": ".webp"}


@dataclass(frozen=True)
class SaveOptions:
    """Options of saving an image.

    Attributes:
        path: The file; its suffix decides the format.
        whole_photo: Save the photo with the edit pasted back; otherwise the crop.
        with_metadata: Write the edit into the file's metadata.
        quality: Quality of JPEG and WebP, 1..100.
        with_location: Keep the photo's GPS position.
    """

    path: Path
    whole_photo: bool = False
    with_metadata: bool = True
    quality: int = 95
    with_location: bool = False


def save_image(
    document: Document, edit_state: EditState, picture: Picture, options: SaveOptions, context: RenderContext
) -> Path:
    """Write a settled picture to a file other than the original photo.

    Args:
        edit_state: The edit that the picture shows.

    Returns:
        The path of the file.

    Raises:
        BadInput: The path is the original photo or cannot be written; an existing file is unchanged.
    """
    from pipeline.photo.photo import Photo, write_photo

    path = options.path
    if document.path is not None and path.exists() and document.path.exists() and path.samefile(document.path):
        raise BadInput(f"{path} is the original photo, which is never overwritten: choose another name.")
    recipe = metadata(edit_state, context) if options.with_metadata else None
    if options.whole_photo:
        photo = _paste_back(document, picture, recipe)
    else:
        photo = Photo(document.name, picture.image, recipe=recipe)
    write_photo(path, photo, gps=options.with_location, quality=options.quality)
    return path


def metadata(edit_state: EditState, context: RenderContext) -> dict[str, Any]:
    """Metadata of an edited image: models, blending steps and edit."""
    return {
        "models": context.models.set.name,
        "space": context.models.set.space,
        "steps": list(context.settings(edit_state)),
        "settings": dict(edit_state.settings),
        "edits": dict(edit_state.strengths),
        "finish": dict(edit_state.effects),
    }


def _paste_back(document: Document, picture: Picture, recipe: dict[str, Any] | None) -> Any:
    from pipeline.core.crop import Crop
    from pipeline.core.images import resize
    from pipeline.photo.paste import put_back
    from pipeline.photo.photo import read_photo

    if not isinstance(document.crop, Crop) or document.path is None:
        raise BadInput(f"{document.name} was not cut from a photo: save the crop.")
    photo = read_photo(document.path)
    support, motion = (picture.frame.support, picture.frame.motion) if picture.frame else (None, None)
    original: Image = resize(document.image, len(picture.image))
    pixels = put_back(photo, document.crop, original, picture.image, support, motion)
    return replace(photo, pixels=pixels, recipe=recipe)


class ImageDialog(FormDialog):
    """Asks for crop or whole photo, format and file."""

    def __init__(self, window: Window, document: Document) -> None:
        super().__init__(window)
        self.setWindowTitle(self.tr("Save image"))
        self._session, self._document = window.session, document
        self.crop = QRadioButton(self.tr("The portrait"), self)
        self.photo = QRadioButton(self.tr("The whole photo, with the edit in it"), self)
        self.photo.setEnabled(document.crop is not None and document.path is not None and document.path.is_file())
        (self.photo if self.photo.isEnabled() else self.crop).setChecked(True)
        self.kind = QComboBox(self)
        self.kind.addItems(list(SUFFIXES))
        self.kind.setAccessibleName(self.tr("Format"))
        self.quality = QSlider(Qt.Orientation.Horizontal, self)
        self.quality.setRange(1, 100)
        self.quality.setValue(95)
        self.quality.setAccessibleName(self.tr("Quality"))
        self.number = QLabel("95", self)
        self.number.setFixedWidth(self.number.fontMetrics().horizontalAdvance("100 "))
        self.quality.valueChanged.connect(lambda value: self.number.setText(str(value)))
        self._file = PathLine(self.tr("File"), self._proposal(), self._choose, self)
        self.file = self._file.line
        self.with_metadata = QCheckBox(self.tr("Say in the file how it was edited"), self)
        self.with_metadata.setChecked(True)
        self.with_location = QCheckBox(self.tr("Say where the photo was taken"), self)
        self.note = QLabel(self)
        self.note.setWordWrap(True)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().height())
        quality = QHBoxLayout()
        quality.addWidget(self.quality, 1)
        quality.addWidget(self.number)
        self.add_choice(self.tr("Save"), self.crop, self.photo)
        self.form.addRow(self.tr("F&ormat"), self.kind)
        self.form.addRow(self.tr("Quality"), quality)
        self.form.addRow(self.tr("&File"), self._file)
        for row in (self.note, self.with_metadata, self.with_location):
            self.form.addRow("", row)
        self.add_buttons()
        self.kind.currentTextChanged.connect(self._rename)
        self.file.textChanged.connect(self._check)
        self.photo.toggled.connect(lambda _: self._check())
        window.session.picture_changed.connect(self._check)
        self.finished.connect(lambda _: window.session.picture_changed.disconnect(self._check))
        self._check()

    def options(self) -> SaveOptions:
        """The chosen options."""
        path = self._file.path
        if path.name and path.suffix.lower() not in (*SUFFIXES.values(), ".jpeg"):
            path = path.with_name(path.name + SUFFIXES[self.kind.currentText()])
        boxes = (self.photo, self.with_metadata, self.with_location)
        whole_photo, with_metadata, with_location = (box.isChecked() for box in boxes)
        return SaveOptions(path, whole_photo, with_metadata, self.quality.value(), with_location)

    def _proposal(self) -> Path:
        pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
        folder = self._document.path.parent if self._document.crop and self._document.path else Path(pictures)
        return folder / f"{self._document.name}_edited.png"

    def _rename(self, kind: str) -> None:
        path = Path(self.file.text())
        if path.name:
            self.file.setText(str(path.with_suffix(SUFFIXES[kind])))

    def _choose(self, file: PathLine) -> str:
        # The accept button says that a file is replaced; the file dialog does not ask again.
        option = QFileDialog.Option.DontConfirmOverwrite
        kinds = self.tr("Images (*.png *.jpg *.webp)")
        return QFileDialog.getSaveFileName(self, self.windowTitle(), str(file.path), kinds, options=option)[0]

    def _check(self, *_: object) -> None:
        options, picture = self.options(), self._session.picture
        suffix = options.path.suffix.lower()
        default = "JPEG" if suffix else self.kind.currentText()
        kind = next((name for name, each in SUFFIXES.items() if each == suffix), default)
        if kind != self.kind.currentText():
            with QSignalBlocker(self.kind):
                self.kind.setCurrentText(kind)
        for widget in (self.quality, self.number):
            widget.setEnabled(kind != "PNG")
        self.with_location.setEnabled(options.whole_photo)
        exists = options.path.is_file()
        ready = picture is not None and picture.settled
        self.accept_button.setText(self.tr("Replace") if exists else self.tr("Save"))
        self.accept_button.setEnabled(ready and bool(options.path.name))
        waiting = "" if ready else self.tr("The picture is being finished …")
        self.note.setText(self.tr("There is a file of this name: it will be replaced.") if exists else waiting)


class ImageActions:
    """Menu action that saves the picture on screen."""

    def __init__(self, window: Window) -> None:
        self._window, self._session = window, window.session
        keys = QKeySequence("Ctrl+E")
        self.action = window.add_action(
            "file", "export", window.tr("Save &image …"), self.ask, keys, toolbar=True, tip=window.tr("Save image")
        )
        self._session.current_updated.connect(self._refresh)
        self._refresh(None)

    def _refresh(self, document: Document | None) -> None:
        self.action.setEnabled(document is not None and document.portrait is not None)

    def ask(self) -> None:
        """Open the dialog for the picture on screen."""
        document = self._session.current
        if document is not None:
            dialog = ImageDialog(self._window, document)
            dialog.ask(lambda: self.save(document, dialog.options()))

    def save(self, document: Document, options: SaveOptions) -> None:
        """Write the picture on screen, in the render thread; an error is shown in a dialog."""
        picture, edit_state = self._session.picture, document.edit_state
        if picture is None or not picture.settled:
            return
        self._window.controller.submit(
            lambda context: save_image(document, edit_state, picture, options, context),
            lambda path: self._window.show_message(self._window.tr("Saved as {0}").format(path)),
        )
