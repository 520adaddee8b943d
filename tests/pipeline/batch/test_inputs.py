"""Input photos: one name each, never where results are written, hashed however they are."""

from pathlib import Path

import pytest

from pipeline.batch.inputs import find_inputs, input_digest
from pipeline.core.errors import BadInput
from pipeline.core.files import sha256
from pipeline.core.progress import Progress


def photo(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(path.name.encode())
    return path


def test_files_and_folders_sorted_by_name(tmp_path: Path) -> None:
    zoe, anna, ben = (photo(tmp_path / name) for name in ("x/zoe.png", "x/anna.jpg", "ben.png"))
    found = find_inputs([tmp_path / "x", ben], [tmp_path / "out"])
    assert list(found.items()) == [("anna", anna), ("ben", ben), ("zoe", zoe)]


def test_photos_that_differ_in_their_suffix_alone_keep_it(tmp_path: Path) -> None:
    told: list[str] = []
    progress = Progress()
    progress.note = told.append  # type: ignore[method-assign]
    names = ("anna.jpg", "anna.png", "ben.png")
    files = {name: photo(tmp_path / "x" / name) for name in names}
    found = find_inputs([tmp_path / "x"], [], progress)
    assert found == {"anna.jpg": files["anna.jpg"], "anna.png": files["anna.png"], "ben": files["ben.png"]}
    assert [line.partition(": ")[2] for line in told] == ["anna.jpg, anna.png"]


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    photo(tmp_path / "x/anna.jpg")
    with pytest.raises(BadInput, match=r"/x/anna\.jpg and .*/y/anna\.jpg would both"):
        find_inputs([tmp_path / "x/anna.jpg", photo(tmp_path / "y/anna.jpg")], [])


def test_no_photos(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There are no images in"):
        find_inputs([tmp_path], [])


def test_a_mistyped_folder_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no folder or photo .*holidya"):
        find_inputs([tmp_path / "holidya"], [])
    assert len(find_inputs([tmp_path / "gone.png", photo(tmp_path / "ben.png")], [])) == 2


def test_results_never_go_where_photos_are(tmp_path: Path) -> None:
    jpeg, png = photo(tmp_path / "anna.jpg"), photo(tmp_path / "ben.png")
    for given in ([tmp_path], [png]):
        with pytest.raises(BadInput, match="where the photos are"):
            find_inputs(given, [tmp_path / "other" / ".."])
    assert find_inputs([jpeg], [tmp_path]) == {"anna": jpeg}  # its result is anna.png
    assert len(find_inputs([tmp_path], [tmp_path / "out"])) == 2


def test_digests(tmp_path: Path) -> None:
    one, two = photo(tmp_path / "one"), photo(tmp_path / "two")
    assert input_digest(one) == sha256(one) != input_digest(one, two) != input_digest(two, one)
    assert input_digest(tmp_path / "absent") == ""


def test_a_link_to_itself_is_left_to_its_reader(tmp_path: Path) -> None:
    loop, photo = tmp_path / "loop.png", tmp_path / "photo.png"
    loop.symlink_to(loop)
    photo.write_bytes(b"")
    assert list(find_inputs([loop, photo], [tmp_path / "out"])) == ["loop", "photo"]
