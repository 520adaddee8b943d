"""Main window: canvas, gallery, sliders, status bar, and menus with sections for features."""

import atexit
import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PyQt6 import sip
from PyQt6.QtCore import QSettings, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup, QCloseEvent, QKeySequence, QResizeEvent
from PyQt6.QtWidgets import QDockWidget, QLabel, QMainWindow, QMenu, QToolBar, QVBoxLayout, QWidget

from apps.editor.controller import Controller
from apps.editor.language import plain_text, translated
from apps.editor.model.prediction import prediction_text
from apps.editor.model.session import Document, Picture, Stage
from apps.editor.recent_folders import RecentFolders
from apps.editor.widgets.banner import ProjectionBanner
from apps.editor.widgets.canvas import Canvas
from apps.editor.widgets.filmstrip import Filmstrip
from apps.editor.widgets.panel import SliderPanel
from pipeline.core.attributes import attributes, parse

MENUS = {
    "file": ("open", "import", "save", "export", "close"),
    "edit": ("undo", "change", "snapshots", "mix", "sliders", "settings"),
    "view": ("zoom", "compare", "overlays", "panels", "appearance"),
    "help": ("help",),
}
"""Menus and their sections in order; features add to sections, so their order of installation does not matter."""


class Window(QMainWindow):
    """The editor's window without features, which `features.install_all` adds.

    Attributes:
        settings: The user's choices, kept between sessions.
        may_close: Called before the window closes; False keeps it open, perhaps until `close_now`.
    """

    closed = pyqtSignal()
    """The window is closed, and the editor's threads have ended."""
    crashed = pyqtSignal(object)
    """Unhandled exception."""

    def __init__(self, controller: Controller, settings: QSettings) -> None:
        super().__init__()
        self.controller, self.session, self.settings = controller, controller.session, settings
        self.may_close: Callable[[], bool] = lambda: True
        self.recent_folders = RecentFolders(settings)
        controller.setParent(self)
        self.setWindowTitle("face-edit")
        self.resize(1280, 800)
        self.canvas = Canvas(self)
        self.filmstrip = Filmstrip(self.session, self)
        self.banner = ProjectionBanner(controller, self.canvas)
        self.panel = SliderPanel(controller, self)
        centre = QWidget(self)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.filmstrip)
        self.setCentralWidget(centre)
        self._menus: dict[str, QMenu] = {}
        self._ends: dict[tuple[str, str], QAction] = {}
        self._make_menus()
        self.toolbar = QToolBar(self.tr("Tools"), self)
        self.addToolBar(self.toolbar)
        self.toolbar.setObjectName("tools")
        self.toolbar.setMovable(False)
        self.toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.prediction = QLabel(self)
        self.prediction.setAccessibleName(self.tr("What the predictor reads"))
        self.quality = QLabel(self)
        status = self.statusBar()
        assert status is not None
        status.addWidget(self.prediction, 1)
        status.addPermanentWidget(self.quality)
        self._status = status
        self.sliders_dock = self.add_dock("sliders", self.tr("Sliders"), self.panel)
        self._listen()
        atexit.register(_delete, weakref.ref(self))

    # For features

    def add_action(
        self,
        menu: str,
        section: str,
        text: str,
        triggered: Callable[[], Any],
        shortcut: QKeySequence | QKeySequence.StandardKey | str | None = None,
        *,
        checkable: bool = False,
        toolbar: bool = False,
        tip: str = "",
    ) -> QAction:
        """Add an action to the end of a section of a menu (see MENUS), and to the tool bar if `toolbar`.

        Args:
            triggered: Called without arguments; a checkable action's state is `action.isChecked()`.
        """
        action = QAction(text, self)
        action.setIconText(plain_text(text))
        action.setCheckable(checkable)
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
        hint = tip or plain_text(text)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{hint} ({keys})" if keys else hint)
        action.triggered.connect(lambda _: triggered())
        self._menus[menu].insertAction(self._ends[menu, section], action)
        self.addAction(action)
        if toolbar:
            self.toolbar.addAction(action)
        return action

    def add_menu(self, menu: str, section: str, title: str) -> QMenu:
        """Add a menu to the end of a section of another."""
        added = QMenu(title, self)
        self._menus[menu].insertMenu(self._ends[menu, section], added)
        return added

    def add_choice(
        self, menu: str, section: str, title: str, choices: Mapping[str, str], chosen: str, choose: Callable[[str], Any]
    ) -> QMenu:
        """Add a menu of exclusive choices, texts by name, to the end of a section of another."""
        added = self.add_menu(menu, section, title)
        group = QActionGroup(added)
        for name, text in choices.items():
            action = QAction(text, added)
            action.setCheckable(True)
            action.setChecked(name == chosen)
            action.triggered.connect(partial(lambda name, _: choose(name), name))
            group.addAction(action)
            added.addAction(action)
        return added

    def add_dock(
        self,
        name: str,
        title: str,
        widget: QWidget,
        area: Qt.DockWidgetArea = Qt.DockWidgetArea.RightDockWidgetArea,
        *,
        visible: bool = True,
    ) -> QDockWidget:
        """Add a panel at a side of the window and to the view menu; its position is stored under `name`."""
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(widget)
        feature = QDockWidget.DockWidgetFeature
        dock.setFeatures(feature.DockWidgetClosable | feature.DockWidgetMovable)
        self.addDockWidget(area, dock)
        dock.setVisible(visible)
        toggle = dock.toggleViewAction()
        assert toggle is not None
        self._menus["view"].insertAction(self._ends["view", "panels"], toggle)
        return dock

    def show_message(self, text: str, milliseconds: int = 8000) -> None:
        """Show a sentence in the status bar."""
        self._status.showMessage(text, milliseconds)

    # Internal

    def _make_menus(self) -> None:
        titles = self.tr("&File"), self.tr("&Edit"), self.tr("&View"), self.tr("&Help")
        bar = self.menuBar()
        assert bar is not None
        for (name, sections), title in zip(MENUS.items(), titles, strict=True):
            menu = bar.addMenu(title)
            assert menu is not None
            self._menus[name] = menu
            for section in sections:
                separator = menu.addSeparator()
                assert separator is not None
                self._ends[name, section] = separator
            menu.setSeparatorsCollapsible(True)  # hides the separators of empty sections

    def _listen(self) -> None:
        session = self.session
        session.current_changed.connect(self._document)
        session.current_updated.connect(self._notice)
        session.picture_changed.connect(self._picture)
        session.prediction_changed.connect(self._show_prediction)
        session.edit_state_changed.connect(lambda *_: self._show_prediction(session.prediction))
        session.message.connect(self.show_message)
        self._document(None)

    def _document(self, document: Document | None) -> None:
        self.canvas.set_before(document.image if document else None)
        self.setWindowTitle(f"{document.name} – face-edit" if document else "face-edit")
        self.canvas.set_notice(self.tr("Getting the portraits ready …"))

    def _notice(self, document: Document | None) -> None:
        if document is not None and document.note and document.stage in (Stage.READY, Stage.FAILED):
            self.show_message(document.note)

    def _picture(self, picture: Picture | None) -> None:
        self.canvas.set_after(picture.image if picture else None)
        if picture is None or not picture.quality:
            self.quality.setText("")
        elif picture.settled:
            self.quality.setText(self.tr("full, {0} ms").format(round(picture.seconds * 1000)))
        else:
            self.quality.setText(self.tr("preview {0}, {1} ms").format(picture.quality, round(picture.seconds * 1000)))

    def _show_prediction(self, prediction: Mapping[str, Any] | None) -> None:
        """Show the predicted values of the edited attributes."""
        document = self.session.current
        codes = [parse(name).code for name in document.edit_state.strengths] if document else []
        parts = [
            f"{translated(attributes()[c].title)}: {prediction_text(c, prediction[c])}"
            for c in codes
            if prediction and c in prediction
        ]
        self.prediction.setText("   ".join(parts))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self.banner.place()

    def close_now(self) -> None:
        """Close the window without a question."""
        self.may_close = lambda: True
        self.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        if not self.may_close():
            if event is not None:
                event.ignore()
            return
        self.controller.stop()
        super().closeEvent(event)
        self.closed.emit()


def _delete(reference: "weakref.ref[Window]") -> None:
    """Delete a window that is still there when the interpreter ends.

    PyQt would do so while it walks through its table of objects, which our slots, called meanwhile, change: it crashed.
    """
    window = reference()
    if window is not None and not sip.isdeleted(window):
        window.controller.stop()
        sip.delete(window)
