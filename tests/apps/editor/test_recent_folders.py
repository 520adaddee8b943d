"""Dialogs begin where the last one ended."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog

from apps.editor.features.opening import Opening
from apps.editor.project import ProjectDialogs
from apps.editor.recent_folders import RecentFolders
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.windows import settings_file


def test_each_kind_has_its_folder_as_long_as_that_is_there(tmp_path: Path) -> None:
    folders = RecentFolders(settings_file(tmp_path))
    assert folders.start("photos") == "" and folders.start("projects", "mine.faceedit") == "mine.faceedit"
    (tmp_path / "holiday").mkdir()
    folders.remember("photos", tmp_path / "holiday" / "anna.png")
    folders.remember("projects", tmp_path)
    again = RecentFolders(settings_file(tmp_path))
    assert again.start("photos") == str(tmp_path / "holiday")
    assert again.start("projects", "mine.faceedit") == str(tmp_path / "mine.faceedit")
    (tmp_path / "holiday").rmdir()
    assert again.start("photos") == ""


def test_dialogs_of_the_next_start_begin_there(
    make_window: MakeWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def ask(_: object, title: str, begin: str, *__: object) -> tuple[str, str]:
        begun.append(begin)
        return str(tmp_path / "photos" / "mine.faceedit"), ""

    (tmp_path / "photos").mkdir()
    monkeypatch.setattr(QFileDialog, "getOpenFileName", ask)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *given: ask(*given)[0])
    monkeypatch.setattr(ProjectDialogs, "open_from", lambda *_: None)
    monkeypatch.setattr(Opening, "open_files", lambda *_: None)
    for _ in range(2):
        window = make_window()
        projects, opening = ProjectDialogs(window), window.findChild(Opening)
        assert opening is not None
        projects.ask_open()
        opening.ask_folder()
        window.close()
    assert begun == ["", "", *[str(tmp_path / "photos")] * 2]
