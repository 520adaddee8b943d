"""Zooming the canvas."""

import pytest

from apps.editor.window import Window


def test_zoom_stays_about_the_pointer(window: Window) -> None:
    from PyQt6.QtCore import QPointF, QRectF

    canvas = window.canvas
    area, point = QRectF(canvas.rect()), QPointF(canvas.rect().center()) + QPointF(40, 20)
    before = canvas.frame(area)
    canvas.set_zoom(4.0, point)
    after = canvas.frame(area)
    assert after.width() == pytest.approx(4 * before.width())
    assert (point.x() - after.x()) / after.width() == pytest.approx((point.x() - before.x()) / before.width())
    canvas.set_zoom(0.1)
    assert canvas.frame(area) == before
