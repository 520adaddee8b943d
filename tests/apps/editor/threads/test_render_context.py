"""Blending steps follow the edit."""

from pytestqt.qtbot import QtBot

from apps.editor.window import Window


def test_steps_are_switched_by_the_edit(window: Window, qtbot: QtBot) -> None:
    session, context = window.session, window.controller.context
    document = session.current
    assert document is not None
    names = [step.name for step in context.steps(document.edit_state)]
    session.change(document.edit_state.with_step(names[0], on=False), "off")
    assert [step.name for step in context.steps(document.edit_state)] == names[1:]
    session.undo()
    assert [step.name for step in context.steps(document.edit_state)] == names
