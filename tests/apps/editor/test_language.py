"""Nothing of the interface is left in English only: texts in the code, texts on screen, and the catalogues agree."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import get_origin

import pytest
from PyQt6.QtCore import QCoreApplication, QLocale, QTranslator
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import (
    QApplication,
    QComboBox,
    QLineEdit,
    QListWidget,
    QMenu,
    QPlainTextEdit,
    QSpinBox,
    QTextEdit,
    QTreeWidget,
    QTreeWidgetItemIterator,
    QWidget,
)
from pytestqt.qtbot import QtBot

import apps.editor
from apps.editor import language
from apps.editor.features.blending import title_of
from apps.editor.language import Catalogue, languages, native_name, read_catalogue, resolve
from pipeline.config import load_config
from pipeline.core.attributes import attributes
from pipeline.core.model_sets import model_set
from pipeline.core.own_attributes import ENDS, GROUP, own_attribute
from pipeline.edit.refusals import UNKNOWN, UNSUITABLE
from pipeline.edit.search import OUT_OF_REACH, SIDE_EFFECTS, STRANGER
from postprocess.labels import CLASSES
from tests.apps.editor.all_dialogs import NAMES, PHOTO, everything
from tests.apps.editor.conftest import MakeWindow

TRANSLATIONS = [code for code in languages() if code != language.SOURCE]
NO_WORDS = re.compile(
    rf"{'|'.join((*NAMES, PHOTO))}|face-edit( [a-z-]+)*|Save trans|Ctrl|Shift|Alt|Space|PNG|JPEG|WebP|ZeroDivisionError"
    r"|cluster|mean|English|Français|/\S+|\S+\.(png|faceedit)|F\d+|[A-Z][a-z]?_\w+|--\S+"
)
"""What is the same in all languages: names, keys, formats, values of settings, paths."""


def spoken_in_code() -> Iterator[str]:
    """Every text that the modules of the editor give to Qt's `tr` or `translate`."""
    for path in sorted(Path(apps.editor.__file__).parent.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call) or path == Path(language.__file__):
                continue
            if ast.unparse(call.func).endswith((".tr", "QCoreApplication.translate")):
                said = call.args[-1]
                assert isinstance(said, ast.Constant), f"{path.name}:{call.lineno} is no plain text"
                yield str(said.value)


def spoken_in_configuration() -> Iterator[str]:
    """Attributes, why edits are refused or miss their target, the default blending steps with what the panel shows."""
    yield from (STRANGER, SIDE_EFFECTS, OUT_OF_REACH)
    yield from (UNKNOWN, *(reason for _, reason, _ in UNSUITABLE), *model_set("demo").not_on_photographs.values())
    for attribute in attributes().values():
        yield from (attribute.title, attribute.group, attribute.help)
        yield from (value.title for value in attribute.values.values())
    yield from (own_attribute("x").help, GROUP, *ENDS, *CLASSES[1:])
    for name, settings in load_config(None, []).step_settings().items():
        yield " ".join((type(settings).__doc__ or "").split())
        for key, field in type(settings).model_fields.items():
            if field.annotation in (bool, float) or "Literal" in str(get_origin(field.annotation)):
                yield from (title_of(f"{name}.{key}"), field.description or "")


TEXTS = {*spoken_in_code(), *spoken_in_configuration()} - {""}


def test_there_are_languages() -> None:
    assert languages()[0] == "en" and {"fr", "th"} <= set(languages())
    assert [native_name(code) for code in ("en", "fr", "th")] == ["English", "Français", "ไทย"]
    assert len(TEXTS) > 250


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_a_catalogue_has_every_text(code: str) -> None:
    catalogue = read_catalogue(code)
    assert sorted(TEXTS - set(catalogue)) == []
    assert [text for text, said in catalogue.items() if not said.strip()] == []


def test_a_catalogue_has_no_text_that_is_no_more() -> None:
    assert sorted(set(read_catalogue("fr")) - TEXTS) == []


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_placeholders_keys_and_patterns_stay(code: str) -> None:
    for text, said in read_catalogue(code).items():
        for pattern in (r"\{\d*\}", r"\*\.\w+", r"`\w+`"):
            assert sorted(re.findall(pattern, said)) == sorted(re.findall(pattern, text)), text
        assert ("&" in said) == ("&" in text) and said.count("&") <= 1, text
        assert ("…" in said) == ("…" in text), text


@pytest.fixture
def speak() -> Iterator[object]:
    """Installs a translator until the end of the test."""
    installed: list[QTranslator] = []
    default = QLocale()

    def install(translator: QTranslator) -> None:
        QCoreApplication.installTranslator(translator)
        installed.append(translator)

    yield install
    for translator in installed:
        QCoreApplication.removeTranslator(translator)
    QLocale.setDefault(default)


