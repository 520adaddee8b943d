"""Predicted attributes as text."""

from typing import Any

from apps.editor.language import translated
from pipeline.core.attributes import attributes


def prediction_text(code: str, values: Any) -> str:
    """Text of a predicted attribute: "black 0.93" for probabilities (K,) of a class, "+0.31" for a cursor's number."""
    attribute = attributes()[code]
    if attribute.kind == "cursor":
        return f"{float(values):+.2f}"
    best = int(values.argmax())
    return f"{translated(attribute.values[str(best)].title)} {float(values[best]):.2f}"
