"""Own sliders through the real window: made, moved, kept for the next start, changed, removed; projects and runs."""

from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
import torch
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QListWidget, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from apps.editor.features.own_sliders.actions import OwnSliders
from apps.editor.features.own_sliders.dialog import CHOSEN, SliderDialog
from apps.editor.features.saving.run_files import batch_of, write_batch
from apps.editor.model.own_sliders import library_folder
from apps.editor.project import ProjectDialogs
from apps.editor.window import Window
from pipeline.config import load_config
from pipeline.core.attributes import forget_own, known_attributes
from pipeline.core.errors import BadInput
from pipeline.core.model_sets import HOME_VARIABLE
from pipeline.core.own_attributes import own_attribute
from pipeline.models import Models
from projection.attributes.clip import ClipScorer
from projection.direction_file import Direction, read_direction, write_direction
from projection.translations import load
from tests.apps.editor.conftest import MakeWindow
from tests.apps.editor.interaction import add, current, edited, opened, settle, wait_for_message
from tests.support.tiny_clip import TINY, tiny_clip
from tests.support.toy_models import DIM, N_STYLE, SPACE, ToyModels


def feature(window: Window) -> OwnSliders:
    """The feature of a window."""
    found = window.findChild(OwnSliders)
    assert found is not None
    return found


def made(window: Window, qtbot: QtBot, title: str = "Freckles", group: str = "") -> None:
    """Make a slider of the current edit through its dialog."""
    feature(window).from_edit.trigger()
    ask = opened(SliderDialog)
    qtbot.keyClicks(ask.name, title)
    if group:
        ask.group.setCurrentText(group)
    ask.accept_button.click()
    wait_for_message(window, "among your sliders")


def direction(seed: int = 0, code: str = "freckles") -> Direction:
    path = np.random.default_rng(seed).normal(0, 0.3, (1, N_STYLE, DIM)).astype(np.float32)
    return Direction(own_attribute("Freckles", code=code), SPACE, path)


def test_an_edit_becomes_a_slider_that_does_the_same(window: Window, make_window: MakeWindow, qtbot: QtBot) -> None:
    picture = edited(window)
    document = current(window)
    offset = document.edit_state.to_edit(document.translations).displacement()
    made(window, qtbot, group="Skin")
    row = window.panel.rows["freckles"]
    assert row.isVisible() and "<img" in row.toolTip() and row.more is not None
    assert window.panel.headers["skin"].isVisible()
    window.panel.search.setText("freckles")
    qtbot.waitUntil(lambda: not row.visibleRegion().isEmpty())
    window.panel.search.clear()
    window.session.reset()
    window.session.move("freckles_max", 1.0)
    np.testing.assert_allclose(
        document.edit_state.to_edit(document.translations).displacement(), offset, rtol=1e-5, atol=1e-6
    )
    settle(window)
    assert window.session.picture is not None
    assert np.abs(window.session.picture.image.astype(int) - picture).max() <= 1
    window.session.undo()
    assert document.edit_state.strength("freckles_max") == 0
    assert row.model.two_sided and row.model.position(document.edit_state) == 0

    forget_own()  # another start
    again = make_window()
    add(again)
    qtbot.waitUntil(lambda: "freckles" in again.panel.rows and again.panel.rows["freckles"].isVisible())
    assert "freckles_min" in current(again).translations


def check(box: QListWidget, row: int, on: bool = True) -> None:
    item = box.item(row)
    assert item is not None
    item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)


def test_two_portraits_differ_by_a_slider(window: Window, qtbot: QtBot) -> None:
    first, second = current(window), add(window, seed=3)
    feature(window).from_portraits.trigger()
    ask = opened(SliderDialog)
    qtbot.keyClicks(ask.name, "To the other")
    assert ask.accept_button.isEnabled()
    check(ask.ends[1], 0)
    assert not ask.accept_button.isEnabled()  # the same portrait on both sides
    check(ask.ends[1], 0, False)
    ask.some.setChecked(True)
    assert not ask.accept_button.isEnabled()  # no part is chosen
    check(ask.parts, next(row for row, each in enumerate(ask._items()) if each.data(CHOSEN) == "nose"))
    ask.accept_button.click()
    wait_for_message(window, "among your sliders")
    assert known_attributes()["to-the-other"].segmentation.parts == ("nose",)
    assert first.portrait is not None and second.portrait is not None
    assert first.portrait.latent is not None and second.portrait.latent is not None
    offset = first.translations["to-the-other_max"].displacement()
    np.testing.assert_allclose(first.portrait.latent + offset, second.portrait.latent, atol=1e-5)


