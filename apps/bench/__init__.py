"""`face-edit bench`: how good and how fast, measured against the portrait world's ground truth."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Run `face-edit bench` on the given arguments; see `apps.bench.cli`."""
    from apps.bench.cli import main as run

    return run(argv)
