"""Photographs of several people in whole runs on toy models."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

from pipeline.core.crop import FFHQ_512, Crop, apply
from pipeline.core.errors import RunConflict
from pipeline.core.images import read_image, write_image
from pipeline.core.types import Image
from pipeline.photo.crop_files import read_note
from pipeline.photo.face import Face
from pipeline.run.job import Photographs
from tests.pipeline.run.test_runner import images, records
from tests.support.toy_models import DIM, N_STYLE
from tests.support.toy_run import PLACE, toy_photo, toy_run

WIDTH = 200
ALL = Photographs(face=None)


class Row:
    """Sees one face in each 200 pixels of a photo's width; the third is turned to the side."""

    looks = 0

    def detect(self, image: Image) -> list[Face]:
        type(self).looks += 1
        found = []
        for number in range(image.shape[1] // WIDTH):
            matrix = Crop(PLACE, WIDTH, 150, 1).to_photo()
            matrix[0, 2] += WIDTH * number
            points = apply(matrix, FFHQ_512 - 0.5)
            if number == 2:
                points[2] = points[0] - 5
            found.append(Face((0.0, 0.0, 1.0, 1.0), 0.9, points))
        return found


def row(people: int) -> Image:
    return np.concatenate([toy_photo(seed) for seed in range(people)], axis=1)


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(Row, "looks", 0)
    write_image(tmp_path / "photos" / "party.png", row(2))
    write_image(tmp_path / "photos" / "anna.png", row(1))
    return tmp_path / "photos"


def changed(result: Path, before: Image) -> list[int]:
    """Changed pixels in each 200 pixels of the width."""
    differs = (read_image(result) != before).any(axis=2)
    return [int(part.sum()) for part in np.split(differs, before.shape[1] // WIDTH, axis=1)]


def test_all_faces_carry_the_edit(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    outcome = toy_run(photos, folder, photos=ALL, edits=("Bp_max",), detector=Row())
    assert not outcome.failed
    assert outcome.total == 3
    lines = records(folder)
    assert [line["portrait"] for line in lines] == ["anna_1", "party_1", "party_2"]
    assert [line["photo"] for line in lines] == ["photos/anna/Bp_max.png", *["photos/party/Bp_max.png"] * 2]
    party = changed(folder / "photos" / "party" / "Bp_max.png", row(2))
    assert min(party) > 100
    assert read_note(folder / "crops" / "party_2.png").face == 2
    with pillow.open(folder / "photos" / "party" / "Bp_max.png") as file:
        assert "party_2" in file.info["XML:com.adobe.xmp"]
    # Either face is edited as in a run of its own, bit by bit.
    for number, place in ((1, slice(0, WIDTH)), (2, slice(WIDTH, None))):
        alone = tmp_path / f"face{number}"
        toy_run(photos, alone, photos=Photographs(face=number), edits=("Bp_max",), detector=Row())
        one, both = (read_image(each / "photos" / "party" / "Bp_max.png") for each in (alone, folder))
        np.testing.assert_array_equal(one[:, place], both[:, place])
        assert changed(alone / "photos" / "party" / "Bp_max.png", row(2))[2 - number] == 0


def test_a_face_that_is_not_there(photos: Path, tmp_path: Path) -> None:
    outcome = toy_run(photos, tmp_path / "run", photos=Photographs(face=2), edits=("Bp_max",), detector=Row())
    assert set(outcome.failed) == {"anna"}
    assert "no face 2" in outcome.failed["anna"]
    with pytest.raises(RunConflict, match=r"photos\.face"):
        toy_run(photos, tmp_path / "run", photos=Photographs(face=1), edits=("Bp_max",), detector=Row())


def test_a_face_that_cannot_be_used_does_not_stop_its_neighbours(photos: Path, tmp_path: Path) -> None:
    write_image(photos / "party.png", row(4))
    (photos / "broken.png").write_bytes(b"\x89PNG nonsense")
    outcome = toy_run(photos, tmp_path / "run", photos=ALL, edits=("Bp_max",), detector=Row())
    assert set(outcome.failed) == {"broken_1", "party_3"}
    assert "turned to the side" in outcome.failed["party_3"]
    party = changed(tmp_path / "run" / "photos" / "party" / "Bp_max.png", row(4))
    assert [count > 100 for count in party] == [True, True, False, True]
    assert party[2] == 0


def test_what_is_missing_comes_back(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, photos=ALL, detector=Row())
    looks, whole = Row.looks, images(folder)
    assert looks == 2  # once for each photo, however many are in it
    (folder / "photos" / "party" / "Bp_max.png").unlink()
    assert toy_run(photos, folder, photos=ALL, detector=Row()).before == 3
    assert images(folder) == whole
    (folder / "photos" / "party" / "Bp_max.png").write_bytes(b"of an earlier start")
    (folder / "crops" / "party_2.json").unlink()
    assert toy_run(photos, folder, photos=ALL, detector=Row()).before == 2
    assert images(folder) == whole


def test_latents_go_by_the_names_of_the_faces(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "latents").mkdir()
    given = np.full((N_STYLE, DIM), 0.25, np.float32)
    np.save(tmp_path / "latents" / "party_2.npy", given)
    for _ in range(2):
        toy_run(photos, tmp_path / "run", photos=ALL, edits=("Bp_max",), latents=tmp_path / "latents", detector=Row())
        latents = tmp_path / "run" / "projected_latents"
        np.testing.assert_array_equal(np.load(latents / "party_2.npy"), given)
        assert (np.load(latents / "party_1.npy") != given).any()
        given = given + np.float32(0.1)
        np.save(tmp_path / "latents" / "party_2.npy", given)


def test_a_step_by_itself_leaves_the_photos_alone(photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    toy_run(photos, folder, photos=ALL, edits=("Bp_max",), keep=("translation",), detector=Row())
    before = {path: path.read_bytes() for path in (folder / "photos").rglob("*.png")}
    outcome = toy_run(photos, folder, photos=ALL, edits=("Bp_max",), only="toy_square", detector=Row())
    assert outcome.images == 3
    assert outcome.photos is None
    assert before == {path: path.read_bytes() for path in (folder / "photos").rglob("*.png")}
    assert len(before) == 2
