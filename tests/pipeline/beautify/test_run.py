"""Many photos: what is finished stays, what failed is noted and tried again."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.batch.manifest import Record
from pipeline.beautify import Retoucher
from pipeline.beautify.run import beautify_all, targets
from pipeline.core.errors import BadInput
from pipeline.core.images import write_image
from tests.pipeline.beautify.test_faces import STRONG, parse
from tests.support.toy_run import toy_photo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        write_image(tmp_path / "photos" / f"{number}.png", toy_photo(number))
    return tmp_path / "photos"


def test_an_interrupted_run_goes_on_with_the_next_photo(folder: Path, tmp_path: Path) -> None:
    results, beautician = tmp_path / "results", Retoucher(STRONG, parse)
    photos = targets([folder], results)

    def stop(record: Record) -> None:
        if record.portrait == "1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        beautify_all(photos, results, beautician, False, tell=stop)
    moves: list[tuple[str, int, int]] = []
    outcome = beautify_all(photos, results, beautician, False, move=lambda *each: moves.append(each))
    assert outcome.before == 1 and [record.portrait for record in outcome.records] == ["1", "2"]
    assert moves == [("0.png", 0, 3), ("1.png", 1, 3), ("2.png", 2, 3)]
    assert sorted(path.name for path in results.glob("*.png")) == ["0.png", "1.png", "2.png"]
    assert beautify_all(photos, results, beautician, False).records == []


def test_a_photo_that_failed_is_tried_again(folder: Path, tmp_path: Path) -> None:
    results, beautician = tmp_path / "results", Retoucher(STRONG, parse)
    (folder / "1.png").write_bytes(b"torn")
    outcome = beautify_all(targets([folder], results), results, beautician, False)
    assert outcome.failed == 1 and "1.png" in str(outcome.records[1].error)
    write_image(folder / "1.png", np.zeros((8, 8, 3), np.uint8))
    again = beautify_all(targets([folder], results), results, beautician, False)
    assert again.before == 2 and again.failed == 0 and len(again.records) == 1


def test_a_photo_that_changed_is_done_again(folder: Path, tmp_path: Path) -> None:
    results, beautician = tmp_path / "results", Retoucher(STRONG, parse)
    beautify_all(targets([folder], results), results, beautician, False)
    before = (results / "1.png").read_bytes()
    write_image(folder / "1.png", toy_photo(9))
    outcome = beautify_all(targets([folder], results), results, beautician, False)
    assert [record.portrait for record in outcome.records] == ["1"]
    assert (results / "1.png").read_bytes() != before


def test_what_cannot_be_is_refused_before_anything_is_done(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for given, sentence in (
        ([tmp_path / "empty"], "no images"),
        ([folder / "1.png", folder / "1.jpg"], "both be called 1"),
    ):
        with pytest.raises(BadInput, match=sentence):
            targets(given, tmp_path / "results")
    with pytest.raises(BadInput, match="replace the photo itself"):
        targets([folder], folder)
