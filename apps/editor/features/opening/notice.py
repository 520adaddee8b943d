"""Notice over the canvas: photos that could not be opened, warnings about the current portrait."""

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea

from apps.editor.model.session import Stage
from apps.editor.window import Window
from pipeline.core.errors import FaceEditError

MAX_WIDTH, MAX_SHARE = 620, 0.4
"""Width in pixels; height as a share of the canvas, beyond which the list scrolls."""


class Notice(QFrame):
    """Banner at the top of the canvas, with text to copy, shown until the user closes it.

    Every photo that could not be opened is listed.
    """

    def __init__(self, window: Window) -> None:
        super().__init__(window.canvas)
        self._session = window.session
        self._problems: list[str] = []
        self._closed: set[tuple[int, str]] = set()
        self.setProperty("role", "banner")
        self.text = QLabel(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.text.setAccessibleName(self.tr("Notice"))
        self.dismiss = QPushButton(self.tr("Close"), self)
        self.dismiss.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 12, 10)
        layout.setSpacing(12)
        self._scroll = QScrollArea(self)
        self._scroll.setWidget(self.text)
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName(self.text.accessibleName())
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)
        window.canvas.installEventFilter(self)
        window.controller.importer.failed.connect(self._failed)
        window.session.current_updated.connect(lambda _: self._show())
        self.hide()

    def clear(self) -> None:
        """Forget the failed photos, before others are opened."""
        self._problems = []
        self._show()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        if event is not None and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _failed(self, number: int, error: Exception) -> None:
        if number == 0 and isinstance(error, FaceEditError):
            self._problems.append(str(error))
            self._show()

    def _open_note(self) -> str:
        document = self._session.current
        if document is None or document.stage not in (Stage.READY, Stage.FAILED):
            return ""
        return "" if (document.number, document.note) in self._closed else document.note

    def _dismiss(self) -> None:
        document = self._session.current
        if document is not None:
            self._closed.add((document.number, document.note))
        self.clear()

    def _show(self) -> None:
        text = "\n".join(filter(None, (*dict.fromkeys(self._problems), self._open_note())))
        self.text.setText(text)
        self.setVisible(bool(text))
        self._place()

    def _place(self) -> None:
        canvas = self.parentWidget()
        if canvas is None or self.isHidden():
            return
        width = min(MAX_WIDTH, canvas.width() - 32)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        margins, bar = layout.contentsMargins(), self._scroll.verticalScrollBar()
        room = width - margins.left() - margins.right() - layout.spacing() - self.dismiss.sizeHint().width()
        lines = self.text.heightForWidth(room)
        most = round(MAX_SHARE * canvas.height())
        if lines > most and bar is not None:  # the bar takes its width from the text
            lines = self.text.heightForWidth(room - bar.sizeHint().width())
        height = max(min(lines, most), self.dismiss.sizeHint().height()) + margins.top() + margins.bottom()
        self.setGeometry((canvas.width() - width) // 2, 16, width, height)
        self.raise_()
