"""Start-up: arguments, window, features; heavy imports wait until the window is on screen."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import QSettings
from PyQt6.QtWidgets import QApplication

from apps.console import chosen_settings
from apps.editor import features, language, theme
from apps.editor.controller import Controller
from apps.editor.crash import ExceptionHook
from apps.editor.model.project_file import SUFFIX
from apps.editor.project import ProjectDialogs
from apps.editor.threads.render_context import RenderContext
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.core.files import cache_folder

if TYPE_CHECKING:
    from pipeline.config import RunConfig
    from pipeline.models import Models


def run(arguments: argparse.Namespace) -> int:
    """Run the editor until its window is closed; BadInput for a project that is missing or not the only file."""
    project = _project(arguments.photos)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Qt's loop never runs Python's handler of Ctrl+C
    application = QApplication(sys.argv[:1])
    application.setApplicationName("face-edit")
    application.setDesktopFileName("face-edit")
    settings = QSettings(QSettings.Format.IniFormat, QSettings.Scope.UserScope, "face-edit", "editor")
    language.use(settings.value("language", language.SYSTEM, str))
    theme.apply(theme.is_dark(theme.choice(settings)))
    hook = ExceptionHook(application)
    hook.install()
    controller = Controller(RenderContext(lambda: _load(arguments)), cache_folder("editor"))
    controller.failed.connect(hook.show)
    window = Window(controller, settings)
    features.install_all(window)
    hook.raised.connect(window.crashed)
    window.show()
    application.processEvents()
    controller.start()
    if project is not None:
        ProjectDialogs(window).open_from(project)
    elif arguments.photos:
        controller.open_files(arguments.photos)
    else:
        controller.open_demo()
    return application.exec()


def _project(paths: Sequence[Path]) -> Path | None:
    projects = [path for path in paths if path.suffix == SUFFIX]
    if projects and len(paths) > 1:
        raise BadInput(f"The project {projects[0]} opens alone: open the other files in the window.")
    if projects and not projects[0].is_file():
        raise BadInput(f"The project {projects[0]} does not exist.")
    return projects[0] if projects else None


def _load(arguments: argparse.Namespace) -> tuple[RunConfig, Models]:
    from pipeline.models import Models

    config = chosen_settings(arguments)
    return config, Models(config.models, config.device, config.detector, config.backend, config.backend_of)
