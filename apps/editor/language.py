"""Languages of the interface: configs/languages/CODE.yaml maps English texts to translated ones.

Errors that commands share, such as why a photo cannot be read, stay English.
"""

import re
from collections.abc import Mapping
from importlib.resources import files

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

SOURCE = "en"
SYSTEM = ""
"""The choice that follows the system."""


class Catalogue(QTranslator):
    """Translated texts by their English ones, for all contexts."""

    def __init__(self, texts: Mapping[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._texts = texts

    def isEmpty(self) -> bool:
        return False

    def translate(  # type: ignore[override]
        self, context: str | None, sourceText: str | None, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        """None, and not an empty text, where it has none: then Qt asks the next one."""
        return self._texts.get(sourceText or "")


def languages() -> list[str]:
    """Codes of the languages there are, English first."""
    names = (file.name for file in (files("configs") / "languages").iterdir())
    return [SOURCE, *sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))]


def read_catalogue(code: str) -> dict[str, str]:
    """The texts of a language by the English ones; of English itself there are none."""
    import yaml

    if code == SOURCE:
        return {}
    text = (files("configs") / "languages" / f"{code}.yaml").read_text(encoding="utf-8")
    return {str(source): str(said) for source, said in yaml.safe_load(text).items()}


def native_name(code: str) -> str:
    """Name of a language in itself."""
    name = QLocale(code).nativeLanguageName() if code != SOURCE else "English"
    return name[:1].upper() + name[1:]


def resolve(choice: str) -> str:
    """The language code of a choice; for SYSTEM, or a removed language, the first available one of the system's."""
    spoken = languages()
    if choice in spoken:
        return choice
    asked = (tag.partition("-")[0] for tag in QLocale.system().uiLanguages())
    return next((code for code in asked if code in spoken), SOURCE)


def use(choice: str) -> None:
    """Switch to a language; existing texts are not changed."""
    code, application = resolve(choice), QCoreApplication.instance()
    assert application is not None
    if choice == code:  # else numbers stay as the system writes them
        QLocale.setDefault(QLocale(code))
    standard = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if standard.load(QLocale(code), "qtbase", "_", folder):  # its buttons and its own dialogs
        application.installTranslator(standard)
    if texts := read_catalogue(code):
        application.installTranslator(Catalogue(texts, application))


def translated(text: str) -> str:
    """A title, group or help text of the configuration in the user's language."""
    return QCoreApplication.translate("configuration", text)


def plain_text(text: str) -> str:
    """The text of an action without the mark of its key and the dots of a dialog."""
    without_key = re.sub(r"\(&.\)", "", text)  # where the script has no such letter, it stands behind the words
    return without_key.replace("&", "").rstrip("…").strip()
