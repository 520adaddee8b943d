"""The import thread: progress, cancelling, latents of an earlier import."""

import threading
from types import SimpleNamespace

import numpy as np
from pytestqt.qtbot import QtBot

from apps.editor.model.session import Stage
from apps.editor.threads.import_latents import PHOTOGRAPH
from pipeline.edit.refusals import UNKNOWN
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import LEFT, WAIT, add, drag_slider
from tests.support.toy_models import ToyModels, portrait_image


def test_a_photo_that_cannot_be_read_is_said(make_window: MakeWindow, qtbot: QtBot, tmp_path: object) -> None:
    window = make_window()
    with qtbot.waitSignal(window.session.message, timeout=WAIT) as said:
        window.controller.open_files([tmp_path / "nobody.png"])
    assert "There is no image" in said.args[0]


def test_a_projection_shows_its_progress_and_can_be_stopped(make_window: MakeWindow, qtbot: QtBot) -> None:
    endless = {"n_iter": 10_000, "patience": 10_000, "perceptual": 0.0, "mse": 1.0}
    window = make_window(projection=endless)
    document = window.controller.add("portrait", portrait_image(3))
    qtbot.waitUntil(lambda: document.progress > 0, timeout=WAIT)
    assert document.stage is Stage.PROJECTING
    qtbot.waitUntil(lambda: not window.banner.picture.pixmap().isNull(), timeout=WAIT)
    assert window.banner.isVisible()
    drag_slider(window, "Bp", 0.5, 0.9)  # the guess is good enough to work with
    qtbot.mouseClick(window.banner.cancel, LEFT)
    qtbot.waitUntil(lambda: document.stage is Stage.READY, timeout=WAIT)
    assert document.rough and document.portrait is not None
    assert document.edit_state.strength("Bp_max") > 1
    assert not window.banner.isVisible()


def test_stopped_before_the_first_guess_a_portrait_is_closed(make_window: MakeWindow, qtbot: QtBot) -> None:
    models, gate = ToyModels(), threading.Event()
    encode = models.encoder.encode
    models.encoder.encode = lambda images: gate.wait(20) and encode(images)
    window = make_window(models)
    first, second = (window.controller.add(f"portrait {seed}", portrait_image(seed)) for seed in (1, 2))
    qtbot.waitUntil(window.banner.isVisible)
    with qtbot.waitSignal(window.session.message) as said:
        qtbot.mouseClick(window.banner.cancel, LEFT)
    assert said.args == ["portrait 1 is closed: its latent was not found yet"]
    assert window.session.documents == [second] and window.session.current is second
    gate.set()
    qtbot.waitUntil(lambda: second.stage is Stage.READY, timeout=WAIT)
    assert first.portrait is None and window.session.documents == [second]


def test_a_latent_that_was_found_is_found_again(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window(projection={"n_iter": 3, "perceptual": 0.0})
    first, second = add(window), add(window)
    with qtbot.waitSignal(window.controller.importer.projected):
        window.controller.add("again", portrait_image(1))
    again = window.session.documents[-1]
    assert not again.rough and again.stage is Stage.READY
    assert first.portrait is not None and again.portrait is not None and second.portrait is not None
    assert np.array_equal(first.portrait.latent, again.portrait.latent)


def test_of_a_photographed_stranger_only_what_its_pixels_make_is_left_on(make_window: MakeWindow, qtbot: QtBot) -> None:
    models, noise = ToyModels(), np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    models.set.embedded = True
    models.parser = SimpleNamespace(labels=lambda some: np.ones((len(some), *some[0].shape[:2]), np.uint8))
    window = make_window(models, projection={"n_iter": 1, "perceptual": 0.0})
    photograph = window.controller.add("noise", noise, None, object())
    crop = window.controller.add("crop", noise[::-1].copy())
    for document in (photograph, crop):
        qtbot.waitUntil(lambda document=document: document.stage is Stage.READY and not document.rough, timeout=WAIT)  # type: ignore[misc]
    assert photograph.note == PHOTOGRAPH and "Bp_max" in photograph.refused
    assert set(photograph.refused.values()) == {UNKNOWN}
    assert crop.note.startswith("The reconstruction reaches only") and not crop.refused
