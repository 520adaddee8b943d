"""Panel of a run in a separate process: progress, output, cancel."""

import re
from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import QProcess, QUrl, pyqtSignal
from PyQt6.QtGui import QDesktopServices
from PyQt6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QProgressBar, QPushButton, QVBoxLayout, QWidget

PROGRESS = re.compile(r"(\d+) of (\d+) portrait")
"""Progress in the plain output of a run."""


class RunPanel(QWidget):
    """Shows the current run, or the last one."""

    finished = pyqtSignal(int)
    """Exit code of the run, whether it ended or was stopped."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._output = Path()
        self._stopped = False
        self.text = QLabel(self.tr("No run yet"), self)
        self.text.setWordWrap(True)
        self.progress = QProgressBar(self)
        self.progress.setAccessibleName(self.tr("Portraits done"))
        self.lines = QPlainTextEdit(self)
        self.lines.setReadOnly(True)
        self.lines.setAccessibleName(self.tr("What the run says"))
        self.cancel = QPushButton(self.tr("Cancel"), self)
        self.cancel.setToolTip(self.tr("What is finished stays; started again, the run goes on where it was"))
        self.cancel.clicked.connect(self.stop)
        self.show_folder = QPushButton(self.tr("Show results"), self)
        self.show_folder.clicked.connect(self._open_folder)
        buttons = QHBoxLayout()
        buttons.addWidget(self.show_folder)
        buttons.addStretch()
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        for widget in (self.text, self.progress, self.lines):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.progress.hide()
        self.cancel.setEnabled(False)
        self.show_folder.setEnabled(False)

    @property
    def running(self) -> bool:
        """Whether a run is in progress."""
        return self._process is not None

    def start(self, command: Sequence[str], output: Path) -> None:
        """Run a command that writes to the folder `output`."""
        self._output, self._stopped = output, False
        self.lines.clear()
        self.progress.setRange(0, 0)
        self.progress.show()
        self.text.setText(self.tr("Running in {0}").format(output))
        self.cancel.setEnabled(True)
        self.show_folder.setEnabled(True)
        self._process = process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyRead.connect(self._read)
        process.finished.connect(lambda code, _: self._finished(code))
        process.errorOccurred.connect(self._failed)
        process.start(command[0], list(command[1:]))

    def stop(self) -> None:
        """Kill the run; its files are complete or absent, so the same command resumes it."""
        if self._process is not None:
            self._stopped = True
            self._process.kill()
            self._process.waitForFinished(5000)

    def _read(self) -> None:
        while self._process is not None and self._process.canReadLine():
            line = bytes(self._process.readLine().data()).decode("utf-8", "replace").rstrip()
            self.lines.appendPlainText(line)
            if found := PROGRESS.match(line):
                self.progress.setRange(0, int(found[2]))
                self.progress.setValue(int(found[1]))

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self.lines.appendPlainText(self._process.errorString())
            self._finished(1)

    def _finished(self, code: int) -> None:
        if self._process is None:
            return
        self._read()
        self._process.deleteLater()
        self._process = None
        self.cancel.setEnabled(False)
        if self._stopped:
            self.text.setText(self.tr("Stopped; started again, it goes on where it was"))
        elif code == 0:
            self.text.setText(self.tr("Finished: {0}").format(self._output))
        else:
            lines = self.lines.toPlainText().strip().splitlines()
            errors = [line for line in lines if line.startswith("face-edit:")]
            self.text.setText(errors[-1].partition(": ")[2] if errors else self.tr("Some portraits failed, see below"))
        self.progress.setRange(0, max(self.progress.maximum(), 1))
        self.finished.emit(code)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._output)))