def test_two_sets_of_portraits_differ_by_the_slider_of_their_means(window: Window, qtbot: QtBot) -> None:
    documents = [current(window), add(window, seed=3), add(window, seed=4)]
    feature(window).from_portraits.trigger()
    ask = opened(SliderDialog)
    qtbot.keyClicks(ask.name, "To the others")
    check(ask.ends[1], 2)
    ask.accept_button.click()
    wait_for_message(window, "among your sliders")
    latents = [each.portrait.latent for each in documents if each.portrait is not None]
    offset = documents[0].translations["to-the-others_max"].displacement()
    np.testing.assert_allclose(offset, np.mean(latents[1:], axis=0) - latents[0], atol=1e-5)  # type: ignore[arg-type]


def test_a_file_opens_as_a_slider_and_a_second_one_of_its_code_gets_another(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    for seed in (0, 1):
        write_direction(tmp_path / f"{seed}.safetensors", direction(seed))
        feature(window).open_file(tmp_path / f"{seed}.safetensors")
        qtbot.waitUntil(lambda: bool(window.findChildren(SliderDialog)))
        ask = opened(SliderDialog)
        ask.name.setText(f"Number {seed}")
        ask.accept_button.click()
        qtbot.waitUntil(lambda number=seed: len(feature(window).sliders) == number + 1)
        qtbot.waitUntil(lambda: not window.findChildren(SliderDialog))
    assert list(feature(window).sliders) == ["freckles", "freckles-2"]
    assert [each.attribute.title for each in feature(window).sliders.values()] == ["Number 0", "Number 1"]
    feature(window).export("freckles-2", tmp_path / "out")
    wait_for_message(window, "Saved as")
    assert np.array_equal(read_direction(tmp_path / "out.safetensors").path, direction(1).path)


def test_a_slider_is_renamed_regrouped_and_removed(window: Window, qtbot: QtBot) -> None:
    edited(window)
    made(window, qtbot)
    window.session.move("freckles_max", 0.5)
    feature(window).change("freckles")
    ask = opened(SliderDialog)
    ask.name.setText("Sun spots")
    ask.group.setCurrentText("Weather")
    ask.accept_button.click()
    qtbot.waitUntil(lambda: "weather" in window.panel.headers)
    row = window.panel.rows["freckles"]
    assert row.title.text() == "Sun spots" and row.isVisible()
    assert read_direction(library_folder(SPACE) / "freckles.safetensors").attribute.title == "Sun spots"
    feature(window).remove("freckles")
    qtbot.waitUntil(lambda: "freckles_max" not in current(window).translations)
    settle(window)
    qtbot.waitUntil(lambda: not row.isVisible())
    assert not list(library_folder(SPACE).iterdir())
    assert "freckles" not in current(window).edit_state.to_edit(current(window).translations).codes()
    window.session.undo()
    window.session.redo()  # entries of the slider are harmless


def test_a_project_keeps_a_slider_whose_file_is_gone_and_says_so(
    window: Window, make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    edited(window)
    made(window, qtbot)
    window.session.reset()
    window.session.move("freckles_min", 0.5)
    ProjectDialogs(window).save_to(tmp_path / "mine.faceedit")
    wait_for_message(window, "Saved as")
    offset = current(window).edit_state.to_edit(current(window).translations).displacement()

    forget_own()
    (library_folder(SPACE) / "freckles.safetensors").unlink()
    again = make_window()
    ProjectDialogs(again).open_from(tmp_path / "mine.faceedit")
    wait_for_message(again, "uses Freckles, which is not among your sliders any more")
    document = current(again)
    assert np.array_equal(document.edit_state.to_edit(document.translations).displacement(), offset)
    with pytest.raises(BadInput, match="Freckles is not among your sliders"):
        write_batch(batch_of([document], document.edit_state, tmp_path / "run"), again.controller.context)


def test_a_batch_brings_the_files_of_its_sliders(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    edited(window)
    made(window, qtbot)
    document = current(window)
    window.session.move("freckles_max", 0.5)
    command = write_batch(batch_of([document], document.edit_state, tmp_path / "run"), window.controller.context)
    forget_own()
    config = load_config(Path(command[command.index("--config") + 1]), [])
    (file,) = config.translations
    found = load(file)["freckles_max"]
    assert np.array_equal(found.path, document.translations["freckles_max"].path)


def test_a_damaged_file_of_the_library_is_told_and_the_others_open(make_window: MakeWindow, qtbot: QtBot) -> None:
    write_direction(library_folder(SPACE) / "freckles.safetensors", direction())
    (library_folder(SPACE) / "broken.safetensors").write_bytes(b"no")
    window = make_window()
    wait_for_message(window, "broken.safetensors cannot be read")
    add(window)
    assert "freckles_max" in current(window).translations


class Sighted(ToyModels):
    """Toy models with the tiny CLIP."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.weights = weights

    def clip_weights(self) -> tuple[Path, dict[str, str]]:
        return self.weights, {"architecture": TINY}

    @cached_property
    def clip(self) -> ClipScorer:
        return ClipScorer.open(*self.clip_weights(), torch.device("cpu"))


def ask_sentence(window: Window, qtbot: QtBot) -> None:
    """Ask for a slider from a sentence through its dialog."""
    feature(window).from_sentence.trigger()
    ask = opened(SliderDialog)
    qtbot.keyClicks(ask.name, "Freckles")
    assert not ask.accept_button.isEnabled()  # no sentence yet
    qtbot.keyClicks(ask.sentences[0], "a person with freckles")
    assert ask.compared() == ("a person with freckles", "a person")
    ask.accept_button.click()


def test_a_sentence_becomes_a_slider(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(Sighted(tiny_clip(tmp_path)))
    add(window)
    ask_sentence(window, qtbot)
    learner = feature(window).learner
    seen: list[int] = []
    learner._progressed.connect(lambda done, _: seen.append(done))
    assert learner.dialog is not None
    wait_for_message(window, "among your sliders")
    assert max(seen) > 1000 and learner.dialog is None
    row, made = window.panel.rows["freckles"], feature(window).sliders["freckles"]
    assert row.isVisible() and "<img" in row.toolTip() and "Layers: " in row.toolTip()
    assert (made.recipe["sentence"], made.recipe["against"]) == ("a person with freckles", "a person")
    assert np.any(made.path) and read_direction(library_folder(SPACE) / "freckles.safetensors").digest == made.digest
    before = current(window).image
    window.session.move("freckles_max", 1.0)
    settle(window)
    qtbot.waitUntil(lambda: window.session.picture is not None and window.session.picture.frame is not None)
    assert window.session.picture is not None and (window.session.picture.image != before).any()


def test_learning_from_a_sentence_is_cancelled(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(Sighted(tiny_clip(tmp_path)))
    add(window)
    ask_sentence(window, qtbot)
    dialog = feature(window).learner.dialog
    assert dialog is not None
    button = dialog.findChild(QPushButton)
    assert button is not None
    button.click()
    wait_for_message(window, "cancelled")
    assert "freckles" not in feature(window).sliders and feature(window).learner.dialog is None


def test_without_clip_the_menu_says_what_to_fetch(
    make_window: MakeWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    models = ToyModels()
    models.clip_weights = Models("demo").clip_weights  # type: ignore[attr-defined]
    window = make_window(models)
    feature(window).from_sentence.trigger()
    box = opened(QMessageBox)
    assert "run `face-edit models fetch" in box.text()
    box.accept()
