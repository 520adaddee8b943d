"""Dialogs begin where the last one ended."""

from pathlib import Path

import pytest
from PyQt6.QtWidgets import QFileDialog

from apps.editor.features.opening import Opening
from apps.editor.project import ProjectActions
from apps.editor.recent_folders import Folders
from tests.apps.editor.conftest import MakeWindow, kept


def test_each_kind_has_its_folder_as_long_as_that_is_there(tmp_path: Path) -> None:
    folders = Folders(kept(tmp_path))
    assert folders.begin("photos") == "" and folders.begin("projects", "mine.faceedit") == "mine.faceedit"
    (tmp_path / "holiday").mkdir()
    folders.note("photos", tmp_path / "holiday" / "anna.png")
    folders.note("projects", tmp_path)
    again = Folders(kept(tmp_path))
    assert again.begin("photos") == str(tmp_path / "holiday")
    assert again.begin("projects", "mine.faceedit") == str(tmp_path / "mine.faceedit")
    (tmp_path / "holiday").rmdir()
    assert again.begin("photos") == ""


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
    monkeypatch.setattr(ProjectActions, "open_from", lambda *_: None)
    monkeypatch.setattr(Opening, "open_files", lambda *_: None)
    for _ in range(2):
        window = make_window()
        projects, opening = window.findChild(ProjectActions), window.findChild(Opening)
        assert projects is not None and opening is not None
        projects.ask_open()
        opening.ask_folder()
        window.close()
    assert begun == ["", "", *[str(tmp_path / "photos")] * 2]
