"""Both themes can be read, by the contrast that WCAG 2.2 (1.4.3, 1.4.11) asks for."""

import pytest
from PyQt6.QtCore import QSettings
from PyQt6.QtGui import QColor
from PyQt6.QtWidgets import QAbstractButton, QCheckBox, QRadioButton
from pytestqt.qtbot import QtBot

from apps.editor import theme
from apps.editor.theme import DARK, LIGHT, Colours

TEXTS = [
    ("text", "window"),
    ("text", "raised"),
    ("text", "field"),
    ("text", "canvas"),
    ("muted", "window"),
    ("muted", "raised"),
    ("muted", "field"),
    ("muted", "canvas"),
    ("on_accent", "accent"),
    ("accent", "window"),
]
"""What is written on what; the name of a group that has the keyboard is in the accent."""
SHAPES = [("accent", "window"), ("accent", "canvas"), ("changed", "window"), ("muted", "window")]


def luminance(colour: str) -> float:
    """Relative luminance of sRGB, 0..1 (WCAG 2.2, "relative luminance")."""
    parts = [part / 255 for part in QColor(colour).getRgb()[:3] if part is not None]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_that_of_the_definition() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
def test_texts_and_marks_stand_out(scheme: Colours) -> None:
    colours = vars(scheme)
    weak = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in TEXTS}
    assert {pair: value for pair, value in weak.items() if value < 4.5} == {}
    faint = {pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in SHAPES}
    assert {pair: value for pair, value in faint.items() if value < 3} == {}


@pytest.mark.parametrize("scheme", [DARK, LIGHT], ids=["dark", "light"])
def test_the_palette_is_made_of_these_pairs(scheme: Colours, qtbot: QtBot) -> None:
    palette = theme._palette(scheme)
    role = type(palette).ColorRole
    for text, ground in (
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.ButtonText, role.Button),
        (role.ToolTipText, role.ToolTipBase),
        (role.PlaceholderText, role.Base),
        (role.HighlightedText, role.Highlight),
        (role.Link, role.Window),
    ):
        assert contrast(palette.color(text).name(), palette.color(ground).name()) >= 4.5, (text, ground)


def test_the_undecided_system_is_dark_and_a_choice_counts_more(qtbot: QtBot, tmp_path: object) -> None:
    settings = QSettings(f"{tmp_path}/settings.ini", QSettings.Format.IniFormat)
    assert theme.choice(settings) == theme.SYSTEM
    assert [theme.is_dark(choice) for choice in (theme.LIGHT_ONE, theme.DARK_ONE)] == [False, True]


@pytest.mark.parametrize("kind", [QRadioButton, QCheckBox])
@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_a_box_is_seen_before_it_is_chosen(kind: type[QAbstractButton], dark: bool, qtbot: QtBot) -> None:
    theme.apply(dark)
    box = kind()
    qtbot.addWidget(box)
    box.resize(24, 24)
    shown = []
    for chosen in (False, True):
        box.setChecked(chosen)
        picture = box.grab().toImage()
        shown.append({picture.pixelColor(x, 12).name() for x in range(24)})
    scheme = DARK if dark else LIGHT
    assert max(contrast(colour, scheme.window) for colour in shown[0]) >= 3
    assert scheme.accent in shown[1] and scheme.accent not in shown[0]
