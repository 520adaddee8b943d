"""Interface languages: configs/languages/CODE.yaml maps English texts to translations; shared errors stay English."""

import re
from collections.abc import Mapping
from importlib.resources import files

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

SOURCE = "en"
SYSTEM = ""
"""The choice to follow the system's language."""


class Catalogue(QTranslator):
    """Translations by English text, for all contexts."""

    def __init__(self, texts: Mapping[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    def isEmpty(self) -> bool:
        return False

    def translate(  # type: ignore[override]
        self, context: str | None, sourceText: str | None, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        """The translation; None, not an empty text, where it is missing: Qt then asks the next translator."""
        return self._texts.get(sourceText or "")


def languages() -> list[str]:
    """Codes of the available languages, English first."""
    names = (file.name for file in (files("configs") / "languages").iterdir())
    return [SOURCE, *sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))]


def read_catalogue(code: str) -> dict[str, str]:
    """Translations of a language by English text; empty for English itself."""
    import yaml

    if code == SOURCE:
        return {}
    text = (files("configs") / "languages" / f"{code}.yaml").read_text(encoding="utf-8")
    return {str(source): str(translation) for source, translation in yaml.safe_load(text).items()}


def native_name(code: str) -> str:
    """Name of a language in that language."""
    name = QLocale(code).nativeLanguageName() if code != SOURCE else "English"
    return name[:1].upper() + name[1:]


def resolve(choice: str) -> str:
    """The language code of a choice; for SYSTEM or a removed language the first available one of the system's."""
    available = languages()
    preferred = (choice, *(tag.partition("-")[0] for tag in QLocale.system().uiLanguages()))
    return next((code for code in preferred if code in available), SOURCE)


def use(choice: str) -> None:
    """Switch to a language; texts already on screen keep theirs."""
    code, application = resolve(choice), QCoreApplication.instance()
    assert application is not None
    if choice == code:  # otherwise the system's number format stays
        QLocale.setDefault(QLocale(code))
    standard = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if standard.load(QLocale(code), "qtbase", "_", folder):  # Qt's own buttons and dialogs
        application.installTranslator(standard)
    if texts := read_catalogue(code):
        application.installTranslator(Catalogue(texts, application))


def translated(text: str) -> str:
    """Translation of a title, group or help text of the configuration."""
    return QCoreApplication.translate("configuration", text)


def plain_text(text: str) -> str:
    """Text of an action without its mnemonic and ellipsis."""
    without_suffix = re.sub(r"\(&.\)", "", text)  # "(&F)" follows the words of scripts that lack the letter
    return without_suffix.replace("&", "").rstrip("…").strip()
