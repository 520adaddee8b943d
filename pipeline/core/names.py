"""Words in messages: suggestions for misspelt names, counted nouns."""

import difflib
from collections.abc import Iterable

CUTOFF = 0.5
"""Least similarity of a suggestion, 0..1 (difflib)."""


def nearest(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """End of a sentence about an unknown name, in upper or lower case: `: did you mean Bp_max?`.

    Args:
        word: The unknown name.
        known: The names that exist.
        otherwise: End of the sentence if none is similar; by default the list of known names.
    """
    names = list(known)
    folded = {name.lower(): name for name in reversed(names)}
    if match := difflib.get_close_matches(word.lower(), folded, n=1, cutoff=CUTOFF):
        return f": did you mean {folded[match[0]]}?"
    if otherwise is not None:
        return otherwise
    return f"; known are {', '.join(names)}." if names else "."


def counted(number: int, noun: str) -> str:
    """A number with its noun, whose plural ends in s: `1 face`, `2 faces`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