class Marked(QTranslator):
    """Says every text in brackets: what is seen without them went past the translation."""

    def isEmpty(self) -> bool:
        return False

    def translate(  # type: ignore[override]
        self, context: str | None, sourceText: str | None, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        return f"⟦{sourceText}⟧"


def on_screen(widget: QWidget) -> Iterator[str]:
    """Texts of one widget; what a user types is none."""
    typed = isinstance(widget, QLineEdit | QPlainTextEdit | QTextEdit | QSpinBox)
    names = ("windowTitle", "title", "toolTip", "statusTip", "accessibleName", "accessibleDescription")
    for name in (*names, "placeholderText", "suffix", *(() if typed else ("text", "informativeText"))):
        said = getattr(type(widget), name, None)  # not of the widget itself: rows have a label called title
        if said is not None:
            yield said(widget)
    if isinstance(widget, QComboBox):
        yield from (widget.itemText(place) for place in range(widget.count()))
    if isinstance(widget, QListWidget):
        yield from (item.toolTip() for place in range(widget.count()) if (item := widget.item(place)))
    if isinstance(widget, QTreeWidget):
        entries = QTreeWidgetItemIterator(widget)
        while (item := entries.value()) is not None:
            yield from (item.text(0), item.text(1))
            entries += 1


def words(text: str) -> list[str]:
    """Words that no translator has seen."""
    while "⟦" in text:
        shorter = re.sub(r"⟦[^⟦⟧]*⟧", " ", text)
        if shorter == text:
            break
        text = shorter
    return re.findall(r"[A-Za-z]{2,}", NO_WORDS.sub(" ", text))


def test_all_that_is_seen_is_translated(qtbot: QtBot, tmp_path: Path, speak: object) -> None:
    speak(Marked())  # type: ignore[operator]
    missed: dict[str, str] = {}
    with everything(tmp_path) as shown:
        for top in shown:
            for widget in (top, *top.findChildren(QWidget)):
                for text in on_screen(widget):
                    if words(text):
                        missed[text] = type(widget).__name__
            for action in top.findChildren(QAction):
                for text in (action.text(), action.toolTip()):
                    if words(text):
                        missed[text] = "QAction"
        assert sum(1 for top in shown for widget in top.findChildren(QWidget) for _ in on_screen(widget)) > 1000
    assert missed == {}, missed


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_a_window_speaks_it_and_its_menus_have_keys_of_their_own(
    code: str, make_window: MakeWindow, speak: object
) -> None:
    speak(Catalogue(read_catalogue(code)))  # type: ignore[operator]
    window, said = make_window(), read_catalogue(code)
    assert window.panel.rows["Hc"].title.text() == said["Hair colour"]
    bar = window.menuBar()
    assert bar is not None and said["&Edit"] in [menu.text() for menu in bar.actions()]
    for menu in (bar, *window.findChildren(QMenu)):
        texts = [action.text() for action in menu.actions()]
        keys = Counter(text.partition("&")[2][:1].lower() for text in texts if "&" in text)
        assert [(key, texts) for key, count in keys.items() if count > 1] == []


def test_the_system_decides_until_the_user_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, expected in ((["fr-CH", "de"], "fr"), (["de-DE", "th-TH"], "th"), (["de"], "en"), (["C"], "en")):
        monkeypatch.setattr(QLocale, "uiLanguages", lambda _, asked=asked: asked)
        assert resolve(language.SYSTEM) == expected
    assert resolve("fr") == "fr" and resolve("xx") == "en"


def test_the_choice_is_kept_for_the_next_start(make_window: MakeWindow) -> None:
    window = make_window()
    next(action for action in window.findChildren(QAction) if action.text() == "Français").trigger()
    assert window.settings.value("language", language.SYSTEM, str) == "fr"
    assert window.panel.rows["Hc"].title.text() == "Hair colour"
    again = make_window()
    assert next(action for action in again.findChildren(QAction) if action.text() == "Français").isChecked()


def test_qts_own_buttons_speak_it_too(qtbot: QtBot) -> None:
    from PyQt6.QtWidgets import QDialogButtonBox

    application = QApplication.instance()
    assert application is not None
    default = QLocale()
    before = set(application.findChildren(QTranslator))
    try:
        for code, expected in (("fr", "Annuler"), ("th", "ยกเลิก")):
            language.use(code)
            box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
            qtbot.addWidget(box)
            assert [button.text() for button in box.buttons()] == [expected]
            assert QLocale().language() == QLocale(code).language()
    finally:
        for translator in set(application.findChildren(QTranslator)) - before:
            QCoreApplication.removeTranslator(translator)
        QLocale.setDefault(default)
