"""Portraits at random and between two, and the way there as an animation."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow
from pytestqt.exceptions import capture_exceptions
from pytestqt.qtbot import QtBot

from apps.editor.features.mix.dialog import MixDialog
from apps.editor.features.mix.open_generated import open_random
from apps.editor.model.session import Stage
from apps.editor.window import Window
from pipeline.core.errors import BadInput
from pipeline.edit.interpolation import Endpoint, interpolate, positions
from tests.apps.editor.interaction import WAIT, add, settle


def test_a_random_portrait_is_that_of_its_seed_and_can_be_edited(window: Window, qtbot: QtBot) -> None:
    for seed in (7, 8, 7):
        count = len(window.session.documents)
        open_random(window, seed)
        qtbot.waitUntil(lambda count=count: len(window.session.documents) == count + 1, timeout=WAIT)
    one, other, same = window.session.documents[1:]
    assert window.session.current is same and same.stage is Stage.READY and same.name == "random 7"
    assert (one.image == same.image).all() and (one.image != other.image).any()
    window.session.move("Bp_max", 1.0)
    settle(window)
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame), timeout=WAIT)


def test_a_mix_begins_and_ends_with_the_edited_portraits(window: Window, qtbot: QtBot) -> None:
    first = window.session.current
    second = add(window, seed=2)
    assert first is not None and first.portrait is not None and first.portrait.latent is not None
    assert second.portrait is not None and second.portrait.latent is not None
    window.session.move("Bp_max", 0.5)
    dialog = MixDialog(window)
    qtbot.addWidget(dialog)
    dialog.show()
    moved = first.portrait.latent + first.translations["Bp_max"].displacement(0.5)
    assert np.allclose(dialog.mix(0).latent, moved)
    assert np.allclose(dialog.mix(1).latent, second.portrait.latent)
    qtbot.waitUntil(lambda: not dialog.picture.pixmap().isNull(), timeout=WAIT)
    dialog.share.setValue(25)
    assert np.allclose(dialog.mix().latent, 0.75 * moved + 0.25 * second.portrait.latent, atol=1e-6)
    dialog.add.click()
    qtbot.waitUntil(lambda: len(window.session.documents) == 3, timeout=WAIT)
    assert window.session.current is window.session.documents[2]
    assert window.session.current.name == "portrait 1 + portrait 2"
    dialog.close()


def test_tunings_are_mixed_in_the_same_shares() -> None:
    latent = np.zeros((2, 3), np.float32)
    tuned = Endpoint("tuned", latent, "toy", {"a": np.full(2, 4.0, np.float16)})
    plain_text = Endpoint("plain", latent + 1, "toy")
    assert interpolate(tuned, plain_text, 0.25).tuning["a"] == pytest.approx([3.0, 3.0])  # type: ignore[index]
    assert interpolate(plain_text, plain_text, 0.5).tuning is None


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png"])
def test_the_way_is_saved_as_an_animation(window: Window, qtbot: QtBot, tmp_path: Path, suffix: str) -> None:
    add(window, seed=2)
    dialog = MixDialog(window)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.seconds.setValue(1)
    path = tmp_path / f"mix{suffix}"
    dialog.animate(path)
    assert not dialog.export.isEnabled()
    qtbot.waitUntil(path.is_file, timeout=WAIT)
    with pillow.open(path) as file:
        assert (file.n_frames, file.size) == (len(positions(20, True)), (64, 64))  # type: ignore[attr-defined]
        assert file.info.get("loop") == 0
    assert dialog.export.isEnabled()
    dialog.close()


def test_an_animation_is_stopped_with_its_dialog(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    add(window, seed=2)
    dialog = MixDialog(window)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.animate(tmp_path / "mix.webp")
    dialog.close()
    window.session.move("Bp_max", 1.0)
    qtbot.waitUntil(lambda: bool(window.session.picture and window.session.picture.frame), timeout=WAIT)
    assert list(tmp_path.glob("mix*")) == []


def test_an_animation_that_cannot_be_written_is_one_sentence(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    add(window, seed=2)
    dialog = MixDialog(window)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.seconds.setValue(1)
    dialog.back.setChecked(False)
    with capture_exceptions() as raised:
        dialog.animate(tmp_path / "mix.avi")
        qtbot.waitUntil(lambda: bool(raised), timeout=WAIT)
    assert isinstance(raised[0][1], BadInput) and "name it .webp" in str(raised[0][1])
    dialog.close()


def test_there_and_back_has_no_jump() -> None:
    assert positions(3, back=False) == [0, 0.5, 1]
    assert positions(3, back=True) == [0, 0.5, 1, 0.5]
