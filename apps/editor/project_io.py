"""Conversion between open documents and a project; files are read and written in the render thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from apps.editor.controller import Controller
from apps.editor.model.edit_state import EditState
from apps.editor.model.own_sliders import unopened
from apps.editor.model.project_file import Project, read_project
from apps.editor.model.session import DocumentState
from apps.editor.threads.import_latents import Arrival
from apps.editor.threads.render_context import RenderContext
from pipeline.core.attributes import parse
from pipeline.core.errors import SpaceMismatch
from pipeline.core.types import Translation

Translations = dict[str, Translation]


def collect_project(controller: Controller, done: Callable[[Project], None]) -> None:
    """Collect the present state of all open documents and pass it to `done` as a project."""
    session = controller.session
    current = session.documents.index(session.current) if session.current else 0
    portraits = [document.saved() for document in session.documents]

    def work(context: RenderContext) -> Project:
        return Project(context.models.set.name, context.models.space, _steps(context), portraits, current)

    controller.submit(work, done)


@dataclass(frozen=True)
class Opened:
    """How a project differs from the editor that opened it.

    Attributes:
        same_steps: It has the blending steps of the configuration.
        gone: Titles of own sliders that it uses and the user has no longer.
    """

    same_steps: bool
    gone: tuple[str, ...]


def open_project(controller: Controller, path: Path, done: Callable[[Opened], None]) -> None:
    """Replace the open documents by those of a project, then call `done`; a failure leaves them open."""

    def load(context: RenderContext) -> tuple[Project, list[Translations], Opened]:
        project = read_project(path)
        if project.space != context.models.space:
            raise SpaceMismatch(
                f"The project was made with the models {project.models}: "
                f"start the editor with `face-edit editor --set models={project.models}` to open it."
            )
        translations = [_translations(context, saved) for saved in project.portraits]
        same_steps = list(project.steps.items()) == list(_steps(context).items())
        codes = [parse(name).code for saved in project.portraits for name in saved.edit_state.strengths]
        return project, translations, Opened(same_steps, tuple(unopened(codes, context.available())))

    def replace(loaded: tuple[Project, list[Translations], Opened]) -> None:
        _replace(controller, *loaded[:2])
        done(loaded[2])

    controller.submit(load, replace)


def _replace(controller: Controller, project: Project, choices: list[Translations]) -> None:
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
            number = document.number
            known = (saved.present, saved.rough, saved.note, saved.refused)
            controller.set_portrait(Arrival(number, saved.portrait, translations, *known))
    if session.documents:
        session.open(session.documents[min(project.current, len(session.documents) - 1)])
    session.project_path = None


def _steps(context: RenderContext) -> dict[str, object]:
    return {name: settings.model_dump(mode="json") for name, settings in context.settings(EditState()).items()}


def _translations(context: RenderContext, saved: DocumentState) -> Translations:
    """Translations that apply to a portrait's classes, overridden by those saved with its edit."""
    return {**context.translations(saved.present), **saved.translations} if saved.portrait else {}
