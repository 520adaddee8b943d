"""Window geometry, panels, folded groups and how far targets go, kept across starts."""

from PyQt6.QtCore import QByteArray, QEvent, QObject

from apps.editor.window import Window


class WindowState(QObject):
    """Restores the state before the window is shown, when all panels exist, and saves it on closing."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window, self._settings = window, window.settings
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Polish:  # sent once, before the layout
            self._restore()
        elif event is not None and event.type() == QEvent.Type.Close:
            self._save()
        return False

    def _restore(self) -> None:
        self._window.restoreGeometry(self._settings.value("window/geometry", QByteArray(), QByteArray))
        self._window.restoreState(self._settings.value("window/panels", QByteArray(), QByteArray))
        for group, header in self._window.panel.headers.items():
            header.setChecked(not self._settings.value(f"folded/{group}", False, bool))

        self._window.panel.targets.choose(self._settings.value("targets/as_far", True, bool))

    def _save(self) -> None:
        self._settings.setValue("window/geometry", self._window.saveGeometry())
        self._settings.setValue("window/panels", self._window.saveState())
        for group, header in self._window.panel.headers.items():
            self._settings.setValue(f"folded/{group}", not header.isChecked())
        self._settings.setValue("targets/as_far", self._window.panel.targets.as_far.isChecked())
        self._settings.sync()


def install(window: Window) -> None:
    """Restore the state of the window, and save it on closing."""
    WindowState(window)
