"""From the command line to a window; nothing heavy is imported before it is on screen."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication

from apps.editor import language, theme
from apps.editor.controller import Controller
from apps.editor.crash import Hook
from apps.editor.model.project_file import SUFFIX
from apps.editor.project import ProjectActions
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.errors import BadInput

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.models import Models


def run(arguments: argparse.Namespace) -> int:
    """Show the editor until its window is closed; BadInput when a project cannot be opened as it was asked for."""
    project = _project(arguments.photos)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C in the terminal ends it, though Qt's loop never asks Python
    application = QApplication(sys.argv[:1])
    application.setApplicationName("face-edit")
    application.setDesktopFileName("face-edit")
    settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "face-edit", "editor")
    language.use(settings.value("language", language.SYSTEM, str))
    theme.apply(theme.is_dark(theme.chosen(settings)))
    hook = Hook(application)
    hook.install()
    editor = Controller(RenderContext(lambda: _load(arguments)), cache_folder())
    editor.troubled.connect(hook.show)
    window = Window(editor, settings)
    window.show()
    application.processEvents()
    editor.start()
    if project is not None:
        projects = window.findChild(ProjectActions)
        assert projects is not None
        projects.open_from(project)
    elif arguments.photos:
        editor.open_files(arguments.photos)
    else:
        editor.open_demo()
    return application.exec()


def cache_folder() -> Path:
    """Where sample portraits and latents are kept between two starts; they can be deleted at any time."""
    from platformdirs import user_cache_path

    return user_cache_path("face-edit") / "editor"


def _project(given: Sequence[Path]) -> Path | None:
    projects = [path for path in given if path.suffix == SUFFIX]
    if not projects:
        return None
    if len(given) > 1:
        raise BadInput(f"{projects[0]} is a project, which opens alone: open the others in the window.")
    if not projects[0].is_file():
        raise BadInput(f"There is no project {projects[0]}.")
    return projects[0]


def _load(arguments: argparse.Namespace) -> tuple[RunConfig, Models]:
    from pipeline.config import load_config
    from pipeline.models import Models

    config = load_config(arguments.config, arguments.set)
    return config, Models(config.models, config.device, config.detector)
