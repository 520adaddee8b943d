"""A folder is restored: every photo once, whatever some of them are, and a second start does what is left."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as pillow

from pipeline.core.errors import BadInput, CannotWrite, RunConflict
from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image
from pipeline.photo.metadata import GPS_IFD
from pipeline.photo.photo import Photo, read_photo, write_photo
from pipeline.restore import run as restore_run
from tests.pipeline.restore.test_photo import Doubler
from tests.support.recorder import Recorder
from tests.support.toy_restore import ToyDetector, face, toy_job, toy_nets, toy_run


def picture(seed: int, side: int = 80) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), np.uint8)


def fill(folder: Path, count: int = 11) -> None:
    for number in range(count):
        write_image(folder / "photos" / f"p{number:02d}.png", picture(number))


def statistics(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "restoration_stats.json").read_text())
    return found


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out" / "restored").iterdir())}


def test_every_photo_is_restored_and_counted_once(tmp_path: Path) -> None:
    fill(tmp_path)
    outcome = toy_run(toy_job(tmp_path))
    assert (outcome.restored, outcome.faces, outcome.before, outcome.failed) == (11, 11, 0, {})
    found = statistics(tmp_path)
    assert [entry["name"] for entry in found["files"]] == [f"p{number:02d}" for number in range(11)]
    assert (found["inputs"], found["restored"], found["faces_restored"], found["waiting"]) == (11, 11, 11, 0)
    assert found["seconds"] > 0
    assert found["images_per_second"] == pytest.approx(11 / found["seconds"], rel=0.05)
    assert found["settings"]["model"] == "demo"
    assert list(results(tmp_path)) == [f"p{number:02d}.png" for number in range(11)]
    assert (read_image(tmp_path / "out" / "restored" / "p00.png") != picture(0)).any()


def test_a_second_start_does_only_what_is_missing_with_the_same_bytes(tmp_path: Path) -> None:
    """Even though the net's results depend on what else is in a batch."""
    fill(tmp_path)
    job = toy_job(tmp_path)
    toy_run(job)
    whole = results(tmp_path)
    times = {name: (tmp_path / "out" / "restored" / name).stat().st_mtime_ns for name in whole}
    for name in ("p01.png", "p09.png"):
        (tmp_path / "out" / "restored" / name).unlink()
    outcome = toy_run(job)
    assert (outcome.before, outcome.restored) == (9, 2)
    assert results(tmp_path) == whole
    for name in set(whole) - {"p01.png", "p09.png"}:
        assert (tmp_path / "out" / "restored" / name).stat().st_mtime_ns == times[name]
    assert toy_run(job).restored == 0
    assert statistics(tmp_path)["restored"] == 11


