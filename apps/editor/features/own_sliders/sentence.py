"""Learns a slider from a sentence in a thread of its own, with its progress in a dialog that cancels it."""

from __future__ import annotations

import threading

from PyQt6.QtCore import QObject, pyqtSignal
from PyQt6.QtWidgets import QMessageBox, QProgressDialog

from apps.editor.threads.import_thread import IDLE_TIMEOUT, Cancelled
from apps.editor.window import Window
from pipeline.core.attributes import Attribute
from pipeline.core.errors import FaceEditError
from pipeline.core.progress import Progress


class SentenceLearner(QObject):
    """One learning at a time; the window stays usable meanwhile.

    Attributes:
        dialog: Progress while it learns.
        box: Explanation of what is missing or failed, while it is open.
    """

    learned = pyqtSignal(object)
    """The direction found."""
    _progressed = pyqtSignal(int, int)
    _ended = pyqtSignal(object)
    """Direction, an exception, or None where it was cancelled."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self.dialog: QProgressDialog | None = None
        self.box: QMessageBox | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._progressed.connect(self._show)
        self._ended.connect(self._end)
        window.closed.connect(self._close)

    def start(self, entry: Attribute, sentence: str, against: str) -> None:
        """Learn what tells a sentence from another one, as the slider of an entry."""
        if self._thread is not None:
            self._window.show_message(self.tr("A slider is being learned: wait for it, or cancel it"))
            return
        self._stop.clear()
        self.dialog = QProgressDialog(self._window)
        self.dialog.setWindowTitle(self.tr("New slider from a sentence"))
        self.dialog.setMinimumWidth(420)
        self.dialog.setLabelText(self.tr("Learning {0} …").format(entry.title))
        self.dialog.setMinimumDuration(0)
        self.dialog.setAutoClose(False)
        self.dialog.setAutoReset(False)
        self.dialog.setRange(0, 0)
        self.dialog.canceled.connect(self._stop.set)
        self.dialog.show()
        arguments = entry, sentence, against
        self._thread = threading.Thread(target=self._run, args=arguments, name="editor sentence", daemon=True)
        self._thread.start()

    def explain(self, title: str, text: str) -> None:
        """Show a sentence in a box that stays until it is read."""
        self.box = QMessageBox(QMessageBox.Icon.Information, title, text, QMessageBox.StandardButton.Ok, self._window)
        self.box.finished.connect(self.box.deleteLater)
        self.box.open()

    # In the thread

    def _run(self, entry: Attribute, sentence: str, against: str) -> None:
        from pipeline.edit.learn_direction import learn_direction, sentence_examples
        from projection.directions.describe import describer
        from projection.directions.save_learned import as_direction
        from projection.directions.settings import LearnSettings

        models, report = self._window.controller.context.models, _Report(self)
        try:
            read, examples, settings = sentence_examples(models, sentence, against, LearnSettings(), report)
            found = learn_direction(models, examples, read, settings, None, None, report)
            found.recipe.update(sentence=sentence, against=against)
            described = describer(models.generator, lambda: models.predictor)(found.path)
            self.step()
            self._ended.emit(as_direction(found, entry, models.space, models.fingerprint, described))
        except Cancelled:
            self._ended.emit(None)
        except Exception as error:
            self._ended.emit(error)

    def step(self, done: int = 0, total: int = 0) -> None:
        """Wait while a slider is held; raises Cancelled once the user or the window's end asks for it."""
        self._window.controller.context.idle.wait(IDLE_TIMEOUT)
        if self._stop.is_set():
            raise Cancelled
        self._progressed.emit(done, total)

    # In the GUI thread

    def _show(self, done: int, total: int) -> None:
        if self.dialog is not None:
            self.dialog.setRange(0, total)
            self.dialog.setValue(done)

    def _end(self, outcome: object) -> None:
        self._join()
        if outcome is None:
            self._window.show_message(self.tr("The slider is not made: cancelled"))
        elif isinstance(outcome, FaceEditError):
            self.explain(self.tr("New slider from a sentence"), str(outcome))
        elif isinstance(outcome, Exception):
            self._window.controller.failed.emit(outcome)
        else:
            self.learned.emit(outcome)

    def _join(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None

    def _close(self) -> None:
        self._stop.set()
        self._join()


class _Report(Progress):
    """Progress to the dialog; work stops at a step once it is cancelled."""

    def __init__(self, learner: SentenceLearner) -> None:
        self._learner = learner

    def step(self, text: str, done: int = 0, total: int = 0) -> None:
        self._learner.step(done, total)
