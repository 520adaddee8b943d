"""Words of the configuration in the language of the interface; the widgets' own go through Qt's `tr`."""

from PyQt6.QtCore import QCoreApplication


def translated(text: str) -> str:
    """A title, group or help text of configs/attributes.yaml in the user's language."""
    return QCoreApplication.translate("attributes", text)
