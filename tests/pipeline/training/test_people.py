"""Files of rendered people: what they hold, and that a finished one is not drawn again."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason="needs the extra `world`")
pytest.importorskip("embreex", reason="needs the extra `world`")

from pipeline.core.attributes import attributes
from pipeline.training.people import write_shard, write_shards
from pipeline.world.people.person import draw
from pipeline.world.people.render import render


def test_a_file_holds_pictures_and_truth(tmp_path: Path) -> None:
    path = tmp_path / "00000005.npz"
    write_shard(path, 5, 2, "wild", 64)
    with np.load(path) as file:
        assert np.array_equal(file["rgb"][1], render(draw(6, "wild"), 64).rgb)
        assert file["labels"].shape == file["depth"].shape == (2, 64, 64)
        assert file["landmarks"].shape == (2, 70, 2)
        assert file["lips_outer"].shape == (2, 20, 2)
        person = json.loads(str(file["people"][0]))
    assert person["seed"] == 5
    assert list(person["attributes"]) == list(attributes())


def test_finished_files_are_kept(tmp_path: Path) -> None:
    done = tmp_path / "00000000.npz"
    done.write_bytes(b"finished")
    assert list(write_shards(tmp_path, 0, 40, "studio", 64, 1)) == [done]
    assert done.read_bytes() == b"finished"
