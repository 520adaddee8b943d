"""`face-edit enhance`: faces of a photo restored by ONNX nets, asked for in JSON, or over HTTP."""

from __future__ import annotations


def main(argv: list[str]) -> int:
    """Run `face-edit enhance` on the given arguments; see `apps.enhance.cli`."""
    from apps.enhance.cli import main as run

    return run(argv)
