"""Predicted attributes in words."""

from typing import Any

from apps.editor.language import translated
from pipeline.core.attributes import attributes


def prediction_text(code: str, values: Any) -> str:
    """The predicted attribute of one picture: "black 0.93" for a class, "+0.31" for a cursor.

    Args:
        values: Probabilities (K,) of a class, one number of a cursor.
    """
    attribute = attributes()[code]
    if attribute.kind == "cursor":
        return f"{float(values):+.2f}"
    best = int(values.argmax())
    return f"{translated(attribute.values[str(best)].title)} {float(values[best]):.2f}"
