"""Details of an own slider as a tooltip: its strip of pictures, what it moves, its layers, where it is from."""

from __future__ import annotations

import base64
import io
from html import escape
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QCoreApplication

from apps.editor.language import translated
from pipeline.core.attributes import known_attributes

if TYPE_CHECKING:
    from projection.direction_file import Direction


def details(direction: Direction) -> str:
    """Rich text of a direction's tooltip."""
    lines = [escape(translated(direction.attribute.help))]
    if direction.thumbnail is not None:
        lines.append(_picture(direction.thumbnail))
    leak = direction.figures.get("leak")
    if isinstance(leak, dict) and leak:
        known = known_attributes()
        words = ", ".join(
            f"{translated(known[code].title)} {float(value):.2f}" for code, value in leak.items() if code in known
        )
        lines.append(escape(QCoreApplication.translate("Own", "The predictor sees: {0}").format(words)))
    lines.append(escape(QCoreApplication.translate("Own", "Layers: {0}").format(_layers(direction))))
    if direction.licence:
        lines.append(escape(direction.licence))
    return "<br>".join(lines)


def _layers(direction: Direction) -> str:
    from projection.directions.describe import layers_moved
    from projection.directions.unsupervised import layers_text

    return layers_text(layers_moved(direction))


def _picture(pixels: Any) -> str:
    from PIL import Image as pillow

    buffer = io.BytesIO()
    pillow.fromarray(pixels).save(buffer, "PNG")
    return f'<img src="data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}">'
