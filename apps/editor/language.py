"""The interface in other languages than English: configs/languages/CODE.yaml holds its texts, by the English ones.

What a command would also say, such as why a photo cannot be read, stays English here too.
"""

import re
from collections.abc import Mapping
from importlib.resources import files

from PyQt6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

SOURCE = "en"
SYSTEM = ""
"""The choice that follows the system."""


class Catalogue(QTranslator):
    """Texts by their English ones, whatever part of the interface they are from; Qt's own may be among them."""

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


def name_of(code: str) -> str:
    """What the language calls itself."""
    name = QLocale(code).nativeLanguageName() if code != SOURCE else "English"
    return name[:1].upper() + name[1:]


def wanted(choice: str) -> str:
    """The code of a choice; of SYSTEM, and of one that is no more, the first of the user's languages that we speak."""
    spoken = languages()
    if choice in spoken:
        return choice
    asked = (tag.partition("-")[0] for tag in QLocale.system().uiLanguages())
    return next((code for code in asked if code in spoken), SOURCE)


def use(choice: str) -> None:
    """Speak a language from now on: texts that are already made stay as they are."""
    code, application = wanted(choice), QCoreApplication.instance()
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


def plain(text: str) -> str:
    """The text of an action without what only a menu needs: the mark of its key, and the dots of a dialog."""
    without_key = re.sub(r"\(&.\)", "", text)  # where the script has no such letter, it stands behind the words
    return without_key.replace("&", "").rstrip("…").strip()