def test_a_photo_that_changed_is_done_again(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    job = toy_job(tmp_path)
    toy_run(job)
    write_image(tmp_path / "photos" / "p01.png", picture(99))
    assert toy_run(job).restored == 1


def test_other_settings_are_refused_with_the_difference(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    toy_run(toy_job(tmp_path))
    before = results(tmp_path)
    with pytest.raises(RunConflict, match=r"fidelity: 0\.0 there, 0\.9 now"):
        toy_run(toy_job(tmp_path, fidelity=0.9))
    assert results(tmp_path) == before


def test_comparisons_can_be_asked_for_later(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    toy_run(toy_job(tmp_path))
    before = results(tmp_path)
    outcome = toy_run(toy_job(tmp_path, comparisons=True))
    assert outcome.restored == 3
    assert results(tmp_path) == before
    pair = read_image(tmp_path / "out" / "comparisons" / "p01_compare.jpg")
    assert pair.shape == (80, 160, 3)
    assert np.abs(pair[:, :80].astype(int) - picture(1)).mean() < 12
    assert toy_run(toy_job(tmp_path, comparisons=True)).restored == 0


def test_bad_photos_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    photos = tmp_path / "photos"
    (photos / "cut.png").write_bytes((photos / "p00.png").read_bytes()[:4000])
    (photos / "text.jpg").write_text("not a picture")
    (photos / "empty.png").write_bytes(b"")
    pillow.new("L", (20_000, 10_000)).save(photos / "huge.png")
    pillow.fromarray(picture(5)).convert("CMYK").save(photos / "cmyk.jpg")
    pillow.fromarray(picture(6)[:, :, 0].astype(np.uint16) * 257).save(photos / "deep.png")
    exif = pillow.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    pillow.fromarray(picture(7)).save(photos / "turned.jpg", exif=exif, dpi=(300, 300))
    outcome = toy_run(toy_job(tmp_path))
    assert set(outcome.failed) == {"cut", "text", "empty", "huge"}
    for sentence in outcome.failed.values():
        assert sentence.endswith(".")
        assert "\n" not in sentence
    assert set(results(tmp_path)) == {"p00.png", "p01.png", "cmyk.png", "deep.png", "turned.png"}
    found = statistics(tmp_path)
    assert (found["inputs"], found["restored"], found["failed"]) == (9, 5, 4)
    assert len({entry["name"] for entry in found["files"]}) == 9
    out = tmp_path / "out" / "restored"
    assert read_photo(out / "deep.png").pixels.dtype == np.uint16
    with pillow.open(out / "turned.png") as turned:
        assert turned.getexif()[0x010F] == "Maker"
        assert 0x0112 not in turned.getexif()
        assert turned.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert "restored" in turned.info["XML:com.adobe.xmp"]
    assert set(toy_run(toy_job(tmp_path)).failed) == set(outcome.failed)  # tried again, since a copy may be better


@pytest.mark.parametrize("no_face", ["keep", "skip"])
def test_photos_without_a_face(tmp_path: Path, no_face: str) -> None:
    fill(tmp_path, 2)
    job = toy_job(tmp_path, detector="yunet", no_face=no_face)
    outcome = toy_run(job, ToyDetector())
    assert (outcome.restored, outcome.without_face) == (0, ["p00", "p01"])
    assert statistics(tmp_path)["without_face"] == 2
    again = toy_run(job, ToyDetector())
    assert again.before == 2
    if no_face == "skip":
        assert not (tmp_path / "out" / "restored").exists()
    else:
        np.testing.assert_array_equal(read_image(tmp_path / "out" / "restored" / "p00.png"), picture(0))


@pytest.mark.parametrize("drawn", [False, True])
def test_a_photo_says_that_it_was_restored_where_a_net_painted_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drawn: bool
) -> None:
    """Nothing was painted where there is no face, unless the background was."""
    fill(tmp_path, 1)
    tools = replace(toy_nets(detector=ToyDetector()), upscaler=Doubler() if drawn else None)  # type: ignore[arg-type]
    monkeypatch.setattr(restore_run, "open_nets", lambda *_: tools)
    restore_run.run(toy_job(tmp_path, detector="yunet", upscale=2), torch.device("cpu"))
    with pillow.open(tmp_path / "out" / "restored" / "p00.png") as file:
        assert ("restored" in file.info.get("XML:com.adobe.xmp", "")) == drawn


def failing(error: Exception) -> Any:
    """Stands where `write_photo` stands: p01 cannot be written."""

    def write(path: Path, photo: Photo, gps: bool) -> None:
        if path.stem == "p01":
            raise error
        write_photo(path, photo, gps)

    return write


def test_a_photo_whose_result_cannot_be_made_is_named_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, 3)
    with monkeypatch.context() as patch:
        patch.setattr(restore_run, "write_photo", failing(MemoryError("no room for p01")))
        outcome = toy_run(toy_job(tmp_path))
    assert outcome.restored == 2 and list(outcome.failed) == ["p01"] and "no room for p01" in outcome.failed["p01"]
    assert statistics(tmp_path)["failed"] == 1
    again = toy_run(toy_job(tmp_path))
    assert (again.before, again.restored, again.failed) == (2, 1, {})


def full_disk() -> BadInput:
    """The error of `write_atomic` on a full disk."""
    error = BadInput("The disk is full.")
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return error


def test_a_full_disk_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no fault of the photos: what is not written is waiting."""
    fill(tmp_path, 3)
    with monkeypatch.context() as patch:
        patch.setattr(restore_run, "write_photo", failing(full_disk()))
        with pytest.raises(CannotWrite, match="disk is full"):
            toy_run(toy_job(tmp_path))
    assert statistics(tmp_path)["failed"] == 0
    assert statistics(tmp_path)["waiting"] >= 1


def test_progress_counts_what_was_done_before(tmp_path: Path) -> None:
    fill(tmp_path, 3)
    toy_run(toy_job(tmp_path))
    (tmp_path / "out" / "restored" / "p01.png").unlink()
    progress = Recorder()
    toy_run(toy_job(tmp_path), progress=progress)
    assert (progress.total, progress.before, progress.items) == (3, 2, 1)


def test_faces_of_several_photos_share_a_batch(tmp_path: Path) -> None:
    fill(tmp_path, 4)
    job = toy_job(tmp_path, detector="yunet")
    outcome = toy_run(job, ToyDetector(face(2, 2, 40), face(40, 40, 38)))
    assert (outcome.restored, outcome.faces) == (4, 8)
    assert statistics(tmp_path)["faces_found"] == 8


def test_without_its_records_everything_is_done_again(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    toy_run(toy_job(tmp_path))
    before = results(tmp_path)
    (tmp_path / "out" / "restoration_stats.json").write_text("{")
    (tmp_path / "out" / "manifest.jsonl").write_text("{")
    assert toy_run(toy_job(tmp_path)).restored == 2
    assert results(tmp_path) == before


def test_a_folder_of_an_earlier_version_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, 2)
    toy_run(toy_job(tmp_path))
    noted = tmp_path / "out" / "run.yaml"
    noted.write_text("".join(line for line in noted.read_text().splitlines(True) if "format" not in line))
    with pytest.raises(RunConflict, match="earlier version"):
        toy_run(toy_job(tmp_path))


def test_a_defect_leaves_its_traceback_in_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, 2)
    monkeypatch.setattr(restore_run, "enlarged", lambda *_: {}["missing"])
    outcome = toy_run(toy_job(tmp_path))
    assert list(outcome.failed) == ["p00", "p01"]
    assert outcome.failed["p00"] == "KeyError: 'missing'; the traceback is in run.log."
    log = (tmp_path / "out" / "run.log").read_text()
    assert log.count("Traceback") == 2 and "p01" in log


@pytest.mark.parametrize("gps", [False, True])
def test_the_place_is_given_only_when_asked(tmp_path: Path, gps: bool) -> None:
    block = pillow.Exif()
    block[0x010F] = "A camera"
    block.get_ifd(GPS_IFD)[1] = "N"
    (tmp_path / "photos").mkdir()
    pillow.fromarray(picture(0)).save(tmp_path / "photos" / "anna.png", exif=block)
    toy_run(toy_job(tmp_path, gps=gps))
    with pillow.open(tmp_path / "out" / "restored" / "anna.png") as file:
        assert (GPS_IFD in file.getexif()) == gps
    with pytest.raises(RunConflict, match="gps"):
        toy_run(toy_job(tmp_path, gps=not gps))
