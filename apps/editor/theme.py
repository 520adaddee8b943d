"""Colour schemes, dark and light, and a style for check boxes and radio buttons.

Accents are blue and orange of Okabe and Ito's palette, safe for all kinds of colour vision; no information is carried
by colour alone.
"""

from dataclasses import dataclass

from PyQt6.QtCore import QPointF, QRectF, QSettings, Qt
from PyQt6.QtGui import QColor, QGuiApplication, QPainter, QPalette, QPen, QPolygonF
from PyQt6.QtWidgets import QApplication, QProxyStyle, QStyle, QStyleOption, QWidget


@dataclass(frozen=True)
class Colours:
    """Colours of one scheme, from back to front."""

    canvas: str
    window: str
    raised: str
    field: str
    line: str
    muted: str
    text: str
    accent: str
    on_accent: str
    changed: str


DARK = Colours(
    "#141517", "#1d1f22", "#282b2f", "#16181a", "#393d43", "#9aa1a9", "#e8eaed", "#56b4e9", "#06202f", "#e69f00"
)
LIGHT = Colours(
    "#dfe1e5", "#f5f6f7", "#ffffff", "#ffffff", "#c9cdd2", "#5d646c", "#1b1e21", "#0072b2", "#ffffff", "#b45f00"
)

SYSTEM, LIGHT_ONE, DARK_ONE = "system", "light", "dark"
"""The user's choices."""

STYLE = """
* {{ outline: none; }}
QToolTip {{ color: {text}; background: {raised}; border: 1px solid {line}; padding: 4px; }}
QMainWindow::separator {{ background: {line}; width: 1px; height: 1px; }}
QToolBar {{ background: {window}; border: none; border-bottom: 1px solid {line}; spacing: 4px; padding: 5px 8px; }}
QToolButton {{ color: {text}; border: 1px solid transparent; border-radius: 6px; padding: 5px 10px; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:checked {{ background: {raised}; border-color: {accent}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:disabled {{ color: {muted}; }}
QToolButton[role="more"] {{ padding: 1px 6px; }}
QToolButton[role="more"]::menu-indicator {{ image: none; }}
QMenuBar {{ background: {window}; border-bottom: 1px solid {line}; }}
QMenuBar::item {{ padding: 5px 10px; background: transparent; }}
QMenuBar::item:selected, QMenu::item:selected {{ background: {accent}; color: {on_accent}; }}
QMenu {{ background: {raised}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 5px 24px 5px 16px; border-radius: 4px; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}
QStatusBar {{ background: {window}; border-top: 1px solid {line}; color: {muted}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ color: {muted}; padding: 2px 6px; }}
QLineEdit, QDoubleSpinBox {{ background: {field}; border: 1px solid {line}; border-radius: 6px; padding: 4px 8px;
    selection-background-color: {accent}; selection-color: {on_accent}; }}
QLineEdit:focus, QDoubleSpinBox:focus {{ border-color: {accent}; }}
QDoubleSpinBox {{ padding: 2px 4px; }}
QScrollArea, QScrollArea > QWidget > QWidget {{ background: {window}; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {line}; border-radius: 4px; min-height: 28px; min-width: 28px; margin: 1px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{ background: none;
    width: 0; height: 0; }}
QProgressBar {{ background: {field}; border: 1px solid {line}; border-radius: 5px; height: 10px; text-align: center; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 4px; }}
QPushButton {{ background: {raised}; color: {text}; border: 1px solid {line}; border-radius: 6px; padding: 5px 14px; }}
QPushButton:hover, QPushButton:focus {{ border-color: {accent}; }}
QPushButton:disabled {{ color: {muted}; }}
QPushButton[chip="true"] {{ padding: 2px 9px; border-radius: 10px; background: transparent; }}
QPushButton[chip="true"]:hover, QPushButton[chip="true"]:focus {{ border-color: {accent}; }}
QPushButton[chip="true"]:checked {{ background: {accent}; color: {on_accent}; border: 2px solid {text};
    padding: 1px 8px; }}
QLabel[role="muted"] {{ color: {muted}; }}
QLabel[role="name"] {{ font-weight: 600; }}
QToolButton[role="group"], QToolButton[role="group"]:hover {{ background: transparent; color: {muted}; border: none;
    text-align: left; font-weight: 600; padding: 8px 4px 4px 2px; }}
QToolButton[role="group"]:focus {{ color: {accent}; }}
QListWidget {{ background: {window}; border: none; border-top: 1px solid {line}; }}
QListWidget::item, QListWidget::item:selected {{ background: transparent; }}
QFrame[role="banner"] {{ background: {raised}; border: 1px solid {line}; border-radius: 10px; }}
QFrame[role="banner"] QScrollArea, QFrame[role="banner"] QLabel {{ background: transparent; border: none; }}
QDockWidget::title {{ padding: 8px; background: {window}; }}
"""


