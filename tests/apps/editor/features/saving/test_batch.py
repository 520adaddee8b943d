"""Edits of the editor in a run of its own, with its panel."""

import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.features.saving.batch import BatchActions, BatchDialog
from apps.editor.features.saving.run_files import FOLDER, batch_of, write_batch
from apps.editor.model.edit_state import EditState
from apps.editor.model.session import Stage
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.core.images import read_image
from pipeline.edit.search import Found
from pipeline.run.sheet import read_sheet
from tests.apps.editor.interaction import WAIT, add
from tests.support.toy_models import portrait_image


def feature(window: Window) -> BatchActions:
    found = window.findChild(BatchActions)
    assert found is not None
    return found


def test_open_portraits_are_run_with_their_own_edits(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    session = window.session
    session.move("Bp_max", 0.75)
    session.move("Hc_2", 0.5)
    second = add(window, seed=2)
    assert not feature(window).panel.running
    dialog = BatchDialog(window)
    qtbot.addWidget(dialog)
    assert dialog.accept_button.isEnabled() is False  # a folder is not chosen yet
    dialog.opened.setChecked(True)
    dialog.output.setText(str(tmp_path / "run1"))
    batch = dialog.batch()
    assert [portrait.name for portrait, _ in batch.portraits] == ["portrait 1"] and second.edit_state.strengths == {}
    command = write_batch(batch, window.controller.context)
    assert command[1:4] == ["-m", "apps.cli", "run-pipeline"]
    panel = feature(window).panel
    with qtbot.waitSignal(panel.finished, timeout=WAIT):
        panel.start([sys.executable, "-m", "tests.apps.editor.features.toy_cli", *command[3:]], batch.output)
        assert panel.cancel.isEnabled() and panel.running
    assert panel.text.text() == f"Finished: {tmp_path / 'run1'}", panel.lines.toPlainText()
    assert (panel.progress.value(), panel.progress.maximum()) == (1, 1)
    (image,) = [path for path in (tmp_path / "run1").rglob("Bp_max@0.75+Hc_2@0.5.png") if "images_post" in str(path)]
    assert session.documents[0].portrait is not None
    assert (read_image(image) != session.documents[0].image).any()


def test_a_run_is_given_the_latents_of_portraits_whatever_they_are_called(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    """Two of one name are two, and neither is projected again."""
    for _ in range(2):
        document = window.controller.add("me/you", portrait_image(2))
        qtbot.waitUntil(lambda each=document: each.stage is Stage.READY, timeout=WAIT)
        window.session.open(document)
        window.session.move("Bp_max", 0.75)
    batch = batch_of(window.session.documents, EditState(), tmp_path)
    command = write_batch(batch, window.controller.context)
    latents = Path(command[command.index("--latents") + 1])
    names = ["me_you", "me_you_2"]
    assert sorted(path.stem for path in latents.glob("*.npy")) == names
    assert sorted(read_sheet(tmp_path / FOLDER / "edits.csv", names)) == names
    for name, (portrait, _) in zip(names, batch.portraits, strict=True):
        assert (np.load(latents / f"{name}.npy") == portrait.latent).all()
        assert (read_image(tmp_path / FOLDER / "portraits" / f"{name}.png") == portrait.image).all()


def test_a_run_retouches_as_the_portrait_on_screen_is(window: Window, tmp_path: Path) -> None:
    window.session.move("Bp_max", 0.75)

    def steps(edit_state: EditState) -> list[dict[str, dict[str, object]]]:
        command = write_batch(batch_of(window.session.documents, edit_state, tmp_path), window.controller.context)
        settings = Path(command[command.index("--config") + 1]).read_text()
        return list(yaml.safe_load(settings)["steps"])

    assert window.session.current is not None
    edit_state = window.session.current.edit_state
    *before, last = steps(edit_state.with_effect("beauty.smooth", 0.7))
    assert before == steps(edit_state) and list(last) == ["beautify"]
    moved = {name: value for name, value in last["beautify"].items() if value and "colour" not in name}
    assert moved == {"smooth": 0.7, "whole_face": True}


def test_what_is_reached_as_far_as_possible_is_looked_for_again(window: Window, tmp_path: Path) -> None:
    """On these portraits the run finds the same; on a folder's the least for each."""
    (document,) = window.session.documents
    found = Found(document.translations["Bp_max"], 0.8132)
    edit_state = document.edit_state.with_target("Bp_max", found).with_strength("Hc_2", 1.25)
    window.session.change(edit_state, "lips")
    command = write_batch(batch_of([document], edit_state, tmp_path), window.controller.context)
    settings = Path(command[command.index("--config") + 1]).read_text()
    assert yaml.safe_load(settings)["strength"] == "adaptive"
    (wishes,) = read_sheet(tmp_path / FOLDER / "edits.csv", ["portrait 1"]).values()
    assert [request.name for request in wishes] == ["Bp_max@least+Hc_2@1.25"]
    assert [part.strength for part in wishes[0].parts] == [None, 1.25]


@pytest.mark.parametrize(("together", "count"), [(True, 1), (False, 2)])
def test_what_is_moved_goes_into_one_image_or_several(
    window: Window, qtbot: QtBot, tmp_path: Path, together: bool, count: int
) -> None:
    window.session.move("Bp_max", 0.75)
    window.session.move("Hc_2", 1.25)
    dialog = BatchDialog(window)
    qtbot.addWidget(dialog)
    assert dialog.together.isChecked()
    (dialog.together if together else dialog.each).click()
    dialog.opened.click()
    dialog.output.setText(str(tmp_path / "run1"))
    write_batch(dialog.batch(), window.controller.context)
    (wishes,) = read_sheet(tmp_path / "run1" / FOLDER / "edits.csv", ["portrait 1"]).values()
    assert len(wishes) == count
    assert [(part.identifier, part.strength) for wish in wishes for part in wish.parts] == [
        ("Bp_max", 0.75),
        ("Hc_2", 1.25),
    ]


def test_a_run_is_stopped_by_its_button(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    panel = feature(window).panel
    panel.start([sys.executable, "-c", "import time; print('1 of 3 portraits', flush=True); time.sleep(60)"], tmp_path)
    qtbot.waitUntil(lambda: panel.progress.maximum() == 3, timeout=WAIT)
    assert panel.progress.value() == 1
    panel.cancel.click()
    assert not panel.running and panel.text.text().startswith("Stopped")


def test_a_run_ends_with_the_window(window: Window, tmp_path: Path) -> None:
    panel = feature(window).panel
    panel.start([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path)
    window.close()
    assert not panel.running


def test_what_a_run_complains_of_is_its_text(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    panel = feature(window).panel
    with qtbot.waitSignal(panel.finished, timeout=WAIT):
        panel.start([sys.executable, "-c", "import sys; print('face-edit: No room.'); sys.exit(1)"], tmp_path)
    assert panel.text.text() == "No room."


def test_a_folder_without_portraits_is_one_sentence(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    window.session.move("Bp_max", 0.75)
    assert window.session.current is not None
    batch = batch_of(
        window.session.documents, window.session.current.edit_state, tmp_path / "run1", tmp_path / "nowhere"
    )
    with capture_exceptions() as raised:
        feature(window).start(batch)
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert isinstance(raised[0][1], BadInput) and "There is no folder" in str(raised[0][1])


def test_nothing_changed_is_nothing_to_run(window: Window, tmp_path: Path) -> None:
    assert not feature(window).action.isEnabled()
    assert window.session.current is not None
    batch = batch_of(window.session.documents, window.session.current.edit_state, tmp_path / "run1")
    with pytest.raises(BadInput, match="nothing to run"):
        write_batch(batch, window.controller.context)
