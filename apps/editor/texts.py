"""Words of the configuration in the language of the interface, and texts of menus as words."""

import re

from PyQt6.QtCore import QCoreApplication


def translated(text: str) -> str:
    """A title, group or help text of the configuration in the user's language."""
    return QCoreApplication.translate("configuration", text)


def plain(text: str) -> str:
    """The text of an action without what only a menu needs: the mark of its key, and the dots of a dialog."""
    without_key = re.sub(r"\(&.\)", "", text)  # where the script has no such letter, it stands behind the words
    return without_key.replace("&", "").rstrip("…").strip()
