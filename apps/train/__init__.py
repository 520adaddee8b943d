"""`face-edit train`: makes the embedded model set from nothing but the portrait world."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Run `face-edit train` on the given arguments; see `apps.train.cli`."""
    from apps.train.cli import main as run

    return run(argv)
