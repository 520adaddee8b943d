"""Saving the current edit as a translation, through the dialog."""

from pathlib import Path

from pytestqt.qtbot import QtBot

from apps.editor.features.saving.translation import TranslationDialog
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.images import read_image, write_image
from pipeline.run.runner import run
from projection.translations import load
from tests.apps.editor.interaction import current, edited, opened
from tests.support.toy_models import SPACE, ToyModels
from tests.support.toy_run import toy_job


def test_a_translation_is_named_saved_and_used_by_a_run(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    picture = edited(window)
    next(action for action in window.actions() if action.shortcut().toString() == "Ctrl+T").trigger()
    ask = opened(TranslationDialog)
    assert ask.name.text() == "Bp_max"
    for wrong, reason in (("", "is not a translation name"), ("Bq_max", "did you mean"), ("B_1_fr_1", "same start")):
        ask.name.clear()
        qtbot.keyClicks(ask.name, wrong)
        assert reason in ask.note.text() and not ask.accept_button.isEnabled()
    ask.name.clear()
    qtbot.keyClicks(ask.name, "Bp_min")
    assert ask.note.text() == "Lips: thin" and ask.accept_button.isEnabled()
    folder = tmp_path / "mine"
    ask.folder.setText(str(folder))
    ask.use.setChecked(True)
    assert f"translations=[{folder}]" in ask.command.text()
    before = current(window).translations["Bp_min"]
    ask.accept_button.click()
    qtbot.waitUntil(lambda: current(window).translations["Bp_min"] is not before)
    assert list(load(folder)) == ["Bp_min"]
    assert load_config(None, [f"translations=[{folder}]"]).translations == (str(folder),)
    photos = tmp_path / "photos"
    photos.mkdir()
    write_image(photos / "one.png", current(window).image)
    config = {"translations": (str(folder),), "steps": ["toy_square", "toy_invert"]}
    outcome = run(toy_job(photos, tmp_path / "run1", config=config, edits=("Bp_min",)), ToyModels())
    assert not outcome.failed
    assert (read_image(outcome.folder / "one" / "Bp_min.png") == picture).all()


def test_a_folder_of_another_space_is_refused_in_the_dialog(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window)
    (tmp_path / "space.json").write_text('{"space": "elsewhere"}')
    ask = TranslationDialog(current(window), window)
    qtbot.addWidget(ask)
    ask.folder.setText(str(tmp_path))
    ask.accept_button.click()
    assert ask.note.text() == (
        f"The translations in {tmp_path} belong to elsewhere, this one to {SPACE}: choose another folder."
    )
    assert list(tmp_path.glob("*.npy")) == []


def test_one_of_the_same_name_is_replaced_only_knowingly(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window)
    ask = TranslationDialog(current(window), window)
    qtbot.addWidget(ask)
    ask.folder.setText(str(tmp_path / "mine"))
    ask.accept_button.click()
    again = TranslationDialog(current(window), window)
    qtbot.addWidget(again)
    again.folder.setText(str(tmp_path / "mine"))
    assert again.accept_button.text() == "Replace" and "will be replaced" in again.note.text()
    assert [again.present.item(row).text() for row in range(again.present.count())] == ["Bp_max"]
