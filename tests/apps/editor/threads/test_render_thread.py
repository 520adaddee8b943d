"""The render thread: newest request, superseded renderings, tasks, preview levels."""

import threading

from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.threads.render_context import RenderContext
from apps.editor.threads.render_thread import Renderer
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.core.types import Edit
from pipeline.edit.preview_level import Level
from pipeline.edit.render import render
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import WAIT, add, settle
from tests.support.toy_models import ToyModels
from tests.support.toy_run import toy_config


def test_of_waiting_requests_only_the_newest_is_rendered(window: Window, qtbot: QtBot) -> None:
    gate, results = threading.Event(), []
    window.controller.renderer.finished.connect(lambda _, picture: results.append(picture))
    window.controller.submit(lambda _: gate.wait(20), lambda _: None)
    session = window.session
    session.begin_gesture()
    for step in range(1, 6):
        session.move("Bp_max", step / 10)
    gate.set()
    qtbot.waitUntil(lambda: bool(results), timeout=WAIT)
    qtbot.wait(50)
    assert len(results) == 1
    assert not results[0].settled
    session.end_gesture()
    settle(window)


def test_a_rendering_in_full_gives_way_to_a_newer_request(window: Window, qtbot: QtBot) -> None:
    renderer, results = window.controller.renderer, []
    renderer.finished.connect(lambda _, picture: results.append(picture))
    inside, gate = threading.Event(), threading.Event()
    context = window.controller.context
    steps = context.steps

    def slow(edit_state: object) -> list[object]:
        inside.set()
        gate.wait(20)
        return steps(edit_state)

    context.steps = slow
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(inside.is_set)
    window.session.move("Bp_max", 2.0)
    gate.set()
    qtbot.waitUntil(lambda: any(result.settled for result in results))
    (settled,) = [result for result in results if result.settled]
    assert settled.frame.edit.moves[0][1] == 2.0


def test_the_picture_in_full_is_that_of_a_run(window: Window, qtbot: QtBot) -> None:
    session, context = window.session, window.controller.context
    session.move("Bp_max", 0.7)
    qtbot.waitUntil(lambda: bool(session.picture and session.picture.frame))
    document = session.current
    assert document is not None and document.portrait is not None and session.picture is not None
    edit = Edit("Bp_max", ((document.translations["Bp_max"], 0.7),))
    (frame,) = render(document.portrait, [edit], context.models, context.steps(document.edit_state))
    assert (session.picture.image == frame.image).all()


def test_an_error_in_the_render_thread_is_said_and_the_thread_goes_on(window: Window, qtbot: QtBot) -> None:
    def fails(_: object) -> None:
        raise BadInput("There is no such thing.")

    with capture_exceptions() as raised:
        window.controller.submit(fails, lambda _: None)
        qtbot.waitUntil(lambda: bool(raised))
    assert isinstance(raised[0][1], BadInput)
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame))


def test_a_generator_that_is_not_elastic_has_quick_previews_too(make_window: MakeWindow, qtbot: QtBot) -> None:
    models = ToyModels()
    models.generator.elastic = False
    window = make_window(models)
    document, session = add(window), window.session
    window.controller.fix_preview_level(Level(1.0, 16))
    session.begin_gesture()
    session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: session.picture is not None and not session.picture.settled, timeout=WAIT)
    assert session.picture is not None and session.picture.quality == "1 × 16"
    assert session.picture.image.shape == document.image.shape
    assert (session.picture.image != document.image).any()
    session.end_gesture()
    qtbot.waitUntil(lambda: session.picture is not None and session.picture.settled, timeout=WAIT)
    assert session.picture is not None and session.picture.quality == "full"


def test_a_level_chosen_while_a_picture_is_rendered_counts_from_the_next_one(window: Window, qtbot: QtBot) -> None:
    renderer, session = window.controller.renderer, window.session
    inside, gate = threading.Event(), threading.Event()
    renderer.submit(lambda _: (inside.set(), gate.wait(20)), lambda _: None)
    qtbot.waitUntil(inside.is_set, timeout=WAIT)
    renderer.fix_preview_level(Level(1.0, 16))
    assert renderer.preview_levels.fixed is None  # only the render thread changes it
    session.begin_gesture()
    session.move("Bp_max", 1.0)
    gate.set()
    qtbot.waitUntil(lambda: session.picture is not None and not session.picture.settled, timeout=WAIT)
    assert session.picture is not None and session.picture.quality == "1 × 16"
    session.end_gesture()


def test_a_level_chosen_before_the_models_are_open_is_kept(qtbot: QtBot) -> None:
    gate = threading.Event()
    renderer = Renderer(RenderContext(lambda: (toy_config(), gate.wait(20) and ToyModels())))  # type: ignore[arg-type, return-value]
    renderer.start()
    try:
        renderer.fix_preview_level(Level(1.0, 16))
        with qtbot.waitSignal(renderer.opened, timeout=WAIT) as opened:
            gate.set()
        qtbot.waitUntil(lambda: renderer.preview_levels.fixed == Level(1.0, 16), timeout=WAIT)
        assert opened.args == [renderer.preview_levels.levels] and len(renderer.preview_levels.levels) > 1
    finally:
        renderer.stop()
