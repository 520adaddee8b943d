"""`face-edit directions`: finds the translations of a model set, measures them again, takes over those of others."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Run `face-edit directions` on the given arguments; see `apps.directions.cli`."""
    from apps.directions.cli import main as run

    return run(argv)
