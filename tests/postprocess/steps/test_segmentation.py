from pathlib import Path

import numpy as np
import pytest

from pipeline.core.errors import BadConfig
from postprocess.masks import dilate
from postprocess.steps.segmentation import Settings, keep_mask, top_foreground_alpha
from tests.support.attribute_table import ENTRY, written_table
from tests.support.labelled_scene import CPU, labels, scene

FACE = labels(128)


@pytest.mark.parametrize(
    ("code", "open_", "kept"),
    [
        ("Bn", (10,), (0, 1, 4, 12, 17)),
        ("Bp", (12, 13), (0, 1, 10, 17)),
        ("N", (4, 5), (0, 12, 17)),  # lids move the skin around
        ("Gl", (4, 5), (0, 10, 12, 17)),
        ("D", (14,), (0, 4, 10, 12, 17)),
        ("Bd", (1,), (0, 4, 10, 17)),
        ("Sm", (1, 4, 10, 12), (0, 14, 16, 17)),
        ("Sk", (1, 10, 12, 14), (0, 4, 16, 17)),
        ("A", (1, 4, 10, 14), (0, 16, 17)),
        ("Ch", (1, 10, 14), (0, 16, 17)),
        ("Se", (1, 10, 14, 16, 17), (0,)),
    ],
)
def test_each_code_opens_its_own_parts(code: str, open_: tuple[int, ...], kept: tuple[int, ...]) -> None:
    keep = keep_mask(FACE, code)
    assert keep is not None
    assert not keep[np.isin(FACE, open_)].any()
    assert keep[np.isin(FACE, kept)].all()


@pytest.mark.parametrize(("code", "open_", "pixels"), [("B", (17,), 32), ("Hc", (17, 2, 3), 16), ("Hs", (17,), 16)])
def test_edits_of_hair_may_pass_the_hairline(code: str, open_: tuple[int, ...], pixels: int) -> None:
    own = np.isin(FACE, open_)
    keep = keep_mask(FACE, code, strict=False)
    assert keep is not None
    assert np.array_equal(~keep, own)
    keep = keep_mask(FACE, code)
    assert keep is not None
    assert np.array_equal(~keep, own | dilate(own, pixels * 128 / 512) & (FACE != 0))


def test_eye_bags_lie_below_the_eyes() -> None:
    keep = keep_mask(FACE, "Be")
    assert keep is not None
    rows = np.flatnonzero((~keep).any(axis=1))
    eyes = np.flatnonzero(np.isin(FACE, (4, 5)).any(axis=1))
    assert rows.mean() - eyes.mean() == pytest.approx(30 * 128 / 512, abs=0.6)


def test_a_double_chin_leaves_the_face_above_the_mouth_alone() -> None:
    keep = keep_mask(FACE, "D")
    assert keep is not None
    assert keep[: np.flatnonzero(np.isin(FACE, (12, 13)).any(axis=1))[-1] + 1].all()
    faceless = np.ones((100, 100), np.uint8)
    keep = keep_mask(faceless, "D")
    assert keep is not None
    assert keep[:70].all()
    assert not keep[70:].any()


def test_other_codes_have_no_rule() -> None:
    assert keep_mask(FACE, "elsewhere") is None


def test_without_strict_only_the_background_is_left() -> None:
    for code in ("Sk", "A", "Ch", "Se"):
        keep = keep_mask(FACE, code, strict=False)
        assert keep is not None
        assert np.array_equal(keep, FACE == 0)


def test_hair_of_the_original_and_of_the_edit_both_stay_open() -> None:
    frame, models = scene("Hs_1")
    (result,) = Settings().open(models, CPU)([frame])
    before, after = models.known[frame.portrait.image.tobytes()], models.default
    opened = (before == 17) | (after == 17)
    assert (result.support[opened] == 1).all()
    assert np.array_equal(result.image[opened], frame.image[opened])
    far = (before == 12) & (after == 12)
    assert np.array_equal(result.image[far], frame.portrait.image[far])


def test_several_moves_open_the_union() -> None:
    frame, models = scene("Bn_max", "Bp_max")
    (result,) = Settings().open(models, CPU)([frame])
    parts = np.isin(models.default, (10, 12, 13))
    assert (result.support[parts] == 1).all()
    assert (result.support[models.default == 0] == 0).all()


def test_hats_come_back_whatever_the_edit() -> None:
    for code in ("elsewhere", "Hc_1", "Se_0"):
        frame, models = scene(code, hat=True)
        (result,) = Settings().open(models, CPU)([frame])
        core = top_foreground_alpha(models.known[frame.portrait.image.tobytes()], 6 * 64 / 512) == 1
        assert core.any()
        assert np.array_equal(result.image[core], frame.portrait.image[core])
        assert (result.support[core] == 0).all()


def test_only_the_upper_half_of_the_foreground_comes_back() -> None:
    alpha = top_foreground_alpha(labels(128, hat=True), 6)
    assert alpha[:64].max() == 1
    assert not alpha[64:].any()


def test_a_part_that_no_face_has_is_told_when_the_step_opens(tmp_path: Path) -> None:
    _, models = scene("Bp_max")
    for rule in ({"parts": ["neck", "chin"]}, {"all_but": ["chin"]}):
        entry = {**ENTRY, "segmentation": rule}
        with written_table(tmp_path, {"Xy": entry}), pytest.raises(BadConfig, match=r"Xy\.segmentation: .*'chin'"):
            Settings().open(models, CPU)


def test_keys_of_a_rule_work_together(tmp_path: Path) -> None:
    rule = {"all_but": ["hair"], "shift_down": 8, "below_mouth": True}
    with written_table(tmp_path, {"Xy": {**ENTRY, "segmentation": rule}}):
        keep = keep_mask(FACE, "Xy")
    assert keep is not None
    mouth = np.flatnonzero(np.isin(FACE, (12, 13)).any(axis=1))[-1] + 1
    assert keep[:mouth].all()
    assert np.array_equal(keep[mouth:], np.isin(FACE[mouth - 2 : -2], (0, 17)))


@pytest.mark.parametrize(("name", "kept"), [("Hc_1", False), ("Hc_4", True), ("Bn_max", True)])
def test_a_beard_is_hair_for_colours_of_the_hair(name: str, kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, models = scene(name)
    chin = (slice(50, 53), slice(30, 34))
    beard = np.zeros(frame.image.shape[:2], np.float32)
    beard[chin] = 1
    monkeypatch.setattr("postprocess.steps.segmentation.beard_of", lambda *_: beard)
    (result,) = Settings().open(models, CPU)([frame])
    assert np.array_equal(result.image[chin], frame.portrait.image[chin]) == kept
    assert np.array_equal(result.image[chin], frame.image[chin]) != kept