def choice(settings: QSettings) -> str:
    """The user's choice: SYSTEM, LIGHT_ONE or DARK_ONE."""
    return str(settings.value("theme", SYSTEM, str))


def is_dark(choice: str) -> bool:
    """Whether a choice means dark; a system without a preference does, as photographs look best on dark."""
    if choice in (LIGHT_ONE, DARK_ONE):
        return choice == DARK_ONE
    hints = QGuiApplication.styleHints()
    return hints is None or hints.colorScheme() != Qt.ColorScheme.Light


def colours() -> Colours:
    """The scheme in use."""
    return DARK if QApplication.palette().color(QPalette.ColorRole.Window) == QColor(DARK.window) else LIGHT


def apply(dark: bool) -> None:
    """Apply one of the two schemes to the application."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    chosen = DARK if dark else LIGHT
    application.setStyle(Style(chosen))
    application.setPalette(_palette(chosen))
    application.setStyleSheet(STYLE.format(**vars(chosen)))


def _palette(chosen: Colours) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for roles, colour in (
        ((role.Window, role.Button, role.AlternateBase), chosen.window),
        ((role.Base,), chosen.field),
        ((role.Midlight, role.ToolTipBase), chosen.raised),
        ((role.Mid, role.Dark), chosen.line),
        ((role.WindowText, role.Text, role.ButtonText, role.ToolTipText), chosen.text),
        ((role.PlaceholderText,), chosen.muted),
        ((role.Highlight, role.Link), chosen.accent),
        ((role.HighlightedText,), chosen.on_accent),
    ):
        for each in roles:
            palette.setColor(each, QColor(colour))
    for each in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, each, QColor(chosen.muted))
    return palette


ROUND, SQUARE = QStyle.PrimitiveElement.PE_IndicatorRadioButton, QStyle.PrimitiveElement.PE_IndicatorCheckBox
TICK = ((0.24, 0.54), (0.42, 0.72), (0.76, 0.30))
"""Corners (x, y) of the tick, as shares of its box."""


class Style(QProxyStyle):
    """Qt's Fusion style, with check boxes and radio buttons in the colours of a scheme."""

    def __init__(self, scheme: Colours) -> None:
        super().__init__("Fusion")
        self._scheme = scheme

    def drawPrimitive(
        self,
        element: QStyle.PrimitiveElement,
        option: QStyleOption | None,
        painter: QPainter | None,
        widget: QWidget | None = None,
    ) -> None:
        if element not in (ROUND, SQUARE) or option is None or painter is None:
            super().drawPrimitive(element, option, painter, widget)
            return
        state, flag, scheme = option.state, QStyle.StateFlag, self._scheme
        enabled, chosen = bool(state & flag.State_Enabled), bool(state & flag.State_On)
        focused = bool(state & flag.State_HasFocus)
        line = scheme.line if not enabled else scheme.accent if focused or chosen else scheme.muted
        fill = scheme.field if not chosen else scheme.accent if enabled else scheme.line
        side = min(option.rect.width(), option.rect.height())
        width = 2 if focused else 1
        inset = width / 2  # aligns the lines with pixels
        box = QRectF(option.rect.x(), option.rect.y(), side, side).adjusted(inset, inset, -inset, -inset)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(line), width))
        painter.setBrush(QColor(fill))
        painter.drawEllipse(box) if element is ROUND else painter.drawRoundedRect(box, 3, 3)
        if chosen:
            self._mark(painter, element, box)
        painter.restore()

    def _mark(self, painter: QPainter, element: QStyle.PrimitiveElement, box: QRectF) -> None:
        colour = QColor(self._scheme.on_accent)
        if element is ROUND:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(box.center(), box.width() / 5, box.height() / 5)
        else:
            painter.setPen(QPen(colour, box.width() / 7, cap=Qt.PenCapStyle.RoundCap))
            corners = [QPointF(box.x() + x * box.width(), box.y() + y * box.height()) for x, y in TICK]
            painter.drawPolyline(QPolygonF(corners))
