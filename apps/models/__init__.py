"""`face-edit models`: which model sets there are, which files are here, and how the others get here."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Run `face-edit models` on the given arguments; see `apps.models.cli`."""
    from apps.models.cli import main as run

    return run(argv)
