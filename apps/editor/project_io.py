"""Open documents to a project and back; the file is read and written in the render thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from apps.editor.controller import Controller
from apps.editor.model.edit_state import EditState
from apps.editor.model.project_file import Project, read_project
from apps.editor.model.session import DocumentState, Stage
from apps.editor.threads.render_context import RenderContext
from pipeline.core.types import Translation

Choices = list[dict[str, Translation]]


def collect_project(controller: Controller, done: Callable[[Project], None]) -> None:
    """Pass all open documents, as they are now, to `done` as a project."""
    session = controller.session
    current = session.documents.index(session.current) if session.current else 0
    portraits = [document.saved() for document in session.documents]

    def work(context: RenderContext) -> Project:
        return Project(context.models.set.name, context.models.space, _steps(context), portraits, current)

    controller.submit(work, done)


def open_project(controller: Controller, path: Path, done: Callable[[bool], None]) -> None:
    """Replace the open documents by those of a project; after an error they stay.

    `done` is told whether the project has the blending steps of the configuration.
    """

    def load(context: RenderContext) -> tuple[Project, Choices, bool]:
        project = read_project(path)
        choices = [_choices(context, saved) for saved in _of_this_space(project, context)]
        return project, choices, list(project.steps.items()) == list(_steps(context).items())

    def take(loaded: tuple[Project, Choices, bool]) -> None:
        project, choices, same_steps = loaded
        _replace(controller, project, choices)
        done(same_steps)

    controller.submit(load, take)


def _replace(controller: Controller, project: Project, choices: Choices) -> None:
    session = controller.session
    for document in list(session.documents):
        session.close(document)
    for saved, translations in zip(project.portraits, choices, strict=True):
        if saved.portrait is None or saved.rough:
            document = controller.add(saved.name, saved.image, saved.path, saved.crop)
        else:
            document = session.add(saved.name, saved.image, saved.path, saved.crop)
        session.update(document, edit_state=saved.edit_state)
        if saved.portrait is not None:
            controller.update(
                document,
                portrait=saved.portrait,
                translations=translations,
                present=saved.present,
                rough=saved.rough,
                note=saved.note,
                stage=Stage.PROJECTING if saved.rough else Stage.READY,
            )
    if session.documents:
        session.open(session.documents[min(project.current, len(session.documents) - 1)])
    session.project_path = None


def _steps(context: RenderContext) -> dict[str, object]:
    return {name: settings.model_dump(mode="json") for name, settings in context.settings(EditState()).items()}


def _of_this_space(project: Project, context: RenderContext) -> list[DocumentState]:
    from pipeline.core.errors import SpaceMismatch

    if project.space != context.models.space:
        raise SpaceMismatch(
            f"The project was made with the models {project.models}: "
            f"start the editor with `face-edit editor --set models={project.models}` to open it."
        )
    return list(project.portraits)


def _choices(context: RenderContext, saved: DocumentState) -> dict[str, Translation]:
    """Translations of a portrait: those that apply to its classes, and in their place the ones saved with its edit."""
    return {**context.translations(saved.present), **saved.translations} if saved.portrait else {}
